import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin, integersOf } from "./axes.ts";

export default defineOperator({
  ops: ["TopK"],
  domains: [""],
  summary: "The k largest or smallest elements along an axis, and their indices",
  infer: (node, [x], constant) => {
    const k = integersOf(constant(1))?.[0] ?? node.attributes.get("k");
    const size = typeof k === "number" ? k : k?.kind === "int" ? k.value : null;
    const rank = x?.shape?.length ?? 0;
    const along = x?.shape ? axisWithin(node, intAttribute(node, "axis", -1), rank) : 0;
    const shape = x?.shape?.map((dimension, axis) => (axis === along ? size : dimension)) ?? null;
    return [x && { type: x.type, shape }, { type: "int64", shape }];
  },
});
