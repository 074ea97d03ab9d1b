import type { PassContext, TargetSpec } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { parseTransform } from "../compiler/input-transform.ts";
import type { Dimension, Graph, GraphNode } from "../compiler/ir/graph.ts";
import type {
  Alphabet,
  InputTransform,
  LayerId,
  NetworkInput,
  QuantizedNetwork,
  ReferenceWeight,
} from "../compiler/ir/network.ts";
import { bufferId } from "../compiler/ir/network.ts";
import { isPadded } from "../compiler/ir/window.ts";
import { cutAtMatrices, hasBatch, sampleShape } from "./lowering/cut.ts";
import type { Domain } from "./lowering/domain.ts";
import { drawnInputOf } from "./lowering/drawn-input.ts";
import { domainsOf } from "./lowering/graph-domains.ts";
import { inputDomain } from "./lowering/input-transform.ts";
import type { MatrixNode } from "./lowering/matrix-node.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";
import { presentedBits } from "./lowering/present-network.ts";
import { referenceGraph } from "./lowering/reference.ts";
import type { MatrixChoice } from "./lowering/reference-layer.ts";
import {
  alphabetsUpTo,
  offeredPrecisions,
  smallestAlphabet,
  targetAlphabet,
} from "./lowering/target-alphabet.ts";
import { recognizeLevels, recognizeWeights } from "./lowering/weights.ts";
import { unknownOperator, whyFloat } from "./lowering/why-float.ts";

export default definePass({
  name: "lower",
  summary: "Cut the graph into matrix layers on integer codes and float subgraphs between them",
  from: "graph",
  to: "network",
  meaning: "exact",
  run: async (graph, context) => lower(graph, context),
});

function lower(graph: Graph, context: PassContext): QuantizedNetwork {
  refuseForeign(graph);
  refuseEmptyInputs(graph);
  const transform = parseTransform(context.options.inputTransform);
  const choices = chooseMatrices(graph, transform, context);
  refuseUnmadeOutputs(graph);
  const batched = isBatched(graph, choices.values());
  if (!batched) refuseUnbatchedWindows(graph, choices.values());
  const reference = referenceGraph(graph, choices);
  const inputs = networkInputs(reference.graph, transform, batched);
  const bits = presentedBits(graph, domainsOf(graph, inputDomains(graph, transform)));
  const domains = domainsOf(reference.graph, inputDomains(graph, transform));
  const cut = cutAtMatrices(reference.graph, reference.layers, inputs, bits, domains);
  const referenceWeights = new Map<LayerId, ReferenceWeight>(
    reference.layers.map((layer) => [
      layer.id,
      { value: layer.weightsValue, transposed: layer.window === null },
    ]),
  );
  return {
    inputs,
    outputs: graph.outputs.map((name) => ({ name, buffer: bufferId(name) })),
    ...cut,
    reference: reference.graph,
    referenceWeights,
    warnings: [...graph.warnings, ...doubleWarning(graph)],
    assumptions: [],
  };
}

/** @throws UNSUPPORTED for an operator that nothing could execute */
function refuseForeign(graph: Graph): void {
  const node = unknownOperator(graph);
  if (node === null) return;
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}": needs an operator that xbc or onnxruntime knows, found ${node.domain}.${node.op}; export the model with standard operators`,
  );
}

/** @throws UNSUPPORTED for an input that holds nothing */
function refuseEmptyInputs({ inputs, values }: Graph): void {
  const empty = inputs.find((input) => values.get(input)?.shape?.includes(0));
  if (empty === undefined) return;
  throw new XbcError(
    "UNSUPPORTED",
    `input ${empty}: needs at least one element, found [${values.get(empty)?.shape?.join(", ")}]; export the model for inputs that hold some`,
  );
}

/**
 * Whether samples stand in front: every input begins with a free batch, or with a 1 that the values that meet a matrix
 * and the outputs keep. Else a sample is all that the inputs hold.
 */
function isBatched(graph: Graph, choices: Iterable<MatrixChoice>): boolean {
  const lead = (id: string) => graph.values.get(id)?.shape?.at(0);
  if (!graph.inputs.every((input) => hasBatch(graph, input))) return false;
  if (!graph.inputs.some((input) => lead(input) === 1)) return true;
  const isKept = (size: Dimension | undefined) => typeof size !== "number" || size === 1;
  // what is transposed before it meets its weights has the batch at its end
  const read = [...choices].map(({ matrix: { data, transposeData, weightsFirst } }) =>
    graph.values.get(data)?.shape?.at(transposeData || weightsFirst ? -1 : 0),
  );
  return [...graph.outputs.map(lead), ...read].every(isKept);
}

