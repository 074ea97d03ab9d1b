import { defineOperator } from "../define.ts";
import { integersOf } from "./axes.ts";

export default defineOperator({
  ops: ["ConstantOfShape"],
  domains: [""],
  summary: "A tensor of one value, 0 by default",
  infer: (node, _inputs, constant) => {
    const value = node.attributes.get("value");
    return [
      {
        type: value?.kind === "tensor" ? value.value.type : "float32",
        shape: integersOf(constant(0)),
      },
    ];
  },
});
