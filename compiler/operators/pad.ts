import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: ["Pad"],
  domains: [""],
  summary: "A tensor with elements before and behind it on each axis",
  infer: (node, [x], constant) => {
    if (!x?.shape) return [x];
    const { shape, type } = x;
    const pads = integersFrom(node, "pads", 1, constant);
    const given = integersFrom(node, "axes", 3, constant);
    if (pads === null || pads === "absent" || given === null)
      return [{ type, shape: shape.map(() => null) }];
    const axes =
      given === "absent"
        ? shape.map((_, axis) => axis)
        : given.map((axis) => axisWithin(node, axis, shape.length));
    const padded = shape.map((size, axis): Dimension => {
      const at = axes.indexOf(axis);
      const added = at < 0 ? 0 : pads[at] + pads[at + axes.length];
      return added === 0 ? size : typeof size === "number" ? size + added : null;
    });
    return [{ type, shape: padded }];
  },
});