/** @throws UNSUPPORTED for a convolution in a network without a batch */
function refuseUnbatchedWindows(graph: Graph, choices: Iterable<MatrixChoice>): void {
  const window = [...choices].find(({ matrix }) => matrix.window !== null);
  if (!window) return;
  const shapes = graph.inputs.map((id) => `${id} [${graph.values.get(id)?.shape?.join(", ")}]`);
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${window.matrix.node.name}: needs the batch as first dimension of every input, a name or 1, found ${shapes.join(", ")}; ` +
      "export the model with inputs of [batch, channels, …]",
  );
}

/** What becomes of float64, which sums on an array are not. */
function doubleWarning({ values, inputs, nodes }: Graph): readonly string[] {
  const isDouble = (id: string) => values.get(id)?.type === "float64";
  return inputs.some(isDouble) || nodes.some((node) => node.outputs.some(isDouble))
    ? [
        "model: inputs and sums of matrix layers are rounded to float32, other float64 operators stay so",
      ]
    : [];
}

/** @throws UNSUPPORTED for an output that no layer makes for each sample: an input, a constant, a name given twice */
function refuseUnmadeOutputs({ inputs, outputs, constants, values }: Graph): void {
  const lead = (id: string) => values.get(id)?.shape?.at(0);
  const hasBatch = inputs.some((id) => typeof lead(id) === "string");
  outputs.forEach((name, k) => {
    const refuse = (found: string) => {
      throw new XbcError(
        "UNSUPPORTED",
        `output "${name}": needs a value that nodes make for each sample, found ${found}; leave it out of the model's outputs`,
      );
    };
    if (inputs.includes(name)) refuse("an input of the model");
    if (constants.has(name)) refuse("a constant");
    if (outputs.indexOf(name) !== k) refuse("a second output of this name");
    const shape = values.get(name)?.shape;
    if (hasBatch && shape && (shape.length === 0 || typeof shape[0] === "number"))
      refuse(`one of shape [${shape.join(", ")}], without the batch in front`);
  });
}

/** Every constant-weight matrix with its codes. @throws NOT_ENCODABLE naming the layer that cannot be put on cells, and what would help */
function chooseMatrices(
  graph: Graph,
  transform: readonly InputTransform[],
  context: PassContext,
): ReadonlyMap<GraphNode, MatrixChoice> {
  const domains = domainsOf(graph, inputDomains(graph, transform));
  const choices = new Map<GraphNode, MatrixChoice>();
  const digital: string[] = [];
  for (const node of graph.nodes) {
    const matrix = matrixNodeOf(graph, node);
    if (matrix) choices.set(node, chooseMatrix(graph, matrix, domains.get(matrix.data), context));
    else if (isUnmapped(graph, node)) digital.push(shownUnmapped(graph, node));
  }
  if (choices.size === 0) {
    const found = digital.length > 0 ? `${digital.join(", ")} alone` : "none";
    const why =
      digital.length > 0
        ? "in this form it is not laid out"
        : "there is nothing to put on an array";
    throw new XbcError(
      "UNSUPPORTED",
      `the model: needs at least one Conv, Gemm or MatMul with constant weights, found ${found}; ${why}`,
    );
  }
  for (const each of digital)
    context.warn(
      `${each} is not laid out on arrays in this form; its weights stay digital, in float`,
    );
  context.progress("lower", choices.size, choices.size);
  return choices;
}

/** Operators whose constant weights belong on an array, in a form that is not laid out. */
const unmapped = new Set(["ConvTranspose", "LSTM", "GRU", "RNN", "MatMul", "Gemm", "Einsum"]);

/**
 * Whether a node that is no matrix has constant weights that stay in float.
 * @throws UNSUPPORTED at a convolution of a form that no window has
 */
function isUnmapped(graph: Graph, node: GraphNode): boolean {
  const [first, ...others] = node.inputs;
  const isConstant = (id: string) => graph.constants.has(id);
  // a product's weights may stand on either side; the third of a Gemm is its bias
  if (node.op === "MatMul" || node.op === "Gemm" || node.op === "Einsum")
    return node.domain === "" && node.inputs.slice(0, 2).filter(isConstant).length === 1;
  if (node.domain !== "" || isConstant(first) || !others.some(isConstant)) return false;
  if (node.op === "Conv") {
    const shape = graph.values.get(node.inputs[0])?.shape;
    throw new XbcError(
      "UNSUPPORTED",
      `layer ${node.name}: needs a convolution over one to three axes of known size behind a free batch, found an input of ` +
        `${shape ? `[${shape.join(", ")}]` : "unknown shape"}; export the model with fixed input sizes`,
    );
  }
  return unmapped.has(node.op);
}

