import type { ExpandContext } from "../define.ts";
import { defineOperator } from "../define.ts";
import type { GraphNode } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";
import { codeRange, constantNumber, isZero, qonnxDomains } from "./code-range.ts";
import { roundingOf } from "./rounding.ts";

/** Source: qonnx, custom_op/general/quant.py. */
export default defineOperator({
  ops: ["Quant"],
  domains: qonnxDomains,
  summary: "QONNX quantizer: scale, clip, round, scale back",
  infer: (_node, [x]) => [x],
  expand: (node, builder) => {
    const { add } = builder;
    const [x, scale, zeroPoint] = node.inputs;
    const shifts = !isZero(zeroPoint, builder);
    const scaled = add("Div", [x, scale]);
    const shifted = shifts ? add("Add", [scaled, zeroPoint]) : scaled;
    const code = codeOf(node, shifted, builder);
    const back = shifts ? add("Sub", [code, zeroPoint]) : code;
    add("Mul", [back, scale], {}, node.outputs[0]);
  },
});

/** One signed bit is ±1, as qonnx has it; other widths are clipped, then rounded. */
function codeOf(node: GraphNode, x: string, builder: ExpandContext): string {
  const { add } = builder;
  const number = (value: number) => builder.constant(tensor("float32", [], Float32Array.of(value)));
  const bits = constantNumber(node, 3, "bit width", builder);
  const signed = intAttribute(node, "signed", 1) === 1;
  if (bits === 1 && signed) {
    return add("Where", [add("GreaterOrEqual", [x, number(0)]), number(1), number(-1)]);
  }
  const { minimum, maximum } = codeRange(bits, signed, intAttribute(node, "narrow", 1) === 1);
  const clipped = add("Clip", [x, number(minimum), number(maximum)]);
  return roundingOf(node, "ROUND", builder)(clipped);
}
