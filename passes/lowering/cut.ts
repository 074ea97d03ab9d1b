import { internal, XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { producers } from "../../compiler/ir/graph.ts";
import type {
  Buffer,
  BufferId,
  CodeMatrix,
  CodeRange,
  DigitalLayer,
  Layer,
  LayerId,
  MatrixLayer,
  NetworkInput,
  Presentation,
  SubgraphLayer,
} from "../../compiler/ir/network.ts";
import { bufferId, layerId, levelsOf, referenceInput } from "../../compiler/ir/network.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { serializeGraph, subgraph } from "../../compiler/onnx/serialize.ts";
import type { Domain } from "./domain.ts";
import type { ReferenceLayer } from "./reference-layer.ts";
import { wholeCodes } from "./whole-codes.ts";

/** A value whose real values are integers of a range. */
export type CodesValue = Pick<ReferenceLayer, "codesValue" | "range">;

/** The layers of a reference graph, in execution order, and the buffers between them. */
export interface Cut {
  readonly layers: readonly Layer[];
  readonly buffers: ReadonlyMap<BufferId, Buffer>;
  readonly weights: ReadonlyMap<LayerId, CodeMatrix>;
  readonly subgraphs: ReadonlyMap<LayerId, Graph>;
}

/**
 * Cuts a reference graph at its matrix layers. What lies between them becomes float subgraphs that end in
 * codes (`subgraph`, then `encode`); the last subgraph makes the network's outputs. The general form of any
 * DAG: `extract-thresholds` then turns the subgraphs that are thresholds into thresholds.
 */
export function cutAtMatrices(
  graph: Graph,
  matrices: readonly ReferenceLayer[],
  inputs: readonly NetworkInput[],
  read: readonly CodesValue[] = [],
  domains: ReadonlyMap<ValueId, Domain> = new Map(),
): Cut {
  const made = producers(graph);
  const sources = new Map<ValueId, BufferId>(
    inputs.map((input) => [referenceInput(input), input.buffer]),
  );
  const layers: Layer[] = [];
  const buffers = new Map<BufferId, Buffer>();
  const weights = new Map<LayerId, CodeMatrix>();
  const subgraphs = new Map<LayerId, Graph>();
  const codes = new Map<ValueId, BufferId>();
  const batched = inputs.every((input) => input.batched);
  const shapeOf = (value: ValueId): readonly number[] => sampleShape(graph, value, batched);
  for (const input of inputs) {
    const type = graph.values.get(referenceInput(input))?.type ?? input.type;
    buffers.set(input.buffer, {
      kind: "float",
      shape: shapeOf(referenceInput(input)),
      type,
    });
  }

  /** A subgraph layer that makes some values from the sources that they need, each in a buffer of its own. */
  const addSubgraph = (
    id: LayerId,
    values: readonly ValueId[],
    suffix: string,
  ): readonly BufferId[] => {
    const needs = sourcesOf(graph, made, sources, values);
    const body = subgraph(graph, needs, values);
    const to = values.map((value) => {
      const buffer = bufferId(`${value}${suffix}`);
      const type = graph.values.get(value)?.type ?? "float32";
      buffers.set(buffer, { kind: "float", shape: shapeOf(value), type });
      return buffer;
    });
    const layer: SubgraphLayer = {
      kind: "subgraph",
      id,
      from: needs.map((need) => sourceBuffer(sources, need)),
      to,
      inputNames: needs,
      outputNames: values,
      anyBatch: batchIsFree(graph, [...needs, ...values]),
      onnx: serializeGraph(body),
    };
    layers.push(layer);
    subgraphs.set(id, body);
    return to;
  };

  const codesOf = wholeCodes(graph, made, domains);
  /**
   * What several sources make is made of the codes on the way that are nearest to it, and not anew of all that those are
   * made of: two values of few codes can then be tabulated.
   */
  const cutAtCodes = (value: ValueId): void => {
    if (sourcesOf(graph, made, sources, [value]).length < 2) return;
    for (const { codesValue, range } of nearestCodes({ graph, made, sources }, codesOf, value))
      sources.set(codesValue, codesBuffer({ codesValue, range }));
  };

  const codesBuffer = (layer: CodesValue): BufferId => {
    const known = codes.get(layer.codesValue);
    if (known) return known;
    if (!sources.has(layer.codesValue)) cutAtCodes(layer.codesValue);
    const direct = sources.get(layer.codesValue);
    const [from] = direct
      ? [direct]
      : addSubgraph(layerId(`${layer.codesValue}/float`), [layer.codesValue], "/float");
    const to = bufferId(`${layer.codesValue}/codes`);
    buffers.set(to, { kind: "codes", shape: shapeOf(layer.codesValue), range: layer.range });
    layers.push(encodeLayer(layer, from, to));
    codes.set(layer.codesValue, to);
    return to;
  };

  for (const reference of matrices) {
    const from = codesBuffer(reference);
    const layer = matrixLayer(reference, from, shapeOf(reference.codesValue));
    buffers.set(layer.to, {
      kind: "sums",
      shape: shapeOf(reference.sumValue),
      bound: reference.bound,
    });
    sources.set(reference.sumValue, layer.to);
    weights.set(layer.id, reference.weights.codes);
    layers.push(layer);
  }
  for (const bits of read) sources.set(bits.codesValue, codesBuffer(bits));
  addSubgraph(layerId("outputs"), graph.outputs, "");
  return { layers, buffers, weights, subgraphs };
}

/**
 * Shape of one sample of a value: behind the batch, or, in a network that has none, of the whole.
 * @throws UNSUPPORTED if a dimension beside the batch is not known
 */
export function sampleShape(graph: Graph, value: ValueId, batched: boolean): readonly number[] {
  const shape = graph.values.get(value)?.shape;
  const rest = shape && batched ? shape.slice(1) : shape;
  const sizes = rest?.filter((d): d is number => typeof d === "number" && d >= 0);
  if (!rest || !sizes || sizes.length !== rest.length) {
    throw new XbcError(
      "UNSUPPORTED",
      `value ${value}: needs a known shape but for the batch, found ${shape ? `[${shape.join(", ")}]` : "none"}; ` +
        "export the model with fixed input sizes",
    );
  }
  return sizes;
}

/** True where an input has the batch in front. */
export function hasBatch(graph: Graph, input: ValueId): boolean {
  const first = graph.values.get(input)?.shape?.[0];
  return typeof first === "string" || first === null || first === 1;
}

function batchIsFree(graph: Graph, values: readonly ValueId[]): boolean {
  return values.every((value) => typeof graph.values.get(value)?.shape?.[0] === "string");
}

function sourceBuffer(sources: ReadonlyMap<ValueId, BufferId>, value: ValueId): BufferId {
  const buffer = sources.get(value);
  if (!buffer) throw internal("cut", `no buffer for ${value}`);
  return buffer;
}

/** The sums and network inputs that some values are computed from, in order of discovery. */
function sourcesOf(
  graph: Graph,
  made: ReadonlyMap<ValueId, GraphNode>,
  sources: ReadonlyMap<ValueId, BufferId>,
  values: readonly ValueId[],
): readonly ValueId[] {
  const found = new Set<ValueId>();
  const seen = new Set<ValueId>();
  const open = [...values];
  while (open.length > 0) {
    const value = open.pop() ?? "";
    if (value === "" || seen.has(value) || graph.constants.has(value)) continue;
    seen.add(value);
    if (sources.has(value)) {
      found.add(value);
      continue;
    }
    const node = made.get(value);
    if (!node) throw internal("cut", `no node makes ${value}`);
    open.push(...node.inputs);
  }
  return [...sources.keys()].filter((source) => found.has(source));
}

/** Operators that are done to codes as they are. */
const moving = new Set("MaxPool Reshape Flatten Squeeze Unsqueeze Transpose Identity".split(" "));

/**
 * Where a value is cut that several sources make: before it is pooled and moved, else at the values of few whole codes that
 * meet in it, the nearest on each way to a source.
 */
function nearestCodes(
  {
    graph,
    made,
    sources,
  }: {
    readonly graph: Graph;
    readonly made: ReadonlyMap<ValueId, GraphNode>;
    readonly sources: ReadonlyMap<ValueId, BufferId>;
  },
  codesOf: (value: ValueId) => CodeRange | null,
  value: ValueId,
): readonly CodesValue[] {
  let at = value;
  for (
    let node = made.get(at);
    node && moving.has(node.op) && !sources.has(at);
    node = made.get(at)
  )
    at = node.inputs[0];
  const unmoved = at === value || sources.has(at) ? null : codesOf(at);
  if (unmoved) return [{ codesValue: at, range: unmoved }];
  const found: CodesValue[] = [];
  const seen = new Set<ValueId>([value]);
  const operandsOf = (id: ValueId) =>
    (made.get(id)?.inputs ?? []).filter((input) => input !== "" && !graph.constants.has(input));
  const open = [{ id: value, met: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const operands = operandsOf(next.id);
    const met = next.met || new Set(operands).size > 1;
    for (const id of operands) {
      if (seen.has(id) || sources.has(id)) continue;
      seen.add(id);
      const range = met ? codesOf(id) : null;
      if (range) found.push({ codesValue: id, range });
      else open.push({ id, met });
    }
  }
  return found;
}

function encodeLayer(layer: CodesValue, from: BufferId, to: BufferId): DigitalLayer {
  const steps = levelsOf(layer.range) - 1;
  const { minimum, step } = layer.range;
  return {
    kind: "digital",
    op: "encode",
    id: layerId(`${layer.codesValue}/encode`),
    from,
    to,
    range: layer.range,
    thresholds: Float32Array.from({ length: steps }, (_, k) => minimum + (k + 0.5) * step),
    directions: Int8Array.of(1),
    channels: 1,
    inner: 1,
  };
}

function matrixLayer(
  reference: ReferenceLayer,
  from: BufferId,
  codesShape: readonly number[],
): MatrixLayer {
  const { codes } = reference.weights;
  return {
    kind: "matrix",
    id: reference.id,
    op: reference.op,
    from,
    to: bufferId(`${reference.sumValue}`),
    inputs: codes.inputs,
    outputs: codes.outputs,
    alwaysOn: 0,
    roundedBy: 0,
    readOut: { kind: "digital" },
    access: reference.window ?? { kind: "dense", positions: sizeOf(codesShape) / codes.inputs },
    activations: reference.range,
    presentation: presentationOf(reference),
    alphabet: codes.alphabet,
    scale: reference.scale,
    requantize: { kind: "sum" },
  };
}

/** How codes are put on lines one bit at a time: at once where one digit holds them, else by bit planes. */
export function presentationOf({ range, id }: Pick<ReferenceLayer, "range" | "id">): Presentation {
  const { minimum, maximum, step } = range;
  if (maximum <= 1 && minimum >= -1) return { kind: "once" };
  const powers = (bits: number) => Array.from({ length: bits }, (_, k) => 2 ** k);
  const bits = Math.ceil(Math.log2(Math.max(maximum, -minimum) + 1));
  if (step === 2 && minimum === -maximum && maximum === 2 ** bits - 1) {
    return { kind: "planes", digits: "bipolar", significances: powers(bits) };
  }
  if (minimum >= 0) return { kind: "planes", digits: "unipolar", significances: powers(bits) };
  const width = Math.ceil(Math.log2(Math.max(maximum + 1, -minimum))) + 1;
  if (width > 16) {
    throw new XbcError(
      "NOT_ENCODABLE",
      `layer ${id}: activations span ${minimum} to ${maximum}; at most 16 bit planes are presented; quantize them to fewer bits`,
    );
  }
  return {
    kind: "planes",
    digits: "unipolar",
    significances: [...powers(width - 1), -(2 ** (width - 1))],
  };
}
