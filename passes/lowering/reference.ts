import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { CodeRange, LayerId } from "../../compiler/ir/network.ts";
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
  /** integer-valued float: the activations' codes, [… x inputs] */
  readonly codesValue: ValueId;
  /** integer-valued float32 (float64 where |n| may reach 2^24): [… x outputs] */
  readonly sumValue: ValueId;
  readonly weightsValue: ValueId;
  readonly weights: CodedWeights;
  readonly range: CodeRange;
  readonly scale: Float32Array;
  /** largest |n| */
  readonly bound: number;
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

function constantVector(
  builder: Builder,
  name: ValueId,
  values: Float32Array | Float64Array,
): ValueId {
  const type = values instanceof Float32Array ? "float32" : "float64";
  const shape = values.length === 1 ? [] : [values.length];
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
  const { outputs, inputs } = weights.codes;
  const bound = sumBound(weights, domain.range);
  const wide = bound >= EXACT_FLOAT32;
  const type: ElementType = wide ? "float64" : "float32";

  let codes = codesValue(matrix, domain, builder);
  if (matrix.transposeData || matrix.weightsFirst)
    codes = transposed(codes, `${id}/codes-transposed`, builder);
  const shape = builder.values.get(codes)?.shape ?? null;
  const lead = shape?.slice(0, -1) ?? null;
  const out: ValueType = { type, shape: lead ? [...lead, outputs] : null };

  const weightsValue = `${id}/weight-codes`;
  builder.values.set(weightsValue, { type, shape: [inputs, outputs] });
  const meets = wide
    ? add(builder, "Cast", [codes], `${id}/codes-wide`, { type, shape }, cast(type))
    : codes;
  const sumValue = add(builder, "MatMul", [meets, weightsValue], `${id}/sum`, out);
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
  const float: ValueType = { ...out, type: "float32" };
  let value = sumValue;
  if (scale.some((s) => s !== 1)) {
    const factors = wide ? Float64Array.from(scale) : scale;
    value = add(
      builder,
      "Mul",
      [value, constantVector(builder, `${id}/scale`, factors)],
      `${id}/scaled`,
      out,
    );
  }
  if (wide) value = add(builder, "Cast", [value], `${id}/rounded`, float, cast("float32"));
  if (layer.domain.offset !== 0) {
    const share = constantVector(builder, `${id}/offset-share`, offsetShare(layer));
    value = add(builder, "Add", [value, share], `${id}/with-offset`, float);
  }
  if (matrix.weightsFirst) value = transposed(value, `${id}/untransposed`, builder);
  if (matrix.bias) value = addBias(matrix.bias, value, id, float, builder);
  const output = matrix.node.outputs[0];
  const type = builder.values.get(output) ?? float;
  add(builder, "Identity", [value], output, { ...type, type: "float32" });
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
    const scaled = tensor(
      "float32",
      constant.shape,
      Float32Array.from(toNumbers(constant), (c) => c * bias.beta),
    );
    builder.constants.set(`${id}/bias`, scaled);
    builder.values.set(`${id}/bias`, { type: "float32", shape: constant.shape });
    return add(builder, "Add", [value, `${id}/bias`], `${id}/biased`, type);
  }
  const beta = constantVector(builder, `${id}/beta`, Float32Array.of(bias.beta));
  const scaled = add(builder, "Mul", [bias.value, beta], `${id}/bias`, type);
  return add(builder, "Add", [value, scaled], `${id}/biased`, type);
}
