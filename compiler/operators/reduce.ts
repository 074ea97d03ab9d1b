import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: [
    ..."ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax".split(" "),
    ..."ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare".split(" "),
  ],
  domains: [""],
  summary: "One value for all elements along some axes, by default all",
  infer: (node, [x], constant) => {
    if (!x?.shape) return [x];
    const { shape, type } = x;
    const given = integersFrom(node, "axes", 1, constant);
    const keeps = intAttribute(node, "keepdims", 1) === 1;
    if (given === null) return [{ type, shape: keeps ? shape.map(() => null) : null }];
    const none = given === "absent" || given.length === 0;
    if (none && intAttribute(node, "noop_with_empty_axes", 0) === 1) return [x];
    const axes = none
      ? shape.map((_, axis) => axis)
      : given.map((axis) => axisWithin(node, axis, shape.length));
    const reduced = shape.flatMap((size, axis) =>
      axes.includes(axis) ? (keeps ? [1] : []) : [size],
    );
    return [{ type, shape: reduced }];
  },
});
