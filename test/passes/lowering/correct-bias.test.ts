import { expect, test } from "vitest";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { compile, run } from "../../../index.ts";
import { buildModel, floats } from "../../support/build-onnx.ts";
import { executor, relativeDifference, runBytes } from "../../support/run-onnx.ts";

const [rows, inputs, outputs] = [3, 6, 3];
/** on no grid, so that they must be rounded */
const draw = (n: number, by: number) =>
  Array.from({ length: n }, (_, i) => Math.fround(((i * by) % 17) / 8 - 1) ** 3 / 3);
const x = floats([rows, inputs], draw(rows * inputs, 5));

/** C that differs by row, or by column, or is one number; and factors that are not 1. */
const cases: readonly (readonly [string, Tensor, number])[] = [
  ["of one number", floats([1], [2]), 1],
  ["of one number an output", floats([outputs], [3, -2, 1]), 1],
  ["of one number an output, times beta", floats([outputs], [3, -2, 1]), 0.5],
  ["of one number a row", floats([rows, 1], [3, -2, 1]), 1],
  ["of every row and output", floats([rows, outputs], draw(9, 7)), 1],
  ["of every row and output, times beta", floats([rows, outputs], draw(9, 7)), 3],
];

test.each(cases)(
  "weights rounded on calibration data keep a Gemm's bias %s",
  async (_, c, beta) => {
    const model = buildModel({
      inputs: { x: ["float32", [rows, inputs]] },
      outputs: ["y"],
      nodes: [["Gemm", ["x", "w", "c"], ["y"], { beta: { kind: "float", value: beta } }]],
      constants: { w: floats([inputs, outputs], draw(inputs * outputs, 11)), c },
    });
    const options = { calibration: new Map([["x", x]]), precision: "int8", activations: "int8" };
    const image = await compile(model, { target: "2t2r", executor, ...options });
    const [ours] = (await run(image, new Map([["x", x]]), { executor })).outputs.values();
    const theirs = (await runBytes(model, { x })).get("y");
    // 8 bits of each: some thousandths of the largest
    expect(theirs && relativeDifference(theirs, ours)).toBeLessThan(0.01);
  },
);
