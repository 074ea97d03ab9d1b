import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin } from "./axes.ts";

export default defineOperator({
  ops: ["ArgMax", "ArgMin"],
  domains: [""],
  summary: "Index of the largest or smallest element along an axis, as int64",
  infer: (node, [x]) => {
    if (!x?.shape) return [{ type: "int64", shape: null }];
    const along = axisWithin(node, intAttribute(node, "axis", 0), x.shape.length);
    const keeps = intAttribute(node, "keepdims", 1) === 1;
    return [
      {
        type: "int64",
        shape: x.shape.flatMap((size, axis) => (axis === along ? (keeps ? [1] : []) : [size])),
      },
    ];
  },
});
