import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { axisWithin } from "./axes.ts";

export default defineOperator({
  ops: ["LayerNormalization"],
  domains: [""],
  summary: "Zero mean and unit variance over the last axes; mean and 1/deviation beside it",
  infer: (node, [x]) => {
    const shape = x?.shape ?? null;
    const from = shape && axisWithin(node, intAttribute(node, "axis", -1), shape.length);
    const reduced =
      shape && from !== null ? shape.map((size, axis) => (axis < from ? size : 1)) : null;
    return node.outputs.map((_, index) => (index === 0 ? x : { type: "float32", shape: reduced }));
  },
});
