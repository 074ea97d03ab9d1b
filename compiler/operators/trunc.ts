import type { ExpandContext } from "../define.ts";
import { defineOperator } from "../define.ts";
import type { GraphNode } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";
import { codeRange, constantNumber, isZero, qonnxDomains } from "./code-range.ts";
import { roundingOf } from "./rounding.ts";

/**
 * Version 1 has five inputs (x, scale, zero point, input bits, output bits) and keeps its scale; version 2
 * has seven (… input bits, output scale, output zero point, output bits) and clips.
 * Source: qonnx, custom_op/general/trunc.py.
 */
export default defineOperator({
  ops: ["Trunc"],
  domains: qonnxDomains,
  summary: "QONNX truncation: the low bits of a code fall away",
  infer: (_node, [x]) => [x],
  expand: (node, builder) => {
    const { add } = builder;
    const [x, scale, zeroPoint] = node.inputs;
    const shifted = isZero(zeroPoint, builder)
      ? add("Div", [x, scale])
      : add("Add", [add("Div", [x, scale]), zeroPoint]);
    const rounded = add("Round", [shifted]);
    if (node.inputs.length > 5) truncateAndClip(node, rounded, builder);
    else truncate(node, rounded, builder);
  },
});

function truncate(node: GraphNode, code: string, builder: ExpandContext): void {
  const { add } = builder;
  const [, scale, zeroPoint] = node.inputs;
  const dropped =
    constantNumber(node, 3, "input bit width", builder) -
    constantNumber(node, 4, "output bit width", builder);
  const shortened = roundingOf(
    node,
    "FLOOR",
    builder,
  )(add("Div", [code, number(2 ** dropped, builder)]));
  const back = isZero(zeroPoint, builder) ? shortened : add("Sub", [shortened, zeroPoint]);
  add("Mul", [back, scale], {}, node.outputs[0]);
}

function truncateAndClip(node: GraphNode, code: string, builder: ExpandContext): void {
  const { add } = builder;
  const [, , zeroPoint, , outputScale] = node.inputs;
  const ratio =
    constantNumber(node, 4, "output scale", builder) / constantNumber(node, 1, "scale", builder);
  const factor = number(2 ** Math.round(Math.log2(ratio)), builder);
  const bits = constantNumber(node, 6, "output bit width", builder);
  const { minimum, maximum } = codeRange(
    bits,
    intAttribute(node, "signed", 1) === 1,
    intAttribute(node, "narrow", 0) === 1,
  );
  const clipped = add("Clip", [
    add("Div", [code, factor]),
    number(minimum, builder),
    number(maximum, builder),
  ]);
  const shortened = roundingOf(node, "FLOOR", builder)(clipped);
  const back = isZero(zeroPoint, builder)
    ? shortened
    : add("Sub", [shortened, add("Div", [zeroPoint, factor])]);
  add("Mul", [back, outputScale], {}, node.outputs[0]);
}

function number(value: number, builder: ExpandContext): string {
  return builder.constant(tensor("float32", [], Float32Array.of(value)));
}
