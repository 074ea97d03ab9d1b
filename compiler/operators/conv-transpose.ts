import { defineOperator } from "../define.ts";
import type { Dimension, GraphNode } from "../ir/graph.ts";
import { intAttribute, intsAttribute, stringAttribute } from "../ir/graph.ts";
import { fixedSizes } from "./window-shape.ts";

export default defineOperator({
  ops: ["ConvTranspose"],
  domains: [""],
  summary: "Transposed convolution, channels first, in groups",
  infer: (node, [x, w]) => {
    if (!x) return [null];
    return [
      { type: x.type, shape: x.shape && w?.shape ? outputShape(node, x.shape, w.shape) : null },
    ];
  },
});

/** Source: ONNX, ConvTranspose: stride·(in − 1) + output_padding + dilated kernel − pads. */
function outputShape(
  node: GraphNode,
  x: readonly Dimension[],
  w: readonly Dimension[],
): readonly Dimension[] | null {
  const rank = x.length - 2;
  const kernel = fixedSizes(w.slice(2));
  const perGroup = w[1];
  if (kernel === null || typeof perGroup !== "number") return null;
  const strides = intsAttribute(node, "strides", Array(rank).fill(1));
  const dilations = intsAttribute(node, "dilations", Array(rank).fill(1));
  const extra = intsAttribute(node, "output_padding", Array(rank).fill(0));
  const pads = intsAttribute(node, "pads", Array(2 * rank).fill(0));
  const given = intsAttribute(node, "output_shape", []);
  const same = stringAttribute(node, "auto_pad", "NOTSET").startsWith("SAME");
  const sizes = x.slice(2).map((size, axis) => {
    if (given.length === rank) return given[axis];
    if (typeof size !== "number") return null;
    if (same) return size * strides[axis];
    const window = dilations[axis] * (kernel[axis] - 1) + 1;
    return strides[axis] * (size - 1) + extra[axis] + window - pads[axis] - pads[axis + rank];
  });
  return [x[0], perGroup * intAttribute(node, "group", 1), ...sizes];
}
