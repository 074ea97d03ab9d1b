import { XbcError } from "../../compiler/errors.ts";
import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { CodeRange, LayerId, WindowAccess } from "../../compiler/ir/network.ts";
import { layerId } from "../../compiler/ir/network.ts";
import type { ElementType, Tensor } from "../../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import type { Domain } from "./domain.ts";
import type { MatrixNode } from "./matrix-nodes.ts";
import type { CodedWeights } from "./weights.ts";

/** A matrix layer as the reference graph holds it: codes in, exact integer sums out. */
export interface ReferenceLayer {
  readonly id: LayerId;
  readonly op: string;
  /** integer-valued float: the activations' codes, [… x inputs], or [channels, …pixels] of a window */
  readonly codesValue: ValueId;
  /** integer-valued float32 (float64 where |n| may reach 2^24): [… x outputs], or [outputs, …positions] of a window */
  readonly sumValue: ValueId;
  readonly weightsValue: ValueId;
  readonly weights: CodedWeights;
  readonly range: CodeRange;
  readonly scale: Float32Array;
  /** largest |n| */
  readonly bound: number;
  readonly window: WindowAccess | null;
}

export interface MatrixChoice {
  readonly matrix: MatrixNode;
  readonly weights: CodedWeights;
  readonly domain: NonNullable<Domain["codes"]>;
}

/** Integers up to 2^24 are exact in float32. */
const EXACT_FLOAT32 = 2 ** 24;

/**
 * The graph in which each chosen matrix node is integer codes times integer codes, times its scale, plus
 * its constants; every other node stands as the model wrote it. The codes of the weights are left out:
 * `weightsValue` names the constant [inputs x outputs] that holds them.
 */
export function referenceGraph(
  graph: Graph,
  choices: ReadonlyMap<GraphNode, MatrixChoice>,
): { readonly graph: Graph; readonly layers: readonly ReferenceLayer[] } {
  const build = new Map<ValueId, ValueType>(graph.values);
  const constants = new Map(graph.constants);
  const nodes: GraphNode[] = [];
  const layers: ReferenceLayer[] = [];
  const codesOf = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    const choice = choices.get(node);
    if (!choice) {
      nodes.push(node);
      continue;
    }
    constants.delete(choice.matrix.weightsValue);
    layers.push(replaceMatrix(choice, { values: build, constants, nodes, codesOf }));
  }
  const read = new Set([...graph.outputs, ...nodes.flatMap((node) => node.inputs)]);
  for (const [id, constant] of graph.constants) if (read.has(id)) constants.set(id, constant);
  return { graph: { ...graph, nodes, values: build, constants }, layers };
}

interface Builder {
  readonly values: Map<ValueId, ValueType>;
  readonly constants: Map<ValueId, Tensor>;
  readonly nodes: GraphNode[];
  readonly codesOf: Map<ValueId, ValueId>;
}

function add(
  builder: Builder,
  op: string,
  inputs: readonly ValueId[],
  output: ValueId,
  type: ValueType,
  attributes: Readonly<Record<string, Attribute>> = {},
): ValueId {
  builder.nodes.push({
    name: output,
    op,
    domain: "",
    inputs,
    outputs: [output],
    attributes: new Map(Object.entries(attributes)),
  });
  builder.values.set(output, type);
  return output;
}

/** A number, or one per output: on the last axis, or before `inner` axes of positions. */
function constantVector(
  builder: Builder,
  name: ValueId,
  values: Float32Array | Float64Array,
  inner = 0,
): ValueId {
  const type = values instanceof Float32Array ? "float32" : "float64";
  const shape = values.length === 1 ? [] : [values.length, ...Array<number>(inner).fill(1)];
  builder.constants.set(name, tensor(type, shape, values));
  builder.values.set(name, { type, shape });
  return name;
}

const cast = (to: ElementType): Record<string, Attribute> => ({
  to: { kind: "int", value: to === "float64" ? 11 : 1 },
});

