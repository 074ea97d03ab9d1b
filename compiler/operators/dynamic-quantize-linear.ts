import { defineOperator } from "../define.ts";

export default defineOperator({
  ops: ["DynamicQuantizeLinear"],
  domains: [""],
  summary: "uint8 codes with scale and zero point from the data's own range",
  infer: (_node, [x]) => [
    { type: "uint8", shape: x?.shape ?? null },
    { type: "float32", shape: [] },
    { type: "uint8", shape: [] },
  ],
});
