import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { elementTypeOf } from "../onnx/element-type.ts";

export default defineOperator({
  ops: ["Cast", "CastLike"],
  domains: [""],
  summary: "Another element type, the same shape",
  infer: (node, [x, like]) => {
    const type =
      node.op === "Cast" ? elementTypeOf(intAttribute(node, "to", 0)) : (like?.type ?? null);
    return [type ? { type, shape: x?.shape ?? null } : null];
  },
});
