import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { floatAttribute, intAttribute } from "../../compiler/ir/graph.ts";
import type { WindowAccess } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import type { FloatMatrix } from "./weights.ts";
import { convolution } from "./window-nodes.ts";

/** A Gemm, MatMul or Conv with constant weights: what may lie on banks. */
export interface MatrixNode {
  readonly node: GraphNode;
  /** the value that meets the weights */
  readonly data: ValueId;
  /** true: the data operand must be transposed first (Gemm's transA) */
  readonly transposeData: boolean;
  /** true: weights stand left of the data, y = W·x; the data's columns are then the positions */
  readonly weightsFirst: boolean;
  readonly weightsValue: ValueId;
  readonly weights: FloatMatrix;
  /** Gemm's alpha: a factor on the sums */
  readonly alpha: number;
  /** Gemm's C and its beta, or Conv's bias, if there is one */
  readonly bias: { readonly value: ValueId; readonly beta: number } | null;
  /** where a convolution reads; null for a matrix on the last axis */
  readonly window: WindowAccess | null;
}

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

/** A constant's elements as numbers, without a copy where they are already. */
export function matrixData(constant: Tensor): ArrayLike<number> {
  return constant.data instanceof Float32Array ||
    constant.data instanceof Float64Array ||
    constant.data instanceof Int8Array
    ? constant.data
    : toNumbers(constant);
}
