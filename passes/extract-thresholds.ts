import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { Graph } from "../compiler/ir/graph.ts";
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
import { serializeGraph } from "../compiler/onnx/serialize.ts";
import type { Trace } from "./lowering/chain.ts";
import { traceChain } from "./lowering/chain.ts";
import type { Pooling } from "./lowering/factor.ts";
import { factorChain } from "./lowering/factor.ts";
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
  readonly chain: Chain;
}

/** What is asked, of which elements, and what is done with the codes that it gives. */
interface Chain {
  /** the subgraph itself, or what it does with one element of each channel */
  readonly onnx: Uint8Array;
  readonly shape: readonly number[];
  /** output element of each source element */
  readonly outputOf: Int32Array;
  /** of each source element */
  readonly direction: Int8Array;
  readonly pools: readonly Pooling[];
  /** to[i] = from[order[i]] of the codes, null where the order is kept */
  readonly order: Int32Array | null;
  /** source elements that each answer stands for */
  readonly inner: number;
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
  const chain = factored(body, subgraph, source) ?? traced(body, subgraph, source);
  return chain && { subgraph, encode: layer, source, from, chain };
}

/** A chain that treats all elements of a channel alike, asked for one of each. */
function factored(
  body: Graph,
  { inputNames, outputNames }: SubgraphLayer,
  source: Buffer,
): Chain | null {
  const factors = factorChain(body, inputNames[0], outputNames[0]);
  if (!factors) return null;
  const [channels, ...pixels] = source.shape;
  return {
    onnx: serializeGraph(factors.body),
    shape: [channels, ...pixels.map(() => 1)],
    outputOf: Int32Array.from({ length: channels }, (_, channel) => channel),
    direction: known(factors.directions),
    pools: factors.pools,
    order: factors.order,
    inner: sizeOf(pixels),
  };
}

/** elements times sums that a chain is asked about at most, where every element is asked for itself */
const MOST_ASKED = 2 ** 26;

/** Any chain that gives each element its own place, asked for all of them. */
function traced(
  body: Graph,
  { inputNames, outputNames, onnx }: SubgraphLayer,
  source: Buffer,
): Chain | null {
  const elements = sizeOf(source.shape);
  const span = source.kind === "sums" ? Math.min(2 * source.bound + 1, 2 ** 16) : 2 ** 8;
  if (elements * span > MOST_ASKED) return null;
  const trace = traceChain(body, inputNames[0], outputNames[0]);
  if (!trace || !isPermutation(trace, elements)) return null;
  const outputOf = outputsOf(trace);
  const isKept = outputOf.every((to, from) => to === from);
  return {
    onnx,
    shape: source.shape,
    outputOf,
    direction: known(Int8Array.from(outputOf, (e) => trace.direction[e])),
    pools: [],
    order: isKept ? null : trace.source.map((from, e) => (from < 0 ? e : from)),
    inner: 1,
  };
}

/** Directions in which a constant counts as rising. */
const known = (directions: Int8Array): Int8Array => directions.map((way) => (way === 0 ? 1 : way));

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
  /** one for each element that was asked */
  readonly points: Points;
  /** code range after levels that never occur are dropped */
  readonly range: CodeRange;
}

async function replace(
  { subgraph, encode, source, chain }: Candidate,
  context: PassContext,
): Promise<Replacement | null> {
  const session = await context.executor.load(chain.onnx);
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
      shape: chain.shape,
      anyBatch: subgraph.anyBatch,
      range: encode.range,
      outputOf: chain.outputOf,
    };
    const points =
      source.kind === "sums"
        ? await sumPoints(probe, source.bound, chain.direction)
        : await floatPoints(probe, chain.direction);
    return points && narrow(points, encode.range);
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
  const { subgraph, encode, from, chain } = candidate;
  const { range } = replacement;
  const buffers = new Map(network.buffers);
  const codes = buffers.get(encode.to);
  if (!codes) throw internal("extract-thresholds", `no buffer ${encode.to}`);
  for (const id of subgraph.to) buffers.delete(id);
  const moves = movesBehind(candidate);
  const first = moves[0]?.from ?? encode.to;
  buffers.set(encode.to, { kind: "codes", shape: codes.shape, range });
  for (const move of moves) {
    const shape = move.op === "pool" ? [move.window.channels, ...move.window.input] : codes.shape;
    buffers.set(move.from, { kind: "codes", shape, range });
  }

  const matrix = network.layers.find(
    (layer): layer is MatrixLayer => layer.kind === "matrix" && layer.to === from,
  );
  const readers = network.layers.filter((layer) => readsOf(layer).includes(from)).length;
  const outside = network.outputs.some((output) => output.buffer === from);
  const perOutput = matrix && outputPoints(matrix, chain, replacement.points);
  const fused = matrix && perOutput && perOutput.kind !== "floats" && readers === 1 && !outside;
  const requantize =
    perOutput && perOutput.kind !== "floats" ? requantizeOf(perOutput, range) : null;
  if (fused) buffers.delete(from);
  const added = fused ? moves : [standAlone(candidate, replacement, first), ...moves];
  const layers = network.layers.flatMap((layer): readonly Layer[] => {
    if (layer === subgraph) return added;
    if (layer === encode) return [];
    if (fused && layer === matrix && requantize) return [{ ...matrix, to: first, requantize }];
    if (layer.kind === "matrix" && layer.from === encode.to)
      return [{ ...layer, activations: range }];
    return [layer];
  });
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  return { ...network, layers, buffers, subgraphs };
}

