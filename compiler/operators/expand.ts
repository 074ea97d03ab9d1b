import { defineOperator } from "../define.ts";
import { integersOf } from "./axes.ts";
import { broadcastShapes } from "./broadcast.ts";

export default defineOperator({
  ops: ["Expand"],
  domains: [""],
  summary: "A tensor repeated along its axes of size 1 to a shape",
  infer: (node, [x], constant) => {
    if (!x) return [null];
    return [{ type: x.type, shape: broadcastShapes(node, [x.shape, integersOf(constant(1))]) }];
  },
});
