import type { ExpandContext } from "../define.ts";
import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { Attribute, GraphNode, ValueId } from "../ir/graph.ts";
import { dataTypes } from "../onnx/element-type.ts";
import conv from "./conv.ts";
import matmul from "./matmul.ts";

/**
 * Products of quantized operands as products of real numbers between quantizers, so that they are lowered like any
 * other. Sums up to 2^24 are exact in float32.
 * Source: ONNX, ConvInteger, MatMulInteger, QLinearConv, QLinearMatMul.
 */
export default defineOperator({
  ops: ["ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"],
  domains: [""],
  summary: "Convolution and matrix product of integers with zero points",
  infer: (node, inputs, constant) => {
    const infer = node.op.includes("Conv") ? conv.infer : matmul.infer;
    return infer?.(node, inputs, constant) ?? [null];
  },
  expand: (node, builder) => {
    requireInputs(node, node.op.startsWith("QLinear") ? 8 : 2);
    if (node.op.startsWith("QLinear")) expandQuantized(node, builder);
    else expandInteger(node, builder);
  },
});

/** @throws BAD_MODEL for a node that lacks one of its first inputs, which ONNX does not let it do without */
function requireInputs({ name, op, inputs }: GraphNode, count: number): void {
  const found = inputs.slice(0, count).filter((input) => input !== "").length;
  if (found === count) return;
  throw new XbcError(
    "BAD_MODEL",
    `node "${name}" (${op}): needs ${count} inputs, found ${found}; export the model again`,
  );
}

const productOf = ({ op }: GraphNode): string => (op.includes("Conv") ? "Conv" : "MatMul");

/** (a − zero of a) · (b − zero of b), as int32 */
function expandInteger(node: GraphNode, builder: ExpandContext): void {
  const [a, b, zeroOfA, zeroOfB] = node.inputs;
  const product = builder.add(
    productOf(node),
    [centred(a, zeroOfA, builder), centred(b, zeroOfB, builder)],
    attributesOf(node),
  );
  builder.add("Cast", [product], { to: dataTypes.int32 }, node.outputs[0]);
}

function centred(value: ValueId, zero: ValueId | undefined, { add }: ExpandContext): ValueId {
  const real = add("Cast", [value], { to: dataTypes.float32 });
  return zero ? add("Sub", [real, add("Cast", [zero], { to: dataTypes.float32 })]) : real;
}

/** The product of the dequantized operands, its bias of scale (of a)·(of b), quantized again. */
function expandQuantized(node: GraphNode, builder: ExpandContext): void {
  const { add } = builder;
  const [a, scaleOfA, zeroOfA, b, scaleOfB, zeroOfB, scale, zero, bias] = node.inputs;
  const isConv = productOf(node) === "Conv";
  const x = add("DequantizeLinear", [a, scaleOfA, zeroOfA]);
  // one scale for each output: filters come first, columns of a matrix last
  const w = add("DequantizeLinear", [b, scaleOfB, zeroOfB], { axis: isConv ? 0 : 1 });
  const operands = [x, w];
  if (bias)
    operands.push(add("DequantizeLinear", [bias, add("Mul", [scaleOfA, scaleOfB])], { axis: 0 }));
  const product = add(productOf(node), operands, attributesOf(node));
  add("QuantizeLinear", [product, scale, zero], {}, node.outputs[0]);
}

/** The node's own attributes, as the builder takes them. */
function attributesOf({
  attributes,
}: GraphNode): Record<string, number | string | readonly number[]> {
  const plain = (attribute: Attribute) =>
    attribute.kind === "tensor" || attribute.kind === "graph" || attribute.kind === "strings"
      ? []
      : attribute.value;
  return Object.fromEntries([...attributes].map(([name, attribute]) => [name, plain(attribute)]));
}