function replaceMatrix(
  { matrix, weights, domain }: MatrixChoice,
  builder: Builder,
): ReferenceLayer {
  const { node } = matrix;
  const id = layerId(node.name);
  const { outputs } = weights.codes;
  const bound = sumBound(weights, domain.range);
  const wide = bound >= EXACT_FLOAT32;
  const type: ElementType = wide ? "float64" : "float32";

  let codes = codesValue(matrix, domain, builder);
  if (matrix.transposeData || matrix.weightsFirst)
    codes = transposed(codes, `${id}/codes-transposed`, builder);
  const shape = builder.values.get(codes)?.shape ?? null;
  const lead = shape?.slice(0, -1) ?? null;
  const out: ValueType = matrix.window
    ? { type, shape: builder.values.get(node.outputs[0])?.shape ?? null }
    : { type, shape: lead ? [...lead, outputs] : null };

  const weightsValue = `${id}/weight-codes`;
  const product = { id, codes, weightsValue, wide, out, weights, range: domain.range };
  const sumValue = matrix.window
    ? convolve({ ...product, window: matrix.window }, builder)
    : multiply({ ...product, shape }, builder);
  const scale = sumScale(weights, domain.scale * matrix.alpha);
  afterSum({ matrix, weights, domain, builder, id, sumValue, scale, out, wide });
  return {
    id,
    op: node.op,
    codesValue: codes,
    sumValue,
    weightsValue,
    weights,
    range: domain.range,
    scale,
    bound,
    window: matrix.window,
  };
}

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
function multiply(
  { id, codes, weightsValue, wide, out, weights, shape }: Product & Pick<ValueType, "shape">,
  builder: Builder,
): ValueId {
  const { type } = out;
  const { inputs, outputs } = weights.codes;
  builder.values.set(weightsValue, { type, shape: [inputs, outputs] });
  const meets = wide
    ? add(builder, "Cast", [codes], `${id}/codes-wide`, { type, shape }, cast(type))
    : codes;
  return add(builder, "MatMul", [meets, weightsValue], `${id}/sum`, out);
}

/**
 * The convolution of codes with codes. Where sums may reach 2^24, which float32 does not hold and ONNX's Conv has no
 * float64 for, the weights are cut into parts of few bits, w = Σ part·2^(bits·k), whose sums float32 holds, and the
 * parts' sums are added in float64.
 * @throws NOT_ENCODABLE where not even parts of one bit fit
 */
