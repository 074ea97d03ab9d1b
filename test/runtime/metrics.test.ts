import { describe, expect, test } from "vitest";
import { metricNamed } from "../../runtime/metrics.ts";
import { floats, integers, of } from "../support/build-onnx.ts";

const scores = floats([3, 3], [1, 3, 2, 5, 5, 0, 0, 0, 0]);

describe("top1", () => {
  test("the largest output is the class, the lowest index where several are equal", () => {
    expect(metricNamed("top1").of([scores], integers([1, 0, 0]))).toBe(1);
    expect(metricNamed("top1").of([scores], integers([1, 1, 2]))).toBeCloseTo(1 / 3, 12);
  });
  test("batches count as one", () => {
    const [a, b] = [floats([1, 2], [0, 1]), floats([2, 2], [1, 0, 0, 1])];
    expect(metricNamed("top1").of([a, b], integers([1, 0, 0]))).toBeCloseTo(2 / 3, 12);
  });
  test("an output of one number is the class itself", () => {
    expect(metricNamed("top1").of([of("int64", [2, 1], [7, 3])], integers([7, 4]))).toBe(0.5);
  });
  test("one-hot rows are classes; other rows are refused", () => {
    const hot = floats([3, 3], [0, 1, 0, 1, 0, 0, 0, 0, 1]);
    expect(metricNamed("top1").of([scores], hot)).toBeCloseTo(2 / 3, 12);
    const soft = floats([3, 3], [0, 1, 0, 0.5, 0.5, 0, 0, 0, 1]);
    expect(() => metricNamed("top1").of([scores], soft)).toThrow(
      /sample 1: need a class number or a row with one 1 and else 0, found \[0.5, 0.5, 0\]/,
    );
  });
  test("a label that is no class, or another number of labels, is refused", () => {
    expect(() => metricNamed("top1").of([scores], integers([1, 0, 3]))).toThrow(
      /label 3 of sample 2: needs 0 to 2/,
    );
    expect(() => metricNamed("top1").of([scores], integers([1, 0]))).toThrow(
      /need 3 class numbers, or one-hot rows \[3, 3\], found \[2\]/,
    );
    expect(() => metricNamed("top1").of([scores], integers([1, 0, 0, 0]))).toThrow(/found \[4\]/);
    // a single output has no other reading: twice the labels are not rows
    expect(() =>
      metricNamed("top1").of([of("int64", [2, 1], [7, 3])], integers([7, 4, 1, 1])),
    ).toThrow(/need 2 class numbers/);
  });
});

test("top5: the class is among the five largest", () => {
  const row = floats([1, 6], [6, 5, 4, 3, 2, 1]);
  expect(metricNamed("top5").of([row], integers([4]))).toBe(1);
  expect(metricNamed("top5").of([row], integers([5]))).toBe(0);
});

test("mse: mean over samples of the mean square", () => {
  expect(metricNamed("mse").of([floats([2, 2], [1, 2, 0, 0])], floats([2, 2], [1, 0, 0, 0]))).toBe(
    1,
  );
});

test("cosine: mean over samples; two zero vectors agree", () => {
  expect(
    metricNamed("cosine").of([floats([2, 2], [1, 0, 0, 0])], floats([2, 2], [1, 1, 0, 0])),
  ).toBeCloseTo((Math.SQRT1_2 + 1) / 2, 12);
});

test("another metric is refused with those that are", () => {
  expect(() => metricNamed("f1")).toThrow(/--metric f1: needs one of top1, top5/);
});
