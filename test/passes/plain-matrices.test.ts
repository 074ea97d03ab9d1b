import { describe, expect, test } from "vitest";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { run } from "../../index.ts";
import plainMatrices from "../../passes/plain-matrices.ts";
import type { NodeSpec } from "../support/build-onnx.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { executor, graphOf, runGraph } from "../support/run-onnx.ts";

/** Whole numbers, so that sums are exact in any order. */
const whole = (shape: readonly number[], step: number) =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => ((k * step) % 17) - 8),
  );

const matmul = (...inputs: readonly string[]): NodeSpec => ["MatMul", inputs, ["y"]];
const einsum = (equation: string, ...inputs: readonly string[]): NodeSpec => [
  "Einsum",
  inputs.length > 0 ? inputs : ["x", "w"],
  ["y"],
  { equation },
];

/** a sample's shape, the weights', the node, how many matrices it becomes; 0 where it stays */
const cases: readonly (readonly [
  what: string,
  sample: readonly number[],
  weights: readonly number[],
  node: NodeSpec,
  matrices: number,
])[] = [
  ["an axis of 1 in front", [3, 6], [1, 6, 4], matmul("x", "w"), 1],
  ["two axes of 1 in front", [2, 3, 6], [1, 1, 6, 4], matmul("x", "w"), 1],
  ["a vector on the right", [3, 6], [6], matmul("x", "w"), 1],
  ["weights on the left", [6, 4], [3, 6], matmul("w", "x"), 1],
  ["weights on the left, an axis of 1 in front", [6, 4], [1, 3, 6], matmul("w", "x"), 1],
  ["a vector on the left", [6, 4], [6], matmul("w", "x"), 1],
  ["a matrix for each head", [2, 3, 6], [2, 6, 4], matmul("x", "w"), 2],
  ["a matrix for each head, on the left", [2, 6, 3], [2, 4, 6], matmul("w", "x"), 2],
  ["a matrix for each of an outer axis", [3, 2, 4, 6], [3, 1, 6, 4], matmul("x", "w"), 3],
  ["Einsum as a product", [6], [6, 4], einsum("bi,ij->bj"), 1],
  ["Einsum, weights transposed", [3, 6], [4, 6], einsum("bti,oi->bto"), 1],
  ["Einsum, weights first", [3, 6], [4, 6], einsum("oi,bti->bto", "w", "x"), 1],
  ["Einsum, the output's axes mixed", [3, 6], [6, 4], einsum("bti,io->bot"), 1],
  ["Einsum that splits heads", [3, 6], [6, 2, 4], einsum("bti,ihd->bhtd"), 1],
  ["Einsum that joins heads", [2, 3, 4], [2, 4, 5], einsum("bhtd,hdo->bto"), 1],
  ["Einsum to one number", [3, 6], [6], einsum("bti,i->bt"), 1],
  ["Einsum of heads of their own", [3, 2, 4], [2, 4, 5], einsum("bthd,hdo->btho"), 2],
  ["Einsum with an ellipsis", [3, 6], [6, 4], einsum("...i,ij->...j"), 1],
  ["a plain matrix", [3, 6], [6, 4], matmul("x", "w"), 0],
  ["data that must be repeated", [1, 3, 6], [2, 6, 4], matmul("x", "w"), 0],
  ["Einsum that sums data alone", [3, 6], [6, 4], einsum("bti,ij->bj"), 0],
  ["Einsum of a diagonal", [6], [6, 6], einsum("bi,ii->b"), 0],
  ["Einsum without sums", [3], [4], einsum("bi,j->bij"), 0],
];

describe("products of data and constant weights", () => {
  test.each(cases)("%s", async (_, sample, weights, node, matrices) => {
    const model = buildModel({
      inputs: { x: ["float32", ["n", ...sample]] },
      outputs: ["y"],
      nodes: [node],
      constants: { w: whole(weights, 5) },
    });
    const before = await preparedGraph(model);
    const after = graphOf(await plainMatrices.run(before, passContext().context));
    const made = after.nodes.filter(({ op }) => op === "MatMul");
    if (matrices === 0) expect(after).toBe(before);
    else expect(made.length).toBe(matrices);
    for (const { inputs } of matrices === 0 ? [] : made)
      expect(after.constants.get(inputs[1])?.shape).toHaveLength(2);
    const x = whole([2, ...sample], 7);
    expect(await runGraph(after, { x })).toEqual(await runGraph(before, { x }));
  });

  test("what a computed value stands on both sides of stays", async () => {
    const model = buildModel({
      inputs: { x: ["float32", ["n", 3, 3]] },
      outputs: ["y"],
      nodes: [matmul("x", "x")],
    });
    const before = await preparedGraph(model);
    expect(await plainMatrices.run(before, passContext().context)).toBe(before);
  });
});

test.each(cases.filter(([, , , , matrices]) => matrices > 0))(
  "on an array: %s",
  async (_, sample, weights, node, matrices) => {
    const model = buildModel({
      inputs: { x: ["uint8", ["n", ...sample]] },
      outputs: ["y"],
      nodes: [
        ["Cast", ["x"], ["f"], { to: 1 }],
        [node[0], node[1].map((id) => (id === "x" ? "f" : id)), node[2], node[3] ?? {}],
      ],
      constants: { w: whole(weights, 5) },
    });
    const image = await compileTo2t2r(model);
    expect(image.placements.length).toBe(matrices);
    const bytes = Uint8Array.from({ length: 2 * sizeOf(sample) }, (__, k) => (k * 31) % 256);
    const x = { type: "uint8", shape: [2, ...sample], data: bytes } as const;
    const { outputs } = await run(image, x, { executor });
    const theirs = await runGraph(await preparedGraph(model), { x });
    expect(numbersOf(outputs)).toEqual(numbersOf(theirs));
  },
);

test("weights that stay digital are told by operator and shapes", async () => {
  const model = (nodes: readonly NodeSpec[]) =>
    buildModel({
      inputs: { x: ["uint8", ["n", 1, 3, 6]] },
      outputs: ["y"],
      nodes: [["Cast", ["x"], ["f"], { to: 1 }], ...nodes],
      constants: { w: whole([2, 6, 4], 5), v: whole([6, 6], 3) },
    });
  await expect(compileTo2t2r(model([["MatMul", ["f", "w"], ["y"]]]))).rejects.toThrow(
    "found layer y: MatMul of [n, 1, 3, 6] and [2, 6, 4] alone; in this form it is not laid out",
  );
  const both = await compileTo2t2r(
    model([
      ["MatMul", ["f", "v"], ["h"]],
      ["MatMul", ["h", "w"], ["y"]],
    ]),
  );
  expect(both.warnings.join()).toContain(
    "layer y: MatMul of [n, 1, 3, 6] and [2, 6, 4] is not laid out on arrays in this form; its weights stay digital",
  );
});
