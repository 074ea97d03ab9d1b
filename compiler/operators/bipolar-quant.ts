import { defineOperator } from "../define.ts";
import { tensor } from "../ir/tensor.ts";
import { qonnxDomains } from "./code-range.ts";

/** Source: qonnx, custom_op/general/bipolar_quant.py; 0 becomes +1. */
export default defineOperator({
  ops: ["BipolarQuant"],
  domains: qonnxDomains,
  summary: "QONNX quantizer to ±scale by the sign",
  infer: (_node, [x]) => [x],
  expand: (node, builder) => {
    const { add } = builder;
    const number = (value: number) =>
      builder.constant(tensor("float32", [], Float32Array.of(value)));
    const [x, scale] = node.inputs;
    const code = add("Where", [add("GreaterOrEqual", [x, number(0)]), number(1), number(-1)]);
    add("Mul", [code, scale], {}, node.outputs[0]);
  },
});
