import type { GraphNode, ValueId } from "../ir/graph.ts";
import { onnx } from "./codec.generated.js";
import type { GraphProto, NodeProto } from "./proto.ts";

/** Values of the graph around it that a node's inner graphs (If, Loop, Scan) read by name. */
export function capturedValues(node: GraphNode): readonly ValueId[] {
  const found = new Set<ValueId>();
  for (const attribute of node.attributes.values()) {
    if (attribute.kind !== "graph") continue;
    for (const name of freeValues(onnx.GraphProto.decode(attribute.value))) found.add(name);
  }
  return [...found];
}

/** Values that a node of a file reads: its inputs, and what its inner graphs capture. */
export function valuesRead(node: NodeProto): ReadonlySet<ValueId> {
  const read = new Set((node.input ?? []).filter((name) => name !== ""));
  for (const attribute of node.attribute ?? []) {
    for (const graph of [attribute.g, ...(attribute.graphs ?? [])]) {
      if (graph) for (const name of freeValues(graph)) read.add(name);
    }
  }
  return read;
}

/** Names that a graph reads and does not define; the codec bounds the depth (100 messages). */
export function freeValues(graph: GraphProto): ReadonlySet<ValueId> {
  const defined = new Set<ValueId>([
    ...(graph.input ?? []).map(({ name }) => name ?? ""),
    ...(graph.initializer ?? []).map(({ name }) => name ?? ""),
    ...(graph.sparseInitializer ?? []).map(({ values }) => values?.name ?? ""),
    ...(graph.node ?? []).flatMap(({ output }) => output ?? []),
  ]);
  const free = new Set<ValueId>();
  for (const node of graph.node ?? []) {
    for (const name of valuesRead(node)) if (!defined.has(name)) free.add(name);
  }
  for (const { name } of graph.output ?? []) if (name && !defined.has(name)) free.add(name);
  return free;
}
