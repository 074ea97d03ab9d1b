import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type {
  BufferId,
  CodeRange,
  DigitalLayer,
  Layer,
  MatrixLayer,
  QuantizedNetwork,
  Requantize,
} from "../compiler/ir/network.ts";
import { bipolar, bufferId, layerId, readsOf, ternaryCodes } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { compress, repeated } from "./lowering/compress-points.ts";
import type { Points } from "./lowering/points.ts";
import { codePoints, floatPoints, sumPoints } from "./lowering/points.ts";
import type { Probe } from "./lowering/switching-points.ts";
import type { Candidate, Chain } from "./lowering/threshold-chain.ts";
import { candidateOf, isBatched } from "./lowering/threshold-chain.ts";

export default definePass({
  name: "extract-thresholds",
  summary:
    "Replace float chains between sums and codes by integer thresholds found on the chain itself",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network, context) => {
    let current = network;
    const batched = isBatched(network);
    const candidates = network.layers.flatMap((layer) => candidateOf(network, layer) ?? []);
    for (const [index, candidate] of candidates.entries()) {
      context.progress("thresholds", index, candidates.length);
      const replacement = await replace(candidate, batched, context);
      if (!replacement) continue;
      current =
        candidate.source.kind === "codes"
          ? moveCodes(current, candidate, replacement)
          : splice(current, candidate, replacement);
    }
    return current;
  },
});

interface Replacement {
  /** one for each element that was asked */
  readonly points: Points;
  /** code range after levels that never occur are dropped */
  readonly range: CodeRange;
}

async function replace(
  { subgraph, encode, source, chain }: Candidate,
  batched: boolean,
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
      batched,
      anyBatch: subgraph.anyBatch,
      range: encode.range,
      outputOf: chain.outputOf,
    };
    const points =
      source.kind === "sums"
        ? await sumPoints(probe, source.bound, chain.direction)
        : source.kind === "codes"
          ? await codePoints(probe, source.range, chain.direction)
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

/** The network in which codes are pooled and reordered as they are; unchanged where a chain does more to them than that. */
function moveCodes(
  network: QuantizedNetwork,
  candidate: Candidate,
  { points, range }: Replacement,
): QuantizedNetwork {
  const { subgraph, encode, from, source } = candidate;
  const moves = movesBehind(candidate);
  if (source.kind !== "codes" || moves.length === 0 || !isIdentity(points, range, source.range))
    return network;
  const codes = network.buffers.get(encode.to);
  if (!codes) throw internal("extract-thresholds", `no buffer ${encode.to}`);
  const buffers = new Map(network.buffers);
  for (const id of subgraph.to) buffers.delete(id);
  const own = moves.map((move, k) => (k === 0 ? { ...move, from } : move));
  for (const move of own.slice(1)) {
    const shape = move.op === "pool" ? [move.window.channels, ...move.window.input] : codes.shape;
    buffers.set(move.from, { kind: "codes", shape, range });
  }
  const layers = network.layers.flatMap((layer): readonly Layer[] =>
    layer === subgraph ? own : layer === encode ? [] : [layer],
  );
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  return { ...network, layers, buffers, subgraphs };
}

/** Whether every code of the source's range stays what it is. */
function isIdentity(points: Points, range: CodeRange, source: CodeRange): boolean {
  const sameRange =
    range.minimum === source.minimum &&
    range.maximum === source.maximum &&
    range.step === source.step;
  if (points.kind !== "thresholds" || !sameRange) return false;
  const steps = points.thresholds.length / points.directions.length;
  return points.thresholds.every((point, k) => {
    const code = range.minimum + ((k % steps) + 1) * range.step;
    const before = code - range.step;
    // any point between two codes, the first at which all that are possible pass included
    return points.directions[Math.floor(k / steps)] > 0 && point > before && point <= code;
  });
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
