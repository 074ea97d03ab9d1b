import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: ["Unsqueeze"],
  domains: [""],
  summary: "New axes of size 1, at places in the result",
  infer: (node, [x], constant) => {
    if (!x) return [null];
    const given = integersFrom(node, "axes", 1, constant);
    if (!x.shape || given === null || given === "absent") return [{ type: x.type, shape: null }];
    const rank = x.shape.length + given.length;
    const axes = new Set(given.map((axis) => axisWithin(node, axis, rank)));
    const left = [...x.shape];
    const shape = Array.from(
      { length: rank },
      (_, axis): Dimension => (axes.has(axis) ? 1 : (left.shift() ?? null)),
    );
    return [{ type: x.type, shape }];
  },
});
