import type { GraphNode, ValueType } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";

/** An ONNX operator that xbc knows: its shapes, and what it means when it is not a standard one. */
export interface Operator {
  /** the ONNX operator type, or several that share the rule */
  readonly ops: readonly string[];
  /** domains it is known in; "" is ai.onnx */
  readonly domains: readonly string[];
  readonly summary: string;
  /**
   * Types and shapes of the outputs. `constant` answers a small constant input (shapes, axes), or null.
   * Returns null where the shape cannot be told.
   * @throws SHAPE_MISMATCH, BAD_MODEL with the node's name
   */
  readonly infer?: (
    node: GraphNode,
    inputs: readonly (ValueType | null)[],
    constant: (index: number) => Tensor | null,
  ) => readonly (ValueType | null)[];
  /** For operators outside ai.onnx: the same in standard operators of opset 17. */
  readonly expand?: (node: GraphNode, builder: ExpandContext) => void;
}

/** Adds standard nodes in the place of one that is not standard. */
export interface ExpandContext {
  /** adds a node, returns its (single) output's name */
  readonly add: (
    op: string,
    inputs: readonly string[],
    attributes?: Record<string, number | string | readonly number[]>,
    output?: string,
  ) => string;
  readonly constant: (tensor: Tensor) => string;
  readonly constantOf: (value: string) => Tensor | null;
  readonly typeOf: (value: string) => ValueType | null;
}

export function defineOperator(operator: Operator): Operator {
  return operator;
}
