import { defineOperator } from "../define.ts";
import { intsAttribute } from "../ir/graph.ts";
import { windowSizes } from "./window-shape.ts";

export default defineOperator({
  ops: ["MaxPool", "AveragePool", "LpPool"],
  domains: [""],
  summary: "Pooling over a sliding window, channels first",
  infer: (node, [x]) => {
    if (!x) return node.outputs.map(() => null);
    const kernel = intsAttribute(node, "kernel_shape", []);
    const shape = x.shape && [
      ...x.shape.slice(0, 2),
      ...windowSizes(node, x.shape.slice(2), kernel),
    ];
    return node.outputs.map((_, index) => ({ type: index === 0 ? x.type : "int64", shape }));
  },
});
