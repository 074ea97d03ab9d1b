import { defineOperator } from "../define.ts";
import { broadcastTypes } from "./broadcast.ts";

export default defineOperator({
  ops: [
    ..."Add Sub Mul Div Mod BitShift BitwiseAnd BitwiseOr BitwiseXor".split(" "),
    ..."Pow PRelu Max Min Mean Sum".split(" "),
  ],
  domains: [""],
  summary: "Element by element on tensors that broadcast; the type of the first",
  infer: (node, inputs) => [broadcastTypes(node, inputs, inputs[0]?.type)],
});
