import type { ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { LayerId } from "../../compiler/ir/network.ts";
import type { ElementType } from "../../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import type { MatrixNode } from "./matrix-node.ts";
import type { Builder } from "./reference-builder.ts";
import { addNode, castTo, constantVector, transposed } from "./reference-builder.ts";
import type { MatrixChoice } from "./reference-layer.ts";
import type { CodedWeights } from "./weights.ts";

/** fround(weight scale · activation scale · alpha), one or one per output. */
export function sumScale(weights: CodedWeights, factor: number): Float32Array {
  return Float32Array.from(weights.scale, (s) => s * factor);
}

/** Scale, the share of an activation offset, and Gemm's bias, in that order; the last has the node's own output name. */
export function afterSum(layer: {
  readonly matrix: MatrixNode;
  readonly weights: CodedWeights;
  readonly domain: MatrixChoice["domain"];
  readonly builder: Builder;
  readonly id: LayerId;
  readonly sumValue: ValueId;
  readonly scale: Float32Array;
  readonly out: ValueType;
  readonly wide: boolean;
}): void {
  const { matrix, builder, id, sumValue, scale, out, wide } = layer;
  const output = matrix.node.outputs[0];
  // a model in float64 goes on so behind its sums
  const type: ElementType = builder.values.get(output)?.type === "float64" ? "float64" : "float32";
  const float: ValueType = { ...out, type: "float32" };
  const inner = matrix.window ? matrix.window.kernel.length : 0;
  let value = sumValue;
  if (scale.some((s) => s !== 1)) {
    const factors = wide ? Float64Array.from(scale) : scale;
    value = addNode(
      builder,
      "Mul",
      [value, constantVector(builder, `${id}/scale`, factors, inner)],
      `${id}/scaled`,
      out,
    );
  }
  if (wide) value = addNode(builder, "Cast", [value], `${id}/rounded`, float, castTo("float32"));
  if (layer.domain.offset !== 0) {
    const share = constantVector(builder, `${id}/offset-share`, offsetShare(layer), inner);
    value = addNode(builder, "Add", [value, share], `${id}/with-offset`, float);
  }
  if (matrix.weightsFirst) value = transposed(value, `${id}/untransposed`, builder);
  if (type === "float64") {
    const wider: ValueType = { ...(builder.values.get(value) ?? float), type };
    value = addNode(builder, "Cast", [value], `${id}/double`, wider, castTo(type));
  }
  if (matrix.bias) {
    const bias = inner === 0 ? matrix.bias : alignedBias(matrix.bias, id, inner, builder);
    value = addBias(bias, value, id, { ...float, type }, builder);
  }
  addNode(builder, "Identity", [value], output, { ...(builder.values.get(output) ?? float), type });
}

/** offset · Σ_i w(o, i): what activations' common offset adds to output o. */
function offsetShare({
  weights,
  domain,
  matrix,
}: {
  readonly weights: CodedWeights;
  readonly domain: MatrixChoice["domain"];
  readonly matrix: MatrixNode;
}): Float32Array {
  const { codes, scale } = weights;
  return Float32Array.from({ length: codes.outputs }, (_, o) => {
    let sum = 0;
    for (let i = o * codes.inputs; i < (o + 1) * codes.inputs; i++) sum += codes.data[i];
    return domain.offset * matrix.alpha * (scale.length === 1 ? scale[0] : scale[o]) * sum;
  });
}

/** A convolution's bias [outputs] in front of the axes of positions. */
function alignedBias(
  bias: NonNullable<MatrixNode["bias"]>,
  id: LayerId,
  inner: number,
  builder: Builder,
): NonNullable<MatrixNode["bias"]> {
  const column = `${id}/bias-column`;
  const ones = Array<number>(inner).fill(1);
  const constant = builder.constants.get(bias.value);
  if (constant) {
    const shape = [...constant.shape, ...ones];
    builder.constants.set(column, { ...constant, shape });
    builder.values.set(column, { type: "float32", shape });
    return { ...bias, value: column };
  }
  const axes = `${id}/bias-axes`;
  const places = BigInt64Array.from(ones, (_, k) => BigInt(k + 1));
  builder.constants.set(axes, tensor("int64", [inner], places));
  builder.values.set(axes, { type: "int64", shape: [inner] });
  const known = builder.values.get(bias.value)?.shape;
  const shape = known ? [...known, ...ones] : null;
  return {
    ...bias,
    value: addNode(builder, "Unsqueeze", [bias.value, axes], column, { type: "float32", shape }),
  };
}

function addBias(
  bias: { readonly value: ValueId; readonly beta: number },
  value: ValueId,
  id: LayerId,
  type: ValueType,
  builder: Builder,
): ValueId {
  const constant = builder.constants.get(bias.value);
  if (bias.beta === 1) return addNode(builder, "Add", [value, bias.value], `${id}/biased`, type);
  if (constant) {
    const values = toNumbers(constant).map((c) => c * bias.beta);
    const data = type.type === "float64" ? values : Float32Array.from(values);
    builder.constants.set(`${id}/bias`, tensor(type.type, constant.shape, data));
    builder.values.set(`${id}/bias`, { type: type.type, shape: constant.shape });
    return addNode(builder, "Add", [value, `${id}/bias`], `${id}/biased`, type);
  }
  const factor = type.type === "float64" ? Float64Array.of(bias.beta) : Float32Array.of(bias.beta);
  const beta = constantVector(builder, `${id}/beta`, factor);
  const scaled = addNode(builder, "Mul", [bias.value, beta], `${id}/bias`, type);
  return addNode(builder, "Add", [value, scaled], `${id}/biased`, type);
}
