import { defineOperator } from "../define.ts";
import type { Dimension, GraphNode, ValueType } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin } from "./axes.ts";

export default defineOperator({
  ops: ["Gather", "GatherElements", "GatherND"],
  domains: [""],
  summary: "Elements or slices picked by index",
  infer: (node, [data, indices]) => {
    if (!data) return [null];
    if (!data.shape || !indices?.shape) return [{ type: data.type, shape: null }];
    return [{ type: data.type, shape: pickedShape(node, data.shape, indices.shape) }];
  },
});

function pickedShape(
  node: GraphNode,
  data: readonly Dimension[],
  indices: readonly Dimension[],
): ValueType["shape"] {
  if (node.op === "GatherElements") return indices;
  if (node.op === "GatherND") {
    const depth = indices[indices.length - 1];
    if (typeof depth !== "number") return null;
    return [...indices.slice(0, -1), ...data.slice(intAttribute(node, "batch_dims", 0) + depth)];
  }
  const axis = axisWithin(node, intAttribute(node, "axis", 0), data.length);
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}
