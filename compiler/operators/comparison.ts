import { defineOperator } from "../define.ts";
import { broadcastTypes } from "./broadcast.ts";

export default defineOperator({
  ops: [
    ..."Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor".split(" "),
    ..."IsInf IsNaN".split(" "),
  ],
  domains: [""],
  summary: "Truth, element by element, on tensors that broadcast",
  infer: (node, inputs) => [broadcastTypes(node, inputs, "bool")],
});
