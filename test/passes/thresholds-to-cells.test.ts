import { describe, expect, test } from "vitest";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { compile, run } from "../../index.ts";
import { alwaysOnRows, lost } from "../../passes/lowering/always-on.ts";
import { midAlphabet } from "../../targets/encodings/offset-multibit.ts";
import type { NodeSpec } from "../support/build-onnx.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { numbersOf } from "../support/compile.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const levels16 = midAlphabet(4);

describe("always-on rows", () => {
  test("hold sums of one parity exactly, in as many rows as the largest needs", () => {
    // 31 needs three rows of at most 15; three odd numbers make every odd sum
    const on = alwaysOnRows(Int32Array.of(31, -5, 1), levels16);
    expect(on.rows).toBe(3);
    expect(lost(on)).toBe(0);
    const sums = [0, 1, 2].map((o) =>
      on.codes.subarray(o * 3, o * 3 + 3).reduce((sum, code) => sum + code, 0),
    );
    expect(sums).toEqual([31, -5, 1]);
  });
  test("take one row more where that rounds less", () => {
    // two rows would round both odd sums; one row rounds the even one alone
    expect(alwaysOnRows(Int32Array.of(2, 4), levels16)).toMatchObject({ rows: 2 });
    expect(lost(alwaysOnRows(Int32Array.of(2, 4), levels16))).toBe(0);
  });
  test("say by how much a sum of the other parity is off", () => {
    const on = alwaysOnRows(Int32Array.of(3, 5, 4), levels16);
    expect(on.rows).toBe(1);
    expect([...on.errors].map(Math.abs)).toEqual([0, 0, 1]);
  });
  test("real numbers go to the nearest sum of the better parity, never over a whole number first", () => {
    // 2.6 rounds to 3, which two rows would make 2 or 4; the nearest even number is 2
    const on = alwaysOnRows(Float64Array.of(2.6, -3.9, 16.2, 0.3), levels16);
    expect(on.rows).toBe(2);
    const errors = [2 - 2.6, -4 + 3.9, 16 - 16.2, 0 - 0.3];
    for (const [o, error] of errors.entries()) expect(on.errors[o]).toBeCloseTo(error, 12);
    for (const error of on.errors) expect(Math.abs(error)).toBeLessThanOrEqual(1);
  });
  test("what lies nearer to 0 than to any row needs none", () => {
    expect(alwaysOnRows(Float64Array.of(0.3, -0.4), levels16).rows).toBe(0);
  });
  test("nothing asked for needs no row", () => {
    expect(alwaysOnRows(Int32Array.of(0, 0), levels16).rows).toBe(0);
  });
  test("levels of any distance come as near as their last row allows", () => {
    const on = alwaysOnRows(Int32Array.of(17), { name: "levels5", levels: [-9, -4, 0, 4, 9] });
    expect(Math.abs(on.errors[0])).toBeLessThanOrEqual(2);
  });
});

describe("biases as cells hold what the model adds", () => {
  // ±1 on cells of two levels: an even number of rows holds even biases as they are
  const w = Array.from({ length: 24 }, (_, i) => ((i * 5) % 7 < 3 ? -1 : 1));
  const constants = {
    w: floats([6, 4], w),
    kernel: floats([4, 6, 1], w),
    b: floats([4], [8, -4, 8, -16]),
    one: floats([], [2]),
    each: floats([4], [2, -1, 2, 4]),
  };
  const pattern = (shape: readonly number[]) =>
    floats(
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7) % 5 < 2 ? 1 : -1)),
    );

  test.each<[string, readonly number[], readonly NodeSpec[]]>([
    [
      "alone",
      [6],
      [
        ["MatMul", ["x", "w"], ["s"]],
        ["Add", ["s", "b"], ["y"]],
      ],
    ],
    [
      "behind a factor",
      [6],
      [
        ["MatMul", ["x", "w"], ["s"]],
        ["Mul", ["s", "one"], ["t"]],
        ["Add", ["t", "b"], ["y"]],
      ],
    ],
    [
      "behind a factor for each output, one below 0",
      [6],
      [
        ["MatMul", ["x", "w"], ["s"]],
        ["Mul", ["each", "s"], ["t"]],
        ["Add", ["b", "t"], ["y"]],
      ],
    ],
    [
      "along the width of a convolution that is as wide as it has outputs",
      [6, 4],
      [
        ["Conv", ["x", "kernel"], ["s"]],
        ["Add", ["s", "b"], ["y"]],
      ],
    ],
  ])("%s", async (_, sample, nodes) => {
    const model = buildModel({
      inputs: { x: ["float32", ["n", ...sample]] },
      outputs: ["y"],
      nodes,
      constants,
    });
    const options = { inputEncoding: "binary:0", executor };
    const image = await compile(model, { target: "pcm-1t1r", ...options });
    expect(image.warnings).toEqual([]);
    const x = pattern([4, ...sample]);
    const { outputs } = await run(image, x, { executor });
    expect(numbersOf(outputs)).toEqual(numbersOf(await runBytes(model, { x })));
  });
});
