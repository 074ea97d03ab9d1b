import { defineOperator } from "../define.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: ["Squeeze"],
  domains: [""],
  summary: "Axes of size 1 fall away: those named, else all",
  infer: (node, [x], constant) => {
    if (!x) return [null];
    const given = integersFrom(node, "axes", 1, constant);
    const { shape } = x;
    if (!shape || given === null) return [{ type: x.type, shape: null }];
    if (given === "absent") {
      const certain = shape.every((dimension) => typeof dimension === "number");
      return [
        { type: x.type, shape: certain ? shape.filter((dimension) => dimension !== 1) : null },
      ];
    }
    const axes = given.map((axis) => axisWithin(node, axis, shape.length));
    return [{ type: x.type, shape: shape.filter((_, axis) => !axes.includes(axis)) }];
  },
});
