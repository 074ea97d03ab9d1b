import type { Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import { layerId } from "../../compiler/ir/network.ts";
import type { ElementType } from "../../compiler/ir/tensor.ts";
import type { MatrixNode } from "./matrix-node.ts";
import type { Builder } from "./reference-builder.ts";
import { addNode, castTo, constantVector, transposed } from "./reference-builder.ts";
import { afterSum, sumScale } from "./reference-chain.ts";
import type { MatrixChoice, ReferenceLayer } from "./reference-layer.ts";
import { convolve, EXACT_FLOAT32, multiply } from "./reference-product.ts";
import type { CodedWeights } from "./weights.ts";

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

/** The value of the codes behind a data operand: itself where real values are the codes. */
function codesValue(matrix: MatrixNode, domain: MatrixChoice["domain"], builder: Builder): ValueId {
  const known = builder.codesOf.get(matrix.data);
  if (known) return known;
  const rounded = roundedBehind(matrix.data, domain, builder);
  if (rounded !== null) {
    builder.codesOf.set(matrix.data, rounded);
    return rounded;
  }
  const from = builder.values.get(matrix.data);
  const type: ValueType = { type: "float32", shape: from?.shape ?? null };
  let value = matrix.data;
  if (from && from.type !== "float32") {
    value = addNode(builder, "Cast", [value], `${matrix.data}/float`, type, castTo("float32"));
  }
  if (domain.offset !== 0) {
    const offset = constantVector(builder, `${matrix.data}/offset`, Float32Array.of(domain.offset));
    value = addNode(builder, "Sub", [value, offset], `${matrix.data}/centred`, type);
  }
  if (domain.scale !== 1 || domain.offset !== 0) {
    const scale = constantVector(builder, `${matrix.data}/scale`, Float32Array.of(domain.scale));
    const quotient = addNode(builder, "Div", [value, scale], `${matrix.data}/quotient`, type);
    value = addNode(builder, "Round", [quotient], `${matrix.data}/codes`, type);
  }
  builder.codesOf.set(matrix.data, value);
  return value;
}

/** The whole numbers that are multiplied by the scale and nothing else to make a value; null where they are not at hand. */
function roundedBehind(
  value: ValueId,
  { scale, offset }: MatrixChoice["domain"],
  { nodes, constants, values }: Builder,
): ValueId | null {
  const made = nodes.find((node) => node.outputs[0] === value);
  if (made?.op !== "Mul" || made.domain !== "" || offset !== 0) return null;
  const [codes, factor] = constants.has(made.inputs[0]) ? [...made.inputs].reverse() : made.inputs;
  const by = constants.get(factor);
  const rounds = nodes.some((node) => node.op === "Round" && node.outputs[0] === codes);
  const isPlain = by?.data.length === 1 && Number(by.data[0]) === scale;
  return isPlain && rounds && values.get(codes)?.type === "float32" ? codes : null;
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
