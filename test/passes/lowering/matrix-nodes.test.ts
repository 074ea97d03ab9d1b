import { describe, expect, test } from "vitest";
import { matrixNodeOf } from "../../../passes/lowering/matrix-nodes.ts";
import { recognizeWeights } from "../../../passes/lowering/weights.ts";
import type { NodeSpec } from "../../support/build-onnx.ts";
import { buildGraph, floats } from "../../support/build-onnx.ts";

/** w is 2 x 3: +1 −1 +1 / −1 −1 +1 */
const w = floats([2, 3], [1, -1, 1, -1, -1, 1]);
const byRow = [1, -1, 1, -1, -1, 1];
const byColumn = [1, -1, -1, -1, 1, 1];

function found(node: NodeSpec) {
  const graph = buildGraph({
    inputs: { x: ["float32", ["n", 2]], deep: ["float32", ["n", 2, 2]] },
    outputs: ["y"],
    nodes: [node],
    constants: {
      w,
      c: floats([3], [1, 2, 3]),
      vector: floats([2], [1, -1]),
      stack: floats([1, 2, 3], byRow),
    },
  });
  return matrixNodeOf(graph, graph.nodes[0]);
}

const codes = (node: NodeSpec) => {
  const matrix = found(node);
  const recognized = matrix && recognizeWeights(matrix.weights);
  return (
    recognized && {
      outputs: recognized.codes.outputs,
      inputs: recognized.codes.inputs,
      codes: [...recognized.codes.data],
    }
  );
};

describe("weights as [outputs x inputs]", () => {
  test("MatMul with the weights on the right: outputs are columns", () => {
    expect(codes(["MatMul", ["x", "w"], ["y"]])).toEqual({
      outputs: 3,
      inputs: 2,
      codes: byColumn,
    });
  });
  test("MatMul with the weights on the left: outputs are rows", () => {
    expect(codes(["MatMul", ["w", "x"], ["y"]])).toEqual({ outputs: 2, inputs: 3, codes: byRow });
    expect(found(["MatMul", ["w", "x"], ["y"]])?.weightsFirst).toBe(true);
  });
  test("Gemm: outputs are columns, with transB rows", () => {
    expect(codes(["Gemm", ["x", "w"], ["y"]])).toEqual({ outputs: 3, inputs: 2, codes: byColumn });
    expect(codes(["Gemm", ["x", "w"], ["y"], { transB: 1 }])).toEqual({
      outputs: 2,
      inputs: 3,
      codes: byRow,
    });
  });
});

describe("what a Gemm adds", () => {
  test("transA, alpha, beta and C", () => {
    const attributes = {
      transA: 1,
      alpha: { kind: "float", value: 0.5 },
      beta: { kind: "float", value: 2 },
    } as const;
    const gemm = found(["Gemm", ["x", "w", "c"], ["y"], attributes]);
    expect(gemm).toMatchObject({
      data: "x",
      transposeData: true,
      alpha: 0.5,
      bias: { value: "c", beta: 2 },
    });
  });
  test("a beta of 0 leaves C out", () => {
    const gemm = found(["Gemm", ["x", "w", "c"], ["y"], { beta: { kind: "float", value: 0 } }]);
    expect(gemm?.bias).toBeNull();
  });
});

describe("no matrix node", () => {
  test.each([
    ["a vector of weights", ["MatMul", ["x", "vector"], ["y"]]],
    ["a stack of matrices", ["MatMul", ["x", "stack"], ["y"]]],
    ["two values", ["MatMul", ["x", "x"], ["y"]]],
    ["two constants", ["MatMul", ["w", "w"], ["y"]]],
    [
      "weights left of a value of rank 3, which is one product a sample",
      ["MatMul", ["w", "deep"], ["y"]],
    ],
    ["another operator", ["Mul", ["x", "w"], ["y"]]],
    ["another domain", ["custom:MatMul", ["x", "w"], ["y"]]],
  ] as const)("%s", (_, node) => {
    expect(found(node)).toBeNull();
  });
});
