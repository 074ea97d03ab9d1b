import { defineOperator } from "../define.ts";
import { broadcastTypes } from "./broadcast.ts";

export default defineOperator({
  ops: ["Where"],
  domains: [""],
  summary: "One of two values by a condition; all three broadcast",
  infer: (node, inputs) => [broadcastTypes(node, inputs, inputs[1]?.type ?? inputs[2]?.type)],
});
