import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin } from "./axes.ts";

export default defineOperator({
  ops: ["Concat"],
  domains: [""],
  summary: "Tensors one behind the other along an axis",
  infer: (node, inputs) => {
    const type = inputs.find((input) => input !== null)?.type;
    if (!type) return [null];
    const shapes = inputs.flatMap((input) => (input?.shape ? [input.shape] : []));
    if (shapes.length !== inputs.length) return [{ type, shape: null }];
    const along = axisWithin(node, intAttribute(node, "axis", 0), shapes[0].length);
    const shape = shapes[0].map((first, axis): Dimension => {
      const sizes = shapes.map((each) => each[axis]);
      if (axis !== along) return sizes.find((size) => typeof size === "number") ?? first;
      if (sizes.length === 1) return first;
      return sizes.every((size) => typeof size === "number")
        ? sizes.reduce((a, b) => a + b, 0)
        : null;
    });
    return [{ type, shape }];
  },
});
