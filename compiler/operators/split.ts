import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: ["Split"],
  domains: [""],
  summary: "A tensor cut into pieces along an axis",
  infer: (node, [x], constant) => {
    if (!x?.shape) return node.outputs.map(() => x && { type: x.type, shape: null });
    const { shape, type } = x;
    const along = axisWithin(node, intAttribute(node, "axis", 0), shape.length);
    const given = integersFrom(node, "split", 1, constant);
    const size = shape[along];
    const pieces = node.outputs.length;
    const even = typeof size === "number" ? Math.ceil(size / pieces) : null;
    return node.outputs.map((_, piece) => {
      const own =
        given === "absent" && even !== null && typeof size === "number"
          ? Math.min(even, size - even * piece)
          : Array.isArray(given)
            ? (given[piece] ?? null)
            : null;
      return { type, shape: shape.map((dimension, axis) => (axis === along ? own : dimension)) };
    });
  },
});
