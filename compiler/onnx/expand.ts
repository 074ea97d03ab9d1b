import type { Graph } from "../ir/graph.ts";
import { infer, operatorOf } from "./infer.ts";
import { rewriteNodes } from "./rewrite.ts";

/** Operators outside ai.onnx that xbc knows, as standard ones. Unknown ones stay. */
export function expandOperators(graph: Graph): Graph {
  if (!graph.nodes.some((node) => operatorOf(node)?.expand)) return graph;
  const typed = { ...graph, values: infer(graph).values };
  return rewriteNodes(typed, (node, builder) => {
    const expand = operatorOf(node)?.expand;
    if (!expand) return false;
    expand(node, builder);
    return true;
  });
}
