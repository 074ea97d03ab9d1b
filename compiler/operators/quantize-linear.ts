import { defineOperator } from "../define.ts";
import { intAttribute } from "../ir/graph.ts";
import { elementTypeOf } from "../onnx/element-type.ts";

export default defineOperator({
  ops: ["QuantizeLinear"],
  domains: [""],
  summary: "round(x / scale) + zero point, saturated to the type of the zero point",
  infer: (node, [x, , zeroPoint]) => {
    const given = intAttribute(node, "output_dtype", 0);
    const type = zeroPoint?.type ?? (given === 0 ? "uint8" : elementTypeOf(given));
    const known = (node.inputs[2] ?? "") === "" || zeroPoint !== null;
    return [type && known ? { type, shape: x?.shape ?? null } : null];
  },
});
