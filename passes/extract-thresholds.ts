import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type {
  Buffer,
  BufferId,
  CodeRange,
  DigitalLayer,
  Layer,
  MatrixLayer,
  QuantizedNetwork,
  Requantize,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { bipolar, bufferId, layerId, ternaryCodes } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import type { Trace } from "./lowering/chain.ts";
import { traceChain } from "./lowering/chain.ts";
import type { Points } from "./lowering/points.ts";
import { floatPoints, sumPoints } from "./lowering/points.ts";
import type { Probe } from "./lowering/switching-points.ts";

type Encode = Extract<DigitalLayer, { op: "encode" }>;

/** A subgraph with one source and one output, followed by the encoding of that output into codes. */
interface Candidate {
  readonly subgraph: SubgraphLayer;
  readonly encode: Encode;
  readonly source: Buffer;
  readonly from: BufferId;
  readonly trace: Trace;
}

export default definePass({
  name: "extract-thresholds",
  summary:
    "Replace float chains between sums and codes by integer thresholds found on the chain itself",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network, context) => {
    let current = network;
    const candidates = network.layers.flatMap((layer) => candidateOf(network, layer) ?? []);
    for (const [index, candidate] of candidates.entries()) {
      context.progress("thresholds", index, candidates.length);
      const replacement = await replace(candidate, context);
      if (replacement) current = splice(current, candidate, replacement);
    }
    return current;
  },
});

function candidateOf(network: QuantizedNetwork, layer: Layer): Candidate | null {
  if (layer.kind !== "digital" || layer.op !== "encode") return null;
  const subgraph = network.layers.find(
    (other) => other.kind === "subgraph" && other.to.includes(layer.from),
  );
  if (subgraph?.kind !== "subgraph" || subgraph.from.length !== 1 || subgraph.to.length !== 1)
    return null;
  const [from] = subgraph.from;
  const source = network.buffers.get(from);
  const body = network.subgraphs.get(subgraph.id);
  if (!source || !body || source.kind === "codes") return null;
  const trace = traceChain(body, subgraph.inputNames[0], subgraph.outputNames[0]);
  if (!trace || !isPermutation(trace, sizeOf(source.shape))) return null;
  return { subgraph, encode: layer, source, from, trace };
}

/** Every source element is read by exactly one output element; constant outputs stand in their own place. */
function isPermutation(trace: Trace, elements: number): boolean {
  if (trace.source.length !== elements) return false;
  const used = new Uint8Array(elements);
  for (let e = 0; e < elements; e++) {
    const from = trace.source[e] < 0 ? e : trace.source[e];
    if (used[from]) return false;
    used[from] = 1;
  }
  return true;
}

/** Output element of each source element. */
function outputsOf(trace: Trace): Int32Array {
  const outputOf = new Int32Array(trace.source.length);
  trace.source.forEach((from, e) => {
    outputOf[from < 0 ? e : from] = e;
  });
  return outputOf;
}

interface Replacement {
  readonly points: Points;
  /** code range after levels that never occur are dropped */
  readonly range: CodeRange;
  /** to[i] = from[order[i]] of the codes, null where the order is kept */
  readonly order: Int32Array | null;
}

async function replace(candidate: Candidate, context: PassContext): Promise<Replacement | null> {
  const { subgraph, encode, source, trace } = candidate;
  const outputOf = outputsOf(trace);
  const direction = Int8Array.from(outputOf, (e) =>
    trace.direction[e] === 0 ? 1 : trace.direction[e],
  );
  const session = await context.executor.load(subgraph.onnx);
  try {
    const probe: Probe = {
      session,
      input: subgraph.inputNames[0],
      output: subgraph.outputNames[0],
      type:
        source.kind === "float"
          ? source.type
          : source.kind === "sums" && source.bound >= 2 ** 24
            ? "float64"
            : "float32",
      shape: source.shape,
      anyBatch: subgraph.anyBatch,
      range: encode.range,
      outputOf,
    };
    const points =
      source.kind === "sums"
        ? await sumPoints(probe, source.bound, direction)
        : await floatPoints(probe, direction);
    if (!points) return null;
    const identity = outputOf.every((to, from) => to === from);
    const narrowed = narrow(points, encode.range);
    return {
      ...narrowed,
      order: identity ? null : trace.source.map((from, e) => (from < 0 ? e : from)),
    };
  } finally {
    await session.release();
  }
}

