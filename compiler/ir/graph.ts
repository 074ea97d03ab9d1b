import type { ElementType, Tensor } from "./tensor.ts";

/** The name of one value in a graph. ONNX allows any string; an absent optional input is "". */
export type ValueId = string;

/** A dimension: fixed, named (`batch`), or unknown (null). */
export type Dimension = number | string | null;

export interface ValueType {
  readonly type: ElementType;
  /** null: the rank itself is unknown */
  readonly shape: readonly Dimension[] | null;
}

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "graph"; readonly value: Uint8Array }; // a GraphProto's bytes, kept for onnxruntime

export interface GraphNode {
  /** unique in its graph: the ONNX name, else its first output; `#2` … makes it so */
  readonly name: string;
  readonly op: string;
  /** "" is ai.onnx */
  readonly domain: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** What the model says: ONNX semantics, float; nodes in topological order. */
export interface Graph {
  readonly name: string;
  /** operator-set version by domain; "" is ai.onnx, at least 17 after import */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly GraphNode[];
  readonly values: ReadonlyMap<ValueId, ValueType>;
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** what the reader should know: fields newer than the schema, training-mode nodes … */
  readonly warnings: readonly string[];
}

/** An integer attribute, or its default. */
export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === "int" ? attribute.value : fallback;
}

export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute?.kind === "float" ? attribute.value : fallback;
}

export function stringAttribute(node: GraphNode, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute?.kind === "string" ? attribute.value : fallback;
}

export function intsAttribute(
  node: GraphNode,
  name: string,
  fallback: readonly number[],
): readonly number[] {
  const attribute = node.attributes.get(name);
  return attribute?.kind === "ints" ? attribute.value : fallback;
}

/** Which node makes each value. */
export function producers(graph: Graph): ReadonlyMap<ValueId, GraphNode> {
  const map = new Map<ValueId, GraphNode>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== "") map.set(output, node);
  }
  return map;
}

/** Which nodes read each value, in topological order. */
export function consumers(graph: Graph): ReadonlyMap<ValueId, readonly GraphNode[]> {
  const map = new Map<ValueId, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (input === "") continue;
      const list = map.get(input);
      if (list) list.push(node);
      else map.set(input, [node]);
    }
  }
  return map;
}
