import { defineOperator } from "../define.ts";
import { intAttribute, stringAttribute } from "../ir/graph.ts";

export default defineOperator({
  ops: ["LSTM", "GRU", "RNN"],
  domains: [""],
  summary:
    "A recurrent layer: all hidden states, the last hidden state, for LSTM the last cell state",
  infer: (node, [x, , recurrence]) => {
    if (!x?.shape) return node.outputs.map(() => x && { type: x.type, shape: null });
    const batchFirst = intAttribute(node, "layout", 0) === 1;
    const [steps, batch] = batchFirst ? [x.shape[1], x.shape[0]] : [x.shape[0], x.shape[1]];
    const directions = stringAttribute(node, "direction", "forward") === "bidirectional" ? 2 : 1;
    const hidden = recurrence?.shape?.[2] ?? intAttribute(node, "hidden_size", 0);
    const all = batchFirst
      ? [batch, steps, directions, hidden]
      : [steps, directions, batch, hidden];
    const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
    return node.outputs.map((_, index) => ({ type: x.type, shape: index === 0 ? all : last }));
  },
});
