import { describe, expect, test } from "vitest";
import type { InputTransform, NetworkInput } from "../../compiler/ir/network.ts";
import { bufferId } from "../../compiler/ir/network.ts";
import type { ElementType } from "../../compiler/ir/tensor.ts";
import { inputRows, samplesIn } from "../../runtime/input.ts";
import { floats, of } from "../support/build-onnx.ts";

const inputOf = (
  shape: readonly number[],
  transform: readonly InputTransform[] = [],
  type: ElementType = "float32",
): NetworkInput => ({
  name: "x",
  buffer: bufferId("x"),
  type,
  shape,
  batched: true,
  transform,
  drawn: null,
});

/** The numbers that the network's first operator sees. */
function values(input: NetworkInput, data: ReturnType<typeof floats>): readonly number[] {
  const rows = inputRows(input, data);
  return rows.kind === "bytes" ? Array.from(rows.data, rows.valueOf) : [...rows.data];
}

describe("samplesIn", () => {
  test("counts samples, whatever the axes of one are", () => {
    expect(samplesIn(inputOf([2, 2]), floats([3, 4], new Array(12).fill(0)))).toBe(3);
    expect(samplesIn(inputOf([4]), floats([4], [1, 2, 3, 4]))).toBe(1);
  });
  test("refuses what is no whole number of samples, naming both shapes", () => {
    expect(() => samplesIn(inputOf([4]), floats([3, 3], new Array(9).fill(0)))).toThrow(
      /samples of shape \[4\].*shape \[3, 3\]/,
    );
    expect(() => samplesIn(inputOf([4]), floats([0, 4], []))).toThrow(/at least one sample/);
    expect(() => samplesIn(inputOf([4]), floats([4, 2], new Array(8).fill(0)))).toThrow(
      /shape \[4, 2\]/,
    );
  });
});

describe("inputRows", () => {
  test("bytes stay bytes, with the map to what they mean", () => {
    const scaled = inputOf([2], [{ kind: "scale", value: 1 / 255 }]);
    expect(inputRows(scaled, of("uint8", [1, 2], [0, 255])).kind).toBe("bytes");
    expect(values(scaled, of("uint8", [1, 2], [51, 255]))).toEqual([Math.fround(0.2), 1]);
  });
  test("each step is rounded to float32, in the order given", () => {
    const input = inputOf(
      [1],
      [
        { kind: "scale", value: 0.1 },
        { kind: "mean", value: [0.3] },
        { kind: "std", value: [0.7] },
      ],
    );
    const expected = Math.fround(Math.fround(Math.fround(3 * 0.1) - 0.3) / 0.7);
    expect(values(input, floats([1, 1], [3]))).toEqual([expected]);
  });
  test("a mean a channel goes by the first axis of a sample", () => {
    const input = inputOf([2, 2], [{ kind: "mean", value: [1, 10] }]);
    expect(values(input, of("uint8", [1, 2, 2], [11, 12, 13, 14]))).toEqual([10, 11, 3, 4]);
  });
  test("NHWC becomes NCHW", () => {
    const input = inputOf([2, 1, 2], [{ kind: "layout", from: "NHWC", to: "NCHW" }]);
    // two pixels of two channels
    expect(values(input, floats([1, 1, 2, 2], [1, 10, 2, 20]))).toEqual([1, 2, 10, 20]);
  });
  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    "%s is refused with its sample and element",
    (odd) => {
      expect(() => inputRows(inputOf([2]), floats([2, 2], [0, 0, 0, odd]))).toThrow(
        /input x, sample 1, element 1: needs a finite number/,
      );
    },
  );
  test("the data that is handed in stays as it is", () => {
    const data = floats([1, 2], [1, 2]);
    inputRows(inputOf([2], [{ kind: "scale", value: 5 }]), data);
    expect([...data.data]).toEqual([1, 2]);
  });
});