/** What moves the codes to where they are read: poolings, then another order; the last one writes `encode.to`. */
function movesBehind({
  encode,
  chain,
}: Candidate): readonly Extract<DigitalLayer, { op: "pool" | "permute" }>[] {
  const { pools, order } = chain;
  const count = pools.length + (order ? 1 : 0);
  const buffer = (k: number) => (k === count ? encode.to : bufferId(`${encode.to}/unmoved-${k}`));
  const place = (k: number, what: string) => ({
    kind: "digital" as const,
    id: layerId(`${encode.id}/${what}`),
    from: buffer(k),
    to: buffer(k + 1),
  });
  return [
    ...pools.map(({ window, directions }, k) => {
      const what = pools.length === 1 ? "pool" : `pool-${k}`;
      return { ...place(k, what), op: "pool" as const, window, directions };
    }),
    ...(order ? [{ ...place(count - 1, "permute"), op: "permute" as const, order }] : []),
  ];
}

/** The points of each output of a matrix layer, null where its positions disagree. */
function outputPoints(
  { outputs, access }: MatrixLayer,
  chain: Chain,
  points: Points,
): Points | null {
  const isWindow = access.kind === "window";
  if (chain.inner > 1) {
    if (isWindow) return chain.shape[0] === outputs ? points : null;
    // what stands in front of the outputs of a dense layer are its positions
    const alike = compress(points, 1, points.directions.length);
    return alike && repeated(alike, outputs);
  }
  return compress(points, outputs, isWindow ? points.directions.length / outputs : 1);
}

/** The points of one element for each of so many. */
function repeated(points: Points, count: number): Points {
  const fill = <Data extends Int8Array | Int16Array | Int32Array | Float32Array>(
    one: Data,
    all: Data,
  ): Data => all.map((_, k) => one[k % one.length]) as Data;
  const directions = fill(points.directions, new Int8Array(count));
  switch (points.kind) {
    case "table":
      return {
        ...points,
        directions,
        codes: fill(points.codes, new Int16Array(count * points.codes.length)),
      };
    case "floats":
      return {
        ...points,
        directions,
        thresholds: fill(points.thresholds, new Float32Array(count * points.thresholds.length)),
      };
    case "thresholds":
      return {
        ...points,
        directions,
        thresholds: fill(points.thresholds, new Int32Array(count * points.thresholds.length)),
      };
  }
}

function readsOf(layer: Layer): readonly BufferId[] {
  return layer.kind === "subgraph" ? layer.from : [layer.from];
}

/** The digital layer that stands where thresholds do not belong to a matrix layer alone. */
function standAlone(candidate: Candidate, { points, range }: Replacement, to: BufferId): Layer {
  const { encode, from, source, chain } = candidate;
  const base = { kind: "digital", id: encode.id, from, to } as const;
  const compact = compress(points, 1, points.directions.length) ?? points;
  const channels = compact.directions.length;
  const inner = channels === 1 ? sizeOf(source.shape) : chain.inner;
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

/** Points of each channel, where all elements of it agree: of element e, channel floor(e / inner) mod channels. */
function compress(points: Points, channels: number, inner: number): Points | null {
  const elements = points.directions.length;
  if (elements === channels) return points;
  const list = points.kind === "table" ? points.codes : points.thresholds;
  const each = list.length / elements;
  const firstOf = (e: number) => (Math.floor(e / inner) % channels) * inner;
  for (let e = 0; e < elements; e++) {
    const first = firstOf(e);
    if (points.directions[e] !== points.directions[first]) return null;
    for (let k = 0; k < each; k++) if (list[e * each + k] !== list[first * each + k]) return null;
  }
  const pick = (length: number, of: number) =>
    Int32Array.from({ length }, (_, k) => Math.floor(k / of) * inner * of + (k % of));
  const directions = Int8Array.from(pick(channels, 1), (e) => points.directions[e]);
  const places = pick(channels * each, each);
  if (points.kind === "table")
    return { ...points, directions, codes: Int16Array.from(places, (k) => points.codes[k]) };
  if (points.kind === "floats")
    return {
      ...points,
      directions,
      thresholds: Float32Array.from(places, (k) => points.thresholds[k]),
    };
  return {
    ...points,
    directions,
    thresholds: Int32Array.from(places, (k) => points.thresholds[k]),
  };
}
