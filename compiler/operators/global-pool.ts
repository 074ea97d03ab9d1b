import { defineOperator } from "../define.ts";

export default defineOperator({
  ops: ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"],
  domains: [""],
  summary: "Pooling over all of each channel",
  infer: (_node, [x]) => [
    x && {
      type: x.type,
      shape: x.shape?.map((dimension, axis) => (axis < 2 ? dimension : 1)) ?? null,
    },
  ],
});