/** A sign that is never 0 is binary: where the two ternary thresholds of every element coincide, the 0 goes. */
function narrow(
  points: Points,
  range: CodeRange,
): { readonly points: Points; readonly range: CodeRange } {
  const isTernary =
    range.minimum === ternaryCodes.minimum &&
    range.maximum === ternaryCodes.maximum &&
    range.step === 1;
  if (points.kind !== "thresholds" || !isTernary) return { points, range };
  const { thresholds } = points;
  for (let k = 0; k < thresholds.length; k += 2)
    if (thresholds[k] !== thresholds[k + 1]) return { points, range };
  return {
    points: { ...points, thresholds: thresholds.filter((_, k) => k % 2 === 0) },
    range: bipolar,
  };
}

/** The network with a candidate's two layers replaced by thresholds, in the matrix layer where only it reads the sums. */
function splice(
  network: QuantizedNetwork,
  candidate: Candidate,
  replacement: Replacement,
): QuantizedNetwork {
  const { subgraph, encode, from } = candidate;
  const buffers = new Map(network.buffers);
  const codes = buffers.get(encode.to);
  if (!codes) throw internal("extract-thresholds", `no buffer ${encode.to}`);
  const unordered = replacement.order ? bufferId(`${encode.to}/unordered`) : encode.to;
  const filled: Buffer = { kind: "codes", shape: codes.shape, range: replacement.range };
  buffers.set(encode.to, filled);
  buffers.set(unordered, filled);
  for (const id of subgraph.to) buffers.delete(id);

  const matrix = network.layers.find(
    (layer): layer is MatrixLayer => layer.kind === "matrix" && layer.to === from,
  );
  const readers = network.layers.filter((layer) => readsOf(layer).includes(from)).length;
  const outside = network.outputs.some((output) => output.buffer === from);
  const perOutput = matrix ? compress(replacement.points, matrix.outputs) : null;
  const fused = matrix && perOutput && perOutput.kind !== "floats" && readers === 1 && !outside;
  const requantize =
    perOutput && perOutput.kind !== "floats" ? requantizeOf(perOutput, replacement.range) : null;

  const added: Layer[] = [];
  if (!fused) added.push(standAlone(candidate, replacement, unordered));
  if (replacement.order) {
    added.push({
      kind: "digital",
      op: "permute",
      id: layerId(`${encode.id}/permute`),
      from: unordered,
      to: encode.to,
      order: replacement.order,
    });
  }
  if (fused) buffers.delete(from);
  const layers = network.layers.flatMap((layer): readonly Layer[] => {
    if (layer === subgraph) return added;
    if (layer === encode) return [];
    if (fused && layer === matrix && requantize) return [{ ...matrix, to: unordered, requantize }];
    if (layer.kind === "matrix" && layer.from === encode.to)
      return [{ ...layer, activations: replacement.range }];
    return [layer];
  });
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  return { ...network, layers, buffers, subgraphs };
}

function readsOf(layer: Layer): readonly BufferId[] {
  return layer.kind === "subgraph" ? layer.from : [layer.from];
}

/** The digital layer that stands where thresholds do not belong to a matrix layer alone. */
function standAlone(candidate: Candidate, { points, range }: Replacement, to: BufferId): Layer {
  const { encode, from, source } = candidate;
  const base = { kind: "digital", id: encode.id, from, to } as const;
  const elements = sizeOf(source.shape);
  const compact = compress(points, 1) ?? points;
  const channels = compact.directions.length;
  const inner = channels === elements ? 1 : elements;
  if (compact.kind === "floats") {
    return {
      ...base,
      op: "encode",
      range,
      thresholds: compact.thresholds,
      directions: compact.directions,
      channels,
      inner,
    };
  }
  return { ...base, op: "requantize", requantize: requantizeOf(compact, range), channels, inner };
}

function requantizeOf(points: Exclude<Points, { kind: "floats" }>, range: CodeRange): Requantize {
  if (points.kind === "thresholds") {
    return {
      kind: "thresholds",
      range,
      thresholds: points.thresholds,
      directions: points.directions,
    };
  }
  const codes = points.codes.map((index) => range.minimum + index * range.step);
  return { kind: "table", range, minimum: points.minimum, maximum: points.maximum, codes };
}

/** Points of one period where all positions agree; null where they do not. */
function compress(points: Points, period: number): Points | null {
  const elements = points.directions.length;
  if (elements === period) return points;
  const list = points.kind === "table" ? points.codes : points.thresholds;
  const each = list.length / elements;
  for (let k = period * each; k < list.length; k++)
    if (list[k] !== list[k - period * each]) return null;
  for (let e = period; e < elements; e++)
    if (points.directions[e] !== points.directions[e - period]) return null;
  const directions = points.directions.slice(0, period);
  if (points.kind === "table")
    return { ...points, directions, codes: points.codes.slice(0, period * each) };
  if (points.kind === "floats")
    return { ...points, directions, thresholds: points.thresholds.slice(0, period * each) };
  return { ...points, directions, thresholds: points.thresholds.slice(0, period * each) };
}