function convolve(product: Product & { readonly window: WindowAccess }, builder: Builder): ValueId {
  const { id, codes, weightsValue, wide, out, weights, window } = product;
  const { inputs, outputs } = weights.codes;
  const shape = [outputs, window.channels / window.groups, ...window.kernel];
  const float: ValueType = { type: "float32", shape };
  builder.values.set(weightsValue, float);
  const attributes = windowAttributes(window);
  const conv = (part: ValueId, name: ValueId) =>
    add(builder, "Conv", [codes, part], name, { ...out, type: "float32" }, attributes);
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
      add(builder, op, inputs, name(what), float);
    // the part below 2^bits is never negative: floor, not truncation, is what leaves the rest
    const above = isLast ? rest : step("Floor", [step("Div", [rest, base], "quotient")], "above");
    const part = isLast ? rest : step("Sub", [rest, step("Mul", [above, base], "high")], "part");
    const exact = add(
      builder,
      "Cast",
      [conv(part, name("sum"))],
      name("wide"),
      out,
      cast("float64"),
    );
    const weight = constantVector(builder, name("weight"), Float64Array.of(2 ** (bits * k)));
    const term = add(builder, "Mul", [exact, weight], name("term"), out);
    const total: ValueId = isLast ? `${id}/sum` : name("total");
    sum =
      sum === null
        ? isLast
          ? add(builder, "Identity", [term], total, out)
          : term
        : add(builder, "Add", [sum, term], total, out);
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

/** The value of the codes behind a data operand: itself where real values are the codes. */
function codesValue(matrix: MatrixNode, domain: MatrixChoice["domain"], builder: Builder): ValueId {
  const known = builder.codesOf.get(matrix.data);
  if (known) return known;
  const from = builder.values.get(matrix.data);
  const type: ValueType = { type: "float32", shape: from?.shape ?? null };
  let value = matrix.data;
  if (from && from.type !== "float32") {
    value = add(builder, "Cast", [value], `${matrix.data}/float`, type, cast("float32"));
  }
  if (domain.offset !== 0) {
    const offset = constantVector(builder, `${matrix.data}/offset`, Float32Array.of(domain.offset));
    value = add(builder, "Sub", [value, offset], `${matrix.data}/centred`, type);
  }
  if (domain.scale !== 1 || domain.offset !== 0) {
    const scale = constantVector(builder, `${matrix.data}/scale`, Float32Array.of(domain.scale));
    const quotient = add(builder, "Div", [value, scale], `${matrix.data}/quotient`, type);
    value = add(builder, "Round", [quotient], `${matrix.data}/codes`, type);
  }
  builder.codesOf.set(matrix.data, value);
  return value;
}

function transposed(value: ValueId, name: ValueId, builder: Builder): ValueId {
  const type = builder.values.get(value);
  const shape = type?.shape ? [...type.shape].reverse() : null;
  return add(builder, "Transpose", [value], name, { type: type?.type ?? "float32", shape });
}

/**
 * Largest |n| that a row of any weights of the alphabet can give, at least 1: a misread cell adds what its stored
 * weight would not, so that chains are asked about these sums too.
 */
function sumBound({ codes }: CodedWeights, range: CodeRange): number {
  const input = Math.max(Math.abs(range.minimum), Math.abs(range.maximum));
  const weight = Math.max(...codes.alphabet.levels.map(Math.abs));
  return Math.max(1, codes.inputs * weight * input);
}

/** fround(weight scale · activation scale · alpha), one or one per output. */
function sumScale(weights: CodedWeights, factor: number): Float32Array {
  return Float32Array.from(weights.scale, (s) => s * factor);
}

/** Scale, the share of an activation offset, and Gemm's bias, in that order; the last has the node's own output name. */
function afterSum(layer: {
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
    value = add(
      builder,
      "Mul",
      [value, constantVector(builder, `${id}/scale`, factors, inner)],
      `${id}/scaled`,
      out,
    );
  }
  if (wide) value = add(builder, "Cast", [value], `${id}/rounded`, float, cast("float32"));
  if (layer.domain.offset !== 0) {
    const share = constantVector(builder, `${id}/offset-share`, offsetShare(layer), inner);
    value = add(builder, "Add", [value, share], `${id}/with-offset`, float);
  }
  if (matrix.weightsFirst) value = transposed(value, `${id}/untransposed`, builder);
  if (type === "float64") {
    const wider: ValueType = { ...(builder.values.get(value) ?? float), type };
    value = add(builder, "Cast", [value], `${id}/double`, wider, cast(type));
  }
  if (matrix.bias) {
    const bias = inner === 0 ? matrix.bias : alignedBias(matrix.bias, id, inner, builder);
    value = addBias(bias, value, id, { ...float, type }, builder);
  }
  add(builder, "Identity", [value], output, { ...(builder.values.get(output) ?? float), type });
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
    value: add(builder, "Unsqueeze", [bias.value, axes], column, { type: "float32", shape }),
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
  if (bias.beta === 1) return add(builder, "Add", [value, bias.value], `${id}/biased`, type);
  if (constant) {
    const values = toNumbers(constant).map((c) => c * bias.beta);
    const data = type.type === "float64" ? values : Float32Array.from(values);
    builder.constants.set(`${id}/bias`, tensor(type.type, constant.shape, data));
    builder.values.set(`${id}/bias`, { type: type.type, shape: constant.shape });
    return add(builder, "Add", [value, `${id}/bias`], `${id}/biased`, type);
  }
  const factor = type.type === "float64" ? Float64Array.of(bias.beta) : Float32Array.of(bias.beta);
  const beta = constantVector(builder, `${id}/beta`, factor);
  const scaled = add(builder, "Mul", [bias.value, beta], `${id}/bias`, type);
  return add(builder, "Add", [value, scaled], `${id}/biased`, type);
}
