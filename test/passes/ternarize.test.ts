import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import ternarize, { ternarizeRow, ternarizeRowAt } from "../../passes/ternarize.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf } from "../support/run-onnx.ts";

const squaredError = (row: ArrayLike<number>, other: ArrayLike<number>): number =>
  Array.from(row, (w, i) => (w - other[i]) ** 2).reduce((sum, e) => sum + e, 0);

describe("ternarizeRow", () => {
  test("keeps the magnitudes that lower the error, at their mean", () => {
    // keeping 4 and 2: (6²)/2 = 18 > 4² = 16 > (6.5²)/3 = 14.1
    expect([...ternarizeRow(Float64Array.of(4, -2, 0.5, 0))]).toEqual([3, -3, 0, 0]);
  });
  test("equal magnitudes are kept together", () => {
    expect([...ternarizeRow(Float64Array.of(1, -1, 1, -1))]).toEqual([1, -1, 1, -1]);
  });
  test("a row of zeros stays", () => {
    expect([...ternarizeRow(Float64Array.of(0, 0))]).toEqual([0, 0]);
  });
  test("no threshold gives a smaller error, whatever the row", () => {
    const rows = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(rows, (values) => {
        const row = Float64Array.from(values, Math.fround);
        const best = squaredError(row, ternarizeRow(row));
        const mean = row.reduce((sum, w) => sum + Math.abs(w), 0) / row.length;
        for (const w of row) {
          const other = ternarizeRowAt(row, mean === 0 ? 0 : Math.abs(w) / mean);
          // scales are rounded to float32: a relative 2⁻²⁴ of each term
          expect(best).toBeLessThanOrEqual(squaredError(row, other) + 1e-5);
        }
      }),
    );
  });
});

test("ternarizeRowAt keeps what reaches a threshold in units of the mean magnitude", () => {
  // mean 2; 0.7 · 2 = 1.4
  expect([...ternarizeRowAt(Float64Array.of(4, -2, 1, -1), 0.7)]).toEqual([3, -3, 0, 0]);
});

describe("ternarize", () => {
  const weightsAfter = async (
    w: readonly number[],
    options: { precision: string; ternaryThreshold?: number },
  ) => {
    const { context } = passContext(options);
    const model = buildModel({
      inputs: { x: ["float32", ["n", 2]] },
      outputs: ["y"],
      nodes: [["MatMul", ["x", "w"], ["y"]]],
      constants: { w: floats([2, 2], w) },
    });
    const constant = graphOf(
      await ternarize.run(await preparedGraph(model), context),
    ).constants.get("w");
    return constant && [...toNumbers(constant)];
  };
  test("binary weights are ternary already", async () => {
    expect(await weightsAfter([0.5, -0.5, 0.5, 0.5], { precision: "ternary" })).toEqual([
      0.5, -0.5, 0.5, 0.5,
    ]);
  });
  test("the threshold that is asked for is taken", async () => {
    // column (1, 0.5): mean 0.75; a threshold of 1 drops 0.5, one of 0.5 keeps both
    expect(
      await weightsAfter([1, 3, 0.5, 3], { precision: "ternary", ternaryThreshold: 1 }),
    ).toEqual([1, 3, 0, 3]);
    expect(
      await weightsAfter([1, 3, 0.5, 3], { precision: "ternary", ternaryThreshold: 0.5 }),
    ).toEqual([0.75, 3, 0.75, 3]);
  });
  test("does nothing unless it is asked to", async () => {
    expect(await weightsAfter([1, 3, 0.5, 3], { precision: "binary" })).toEqual([1, 3, 0.5, 3]);
  });
});