/** layer NAME: OPERATOR of its operands' shapes */
function shownUnmapped(graph: Graph, node: GraphNode): string {
  const shapes = node.inputs
    .slice(0, 2)
    .map((id) => `[${graph.values.get(id)?.shape?.join(", ") ?? "…"}]`);
  return `layer ${node.name}: ${node.op} of ${shapes.join(" and ")}`;
}

/** @throws UNSUPPORTED */
function refuseEmpty({ node, weights: { inputs, outputs } }: MatrixNode): void {
  if (inputs > 0 && outputs > 0) return;
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${node.name}: needs at least one input and one output, found weights of ${inputs} x ${outputs}; remove the layer`,
  );
}

function chooseMatrix(
  graph: Graph,
  matrix: MatrixNode,
  domain: Domain | undefined,
  { target, options }: PassContext,
): MatrixChoice {
  const { node } = matrix;
  refuseEmpty(matrix);
  const found = recognizeWeights(matrix.weights);
  const fitting = found && smallestAlphabet(target, widest(target, options), found.codes);
  const weights = fitting
    ? { ...found, codes: { ...found.codes, alphabet: fitting } }
    : (recognizeAny(matrix.weights, alphabetsUpTo(target, widest(target, options))) ?? found);
  if (!weights) {
    throw new XbcError(
      "NOT_ENCODABLE",
      `layer ${node.name}: needs quantized weights, found floats; use ${offeredPrecisions(target)}`,
    );
  }
  if (!domain?.codes || !(domain.codes.range.maximum - domain.codes.range.minimum < 2 ** 16)) {
    throw new XbcError(
      "NOT_ENCODABLE",
      `layer ${node.name}: needs quantized activations, ${whyFloat(graph, matrix.data)}`,
    );
  }
  const { scale } = domain.codes;
  if (!weights.scale.every((s) => Number.isFinite(Math.fround(s * scale)))) {
    throw new XbcError(
      "NOT_ENCODABLE",
      `layer ${node.name}: needs a finite float32 as real value of its sum 1, found weights of scale ${weights.scale[0]} ` +
        `on activations of scale ${scale}; scale the model's constants`,
    );
  }
  if (matrix.window && domain.codes.offset !== 0 && isPadded(matrix.window)) {
    throw new XbcError(
      "NOT_ENCODABLE",
      `layer ${node.name}: needs activations whose codes hold the 0 of its padding, found ${domain.codes.offset} + ${scale} · code; ` +
        "quantize them with a zero point that is a code",
    );
  }
  return { matrix, weights, domain: domain.codes };
}

/** Weights as levels of the first alphabet that they are levels of. */
function recognizeAny(
  weights: MatrixNode["weights"],
  alphabets: readonly Alphabet[],
): MatrixChoice["weights"] | null {
  for (const alphabet of alphabets) {
    const found = recognizeLevels(weights, alphabet);
    if (found) return found;
  }
  return null;
}

/** The precision up to which codes are held: layers may be kept higher than the one asked for. */
function widest(target: TargetSpec, { precision }: PassContext["options"]): string {
  return /^int[2-8]$/.test(precision) && targetAlphabet(target, "int8") ? "int8" : precision;
}

/** Domains of the network's inputs: what their type says, or what the transform says of bytes. */
export function inputDomains(
  graph: Graph,
  transform: readonly InputTransform[],
): ReadonlyMap<string, Domain> {
  const known = new Map<string, Domain>();
  for (const input of graph.inputs) {
    const domain = inputDomain(transform);
    if (domain && graph.values.get(input)?.type === "float32") known.set(input, domain);
  }
  return known;
}

function networkInputs(
  graph: Graph,
  transform: readonly InputTransform[],
  batched: boolean,
): readonly NetworkInput[] {
  return graph.inputs.map((id) => {
    const { name, drawn } = drawnInputOf(graph, id);
    const type = graph.values.get(id)?.type ?? "float32";
    return {
      name,
      buffer: bufferId(id),
      type: drawn ? (drawn.fullScale === 255 ? "uint8" : "float32") : type,
      // presentations stand as an axis of their own in front of a sample's
      shape:
        drawn?.summed === "outputs"
          ? sampleShape(graph, id, batched).slice(1)
          : sampleShape(graph, name, batched),
      batched,
      transform,
      drawn,
    };
  });
}
