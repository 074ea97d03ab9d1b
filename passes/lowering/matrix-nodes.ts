import type { Graph, GraphNode } from "../../compiler/ir/graph.ts";
import { floatAttribute, intAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { matrixData } from "./matrix-node.ts";
import type { FloatMatrix } from "./weights.ts";
import { convolution } from "./window-nodes.ts";

/** The matrix node that a graph node is, or null: an operator of another kind, or no constant matrix. */
export function matrixNodeOf(graph: Graph, node: GraphNode): MatrixNode | null {
  if (node.domain !== "") return null;
  if (node.op === "Gemm") return gemm(graph, node);
  if (node.op === "Conv") return convolution(graph, node);
  return node.op === "MatMul" ? matmul(graph, node) : null;
}

function gemm(graph: Graph, node: GraphNode): MatrixNode | null {
  const [a, b, c] = node.inputs;
  const transA = intAttribute(node, "transA", 0) !== 0;
  const transB = intAttribute(node, "transB", 0) !== 0;
  const alpha = floatAttribute(node, "alpha", 1);
  const beta = floatAttribute(node, "beta", 1);
  const bias = c && beta !== 0 ? { value: c, beta } : null;
  const right = graph.constants.get(b);
  if (!graph.constants.has(a) && right?.shape.length === 2) {
    const weights = transB ? matrixView(right, false) : matrixView(right, true);
    return {
      node,
      data: a,
      transposeData: transA,
      weightsFirst: false,
      weightsValue: b,
      weights,
      alpha,
      bias,
      window: null,
    };
  }
  return null;
}

function matmul(graph: Graph, node: GraphNode): MatrixNode | null {
  const [a, b] = node.inputs;
  const left = graph.constants.get(a);
  const right = graph.constants.get(b);
  const base = { node, transposeData: false, alpha: 1, bias: null, window: null };
  if (right?.shape.length === 2 && !left) {
    return {
      ...base,
      data: a,
      weightsFirst: false,
      weightsValue: b,
      weights: matrixView(right, true),
    };
  }
  const dataRank = graph.values.get(b)?.shape?.length;
  if (left?.shape.length === 2 && !right && dataRank === 2) {
    return {
      ...base,
      data: b,
      weightsFirst: true,
      weightsValue: a,
      weights: matrixView(left, false),
    };
  }
  return null;
}

/** A constant as [outputs x inputs], whichever way it is stored. */
function matrixView(constant: Tensor, inputsFirst: boolean): FloatMatrix {
  const [rows, columns] = constant.shape;
  const data = matrixData(constant);
  return inputsFirst
    ? { outputs: columns, inputs: rows, data, outputStride: 1, inputStride: columns }
    : { outputs: rows, inputs: columns, data, outputStride: columns, inputStride: 1 };
}
