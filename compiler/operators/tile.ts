import { defineOperator } from "../define.ts";
import { integersOf } from "./axes.ts";

export default defineOperator({
  ops: ["Tile"],
  domains: [""],
  summary: "A tensor repeated along each axis",
  infer: (_node, [x], constant) => {
    if (!x?.shape) return [x];
    const repeats = integersOf(constant(1));
    const shape = x.shape.map((size, axis) => {
      const times = repeats?.[axis];
      if (times === 1) return size;
      return typeof size === "number" && times !== undefined ? size * times : null;
    });
    return [{ type: x.type, shape }];
  },
});
