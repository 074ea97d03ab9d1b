import type { GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import type { WindowAccess } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import type { FloatMatrix } from "./weights.ts";

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

/** A constant's elements as numbers, without a copy where they are already. */
export function matrixData(constant: Tensor): ArrayLike<number> {
  return constant.data instanceof Float32Array ||
    constant.data instanceof Float64Array ||
    constant.data instanceof Int8Array
    ? constant.data
    : toNumbers(constant);
}
