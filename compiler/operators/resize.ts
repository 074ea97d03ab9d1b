import { defineOperator } from "../define.ts";
import type { Dimension, GraphNode } from "../ir/graph.ts";
import { intsAttribute, stringAttribute } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { axisWithin, integersOf } from "./axes.ts";

export default defineOperator({
  ops: ["Resize", "Upsample"],
  domains: [""],
  summary: "Interpolation to a size, or by scales",
  infer: (node, [x], constant) => {
    if (!x?.shape) return [x];
    return [{ type: x.type, shape: resizedShape(node, x.shape, constant) }];
  },
});

/** Operator sets before 11 have the scales as second input, those before 9 as an attribute. */
function resizedShape(
  node: GraphNode,
  shape: readonly Dimension[],
  constant: (index: number) => Tensor | null,
): readonly Dimension[] {
  const attribute = node.attributes.get("scales");
  const early = attribute?.kind === "floats" ? attribute.value : null;
  const scales = early ?? nonEmpty(constant(node.inputs.length === 2 ? 1 : 2));
  const sizes = nonEmpty(constant(3));
  const axes = intsAttribute(
    node,
    "axes",
    shape.map((_, axis) => axis),
  ).map((axis) => axisWithin(node, axis, shape.length));
  const keepsAspect = stringAttribute(node, "keep_aspect_ratio_policy", "stretch") !== "stretch";
  return shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return size;
    if (sizes) return keepsAspect ? null : sizes[at];
    if (scales?.[at] === 1) return size;
    return scales && typeof size === "number" ? Math.floor(size * scales[at]) : null;
  });
}

function nonEmpty(tensor: Tensor | null): readonly number[] | null {
  const values = integersOf(tensor);
  return values && values.length > 0 ? values : null;
}
