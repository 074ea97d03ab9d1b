import { XbcError } from "../../compiler/errors.ts";
import type { Attribute, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { CodeRange, LayerId, WindowAccess } from "../../compiler/ir/network.ts";
import type { Builder } from "./reference-builder.ts";
import { addNode, castTo, constantVector } from "./reference-builder.ts";
import type { CodedWeights } from "./weights.ts";

/** Integers up to 2^24 are exact in float32. */
export const EXACT_FLOAT32 = 2 ** 24;

interface Product {
  readonly id: LayerId;
  readonly codes: ValueId;
  readonly weightsValue: ValueId;
  readonly wide: boolean;
  readonly out: ValueType;
  readonly weights: CodedWeights;
  readonly range: CodeRange;
}

/** Codes times codes on the last axis, in float64 where sums may reach 2^24. */
export function multiply(
  { id, codes, weightsValue, wide, out, weights, shape }: Product & Pick<ValueType, "shape">,
  builder: Builder,
): ValueId {
  const { type } = out;
  const { inputs, outputs } = weights.codes;
  builder.values.set(weightsValue, { type, shape: [inputs, outputs] });
  const meets = wide
    ? addNode(builder, "Cast", [codes], `${id}/codes-wide`, { type, shape }, castTo(type))
    : codes;
  return addNode(builder, "MatMul", [meets, weightsValue], `${id}/sum`, out);
}

/**
 * The convolution of codes with codes. Where sums may reach 2^24, which float32 does not hold and ONNX's Conv has no
 * float64 for, the weights are cut into parts of few bits, w = Σ part·2^(bits·k), whose sums float32 holds, and the
 * parts' sums are added in float64.
 * @throws NOT_ENCODABLE where not even parts of one bit fit
 */
export function convolve(
  product: Product & { readonly window: WindowAccess },
  builder: Builder,
): ValueId {
  const { id, codes, weightsValue, wide, out, weights, window } = product;
  const { inputs, outputs } = weights.codes;
  const shape = [outputs, window.channels / window.groups, ...window.kernel];
  const float: ValueType = { type: "float32", shape };
  builder.values.set(weightsValue, float);
  const attributes = windowAttributes(window);
  const conv = (part: ValueId, name: ValueId) =>
    addNode(builder, "Conv", [codes, part], name, { ...out, type: "float32" }, attributes);
  if (!wide) return conv(weightsValue, `${id}/sum`);
  const bits = partBits(product, inputs);
  const scalar = (name: string, value: number) =>
    constantVector(builder, `${id}/${name}`, Float32Array.of(value));
  const base = scalar("part-base", 2 ** bits);
  const parts = Math.ceil(widthOf(weights) / bits);
  let rest = weightsValue;
  let sum: ValueId | null = null;
  for (let k = 0; k < parts; k++) {
    const isLast = k === parts - 1;
    const name = (what: string) => `${id}/${what}-${k}`;
    const step = (op: string, inputs: readonly ValueId[], what: string) =>
      addNode(builder, op, inputs, name(what), float);
    // the part below 2^bits is never negative: floor, not truncation, is what leaves the rest
    const above = isLast ? rest : step("Floor", [step("Div", [rest, base], "quotient")], "above");
    const part = isLast ? rest : step("Sub", [rest, step("Mul", [above, base], "high")], "part");
    const exact = addNode(
      builder,
      "Cast",
      [conv(part, name("sum"))],
      name("wide"),
      out,
      castTo("float64"),
    );
    const weight = constantVector(builder, name("weight"), Float64Array.of(2 ** (bits * k)));
    const term = addNode(builder, "Mul", [exact, weight], name("term"), out);
    const total: ValueId = isLast ? `${id}/sum` : name("total");
    sum =
      sum === null
        ? isLast
          ? addNode(builder, "Identity", [term], total, out)
          : term
        : addNode(builder, "Add", [sum, term], total, out);
    rest = above;
  }
  return sum ?? rest;
}

/** Bits of a part of the weights whose sums stay below 2^24. */
function partBits({ id, range }: Product, inputs: number): number {
  const largest = inputs * Math.max(Math.abs(range.minimum), Math.abs(range.maximum));
  const bits = Math.floor(Math.log2(EXACT_FLOAT32 / largest));
  if (bits >= 1) return bits;
  throw new XbcError(
    "NOT_ENCODABLE",
    `layer ${id}: needs sums of ${inputs} activations below 2^23, found activations of ${range.minimum} to ${range.maximum}; ` +
      "quantize them to fewer bits",
  );
}

/** Bits of a weight in two's complement. */
function widthOf({ codes }: CodedWeights): number {
  const { levels } = codes.alphabet;
  const largest = Math.max(levels[levels.length - 1] + 1, -levels[0]);
  return Math.ceil(Math.log2(largest)) + 1;
}

function windowAttributes(window: WindowAccess): Readonly<Record<string, Attribute>> {
  const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
  return {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints(window.pads),
    group: { kind: "int", value: window.groups },
  };
}
