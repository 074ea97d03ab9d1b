import { definePass } from "../compiler/define.ts";
import type { Dimension, Graph, GraphNode } from "../compiler/ir/graph.ts";
import { tensor } from "../compiler/ir/tensor.ts";
import { infer } from "../compiler/onnx/infer.ts";
import { rewriteNodes } from "../compiler/onnx/rewrite.ts";
import { prune } from "../compiler/onnx/simplify.ts";

/**
 * Fills in types and shapes, and makes the target of a Reshape a constant where the batch is all that is
 * unknown of it, so that the chain of Shape, Gather, Concat … before it falls away.
 */
export default definePass({
  name: "infer-shapes",
  summary: "Types and shapes of all values; targets of Reshape as constants",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: async (graph) => {
    const fixed = fixTargets(graph);
    return { ...fixed, values: infer(fixed).values };
  },
});

function fixTargets(graph: Graph): Graph {
  const { values, shapes } = infer(graph);
  const rewritten = rewriteNodes(graph, (node, builder) => {
    if (node.domain !== "" || node.op !== "Reshape" || graph.constants.has(node.inputs[1]))
      return false;
    const target = shapes.get(node.inputs[1])?.elements ?? values.get(node.outputs[0])?.shape;
    const fixed = target && constantTarget(node, values.get(node.inputs[0])?.shape ?? null, target);
    if (!fixed) return false;
    const constant = builder.constant(
      tensor("int64", [fixed.length], BigInt64Array.from(fixed, BigInt)),
    );
    builder.emit({ ...node, inputs: [node.inputs[0], constant] });
    return true;
  });
  return prune(rewritten);
}

/**
 * The target in numbers: a name that the input has at the same place is 0 (kept), one other is -1 (the
 * rest). Null where more than that is unknown, or where 0 means an empty axis.
 */
function constantTarget(
  node: GraphNode,
  from: readonly Dimension[] | null,
  target: readonly Dimension[],
): readonly number[] | null {
  if (target.every((size) => typeof size === "number")) return target;
  if (node.attributes.has("allowzero")) return null;
  const kept = target.map((size, axis) =>
    typeof size === "string" && from?.[axis] === size ? 0 : size,
  );
  const open = kept.filter((size) => typeof size !== "number");
  if (open.length > 1 || (open.length === 1 && kept.includes(-1))) return null;
  return kept.map((size) => (typeof size === "number" ? size : -1));
}
