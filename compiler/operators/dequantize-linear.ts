import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { elementTypeOf } from "../onnx/element-type.ts";

export default defineOperator({
  ops: ["DequantizeLinear"],
  domains: [""],
  summary: "(x − zero point) · scale, in the type of the scale",
  infer: (node, [x, scale]) => {
    const type = elementTypeOf(intAttribute(node, "output_dtype", 0)) ?? scale?.type;
    return [type ? { type, shape: x?.shape ?? null } : null];
  },
});
