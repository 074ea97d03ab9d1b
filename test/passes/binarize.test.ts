import { describe, expect, test } from "vitest";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import binarize, { binarizeRow } from "../../passes/binarize.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf } from "../support/run-onnx.ts";

const model = (w: readonly number[], transB = 0) =>
  buildModel({
    inputs: { x: ["float32", ["n", 2]] },
    outputs: ["y"],
    nodes: [["Gemm", ["x", "w"], ["y"], { transB }]],
    constants: { w: floats([2, 2], w) },
  });

async function weightsAfter(w: readonly number[], precision: string, transB = 0) {
  const { context, warnings } = passContext({ precision });
  const before = await preparedGraph(model(w, transB));
  const after = graphOf(await binarize.run(before, context));
  const constant = after.constants.get("w");
  return { weights: constant && [...toNumbers(constant)], warnings, isSame: after === before };
}

test("a row becomes its signs times its mean magnitude, 0 counted as +", () => {
  expect([...binarizeRow(Float64Array.of(3, -1, 0, -4))]).toEqual([2, -2, 2, -2]);
});

describe("binarize", () => {
  test("each output has its own scale: columns of a Gemm, rows with transB", async () => {
    // columns (1, 3) and (−2, −6); rows (1, −2) and (3, −6)
    expect((await weightsAfter([1, -2, 3, -6], "binary")).weights).toEqual([2, -4, 2, -4]);
    expect((await weightsAfter([1, -2, 3, -6], "binary", 1)).weights).toEqual([
      1.5, -1.5, 4.5, -4.5,
    ]);
  });
  test("says how much of the weights' energy is lost", async () => {
    // (1 − 2)² + (3 − 2)² + (−2 + 4)² + (−6 + 4)² = 10 of 50
    const { warnings } = await weightsAfter([1, -2, 3, -6], "binary");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("20.0 %");
  });
  test("weights that are binary already stay as they are", async () => {
    const { isSame, warnings } = await weightsAfter([0.5, -0.5, -0.5, 0.5], "binary");
    expect([isSame, warnings]).toEqual([true, []]);
  });
  test("does nothing unless it is asked to", async () => {
    expect((await weightsAfter([1, -2, 3, -6], "auto")).isSame).toBe(true);
  });
  test("refuses a weight that is no number, naming it", async () => {
    await expect(weightsAfter([1, Number.NaN, 3, 4], "binary")).rejects.toThrow(
      /layer y, output 1, input 0: needs a finite weight, found NaN/,
    );
  });
});
