import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type {
  Buffer,
  BufferId,
  CodeRange,
  DigitalLayer,
  Layer,
  QuantizedNetwork,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { bufferId, layerId, levelsOf, readsOf } from "../compiler/ir/network.ts";
import { sizeOf, tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { isElementwise } from "./lowering/elementwise.ts";

export default definePass({
  name: "tabulate-joins",
  summary:
    "Replace float operators on two values of few codes (residual sums) by a table of all pairs",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network, context) => {
    let current = network;
    for (const layer of network.layers) {
      const join = joinOf(network, layer);
      if (!join) continue;
      context.progress("joins", network.layers.indexOf(layer), network.layers.length);
      const codes = await tableOf(join, context);
      current = spliced(current, join, codes);
    }
    return current;
  },
});

type Encode = Extract<DigitalLayer, { op: "encode" }>;

/** A subgraph that makes one value of two values of codes, element by element and alike for all, and its encoding. */
interface Join {
  readonly subgraph: SubgraphLayer;
  readonly encode: Encode;
  readonly sources: readonly [BufferId, BufferId];
  readonly ranges: readonly [CodeRange, CodeRange];
  readonly shape: readonly number[];
}

/** pairs that a table holds at most */
const MOST_PAIRS = 2 ** 16;

function joinOf(network: QuantizedNetwork, layer: Layer): Join | null {
  if (layer.kind !== "subgraph" || layer.from.length !== 2 || layer.to.length !== 1) return null;
  const [to] = layer.to;
  const readers = network.layers.filter((other) => readsOf(other).includes(to));
  const [encode] = readers;
  if (readers.length !== 1 || encode.kind !== "digital" || encode.op !== "encode") return null;
  if (network.outputs.some(({ buffer }) => buffer === to) || encode.channels !== 1) return null;
  const [a, b] = layer.from.map((id) => network.buffers.get(id));
  const made = network.buffers.get(to);
  if (!isPlainCodes(a) || !isPlainCodes(b) || !made) return null;
  const body = network.subgraphs.get(layer.id);
  const alike = [a, b].every(({ shape }) => shape.join() === made.shape.join());
  const pairs = levelsOf(a.range) * levelsOf(b.range);
  if (!alike || !body || pairs > MOST_PAIRS || !isElementwise(body)) return null;
  const perRun = layer.anyBatch ? Number.POSITIVE_INFINITY : sizeOf(made.shape) * MOST_RUNS;
  if (pairs > perRun) return null;
  return {
    subgraph: layer,
    encode,
    sources: [layer.from[0], layer.from[1]],
    ranges: [a.range, b.range],
    shape: made.shape,
  };
}

/** runs of a body that holds for one sample alone */
const MOST_RUNS = 64;

const isPlainCodes = (buffer: Buffer | undefined): buffer is Extract<Buffer, { kind: "codes" }> =>
  buffer?.kind === "codes" && buffer.range.step === 1;

/** The code of every pair, those of the second value side by side: what the body itself says of them. */
async function tableOf(
  { subgraph, encode, ranges, shape }: Join,
  { executor }: PassContext,
): Promise<Int16Array> {
  const [first, second] = ranges.map(levelsOf);
  const pairs = first * second;
  const size = sizeOf(shape);
  const session = await executor.load(subgraph.onnx);
  const codes = new Int16Array(pairs);
  const samples = subgraph.anyBatch ? Math.ceil(pairs / size) : 1;
  try {
    for (let done = 0; done < pairs; done += samples * size) {
      const pair = (e: number) => Math.min(done + e, pairs - 1);
      const values = (code: (pair: number) => number) =>
        tensor(
          "float32",
          [samples, ...shape],
          Float32Array.from({ length: samples * size }, (_, e) => code(pair(e))),
        );
      const feeds = new Map([
        [subgraph.inputNames[0], values((p) => ranges[0].minimum + Math.floor(p / second))],
        [subgraph.inputNames[1], values((p) => ranges[1].minimum + (p % second))],
      ]);
      const answer = (await session.run(feeds)).get(subgraph.outputNames[0]);
      const made = answer ? toNumbers(answer) : new Float64Array(0);
      for (let p = done; p < Math.min(pairs, done + samples * size); p++)
        codes[p] = codeOf(encode, made[p - done]);
    }
  } finally {
    await session.release();
  }
  return codes;
}

function codeOf({ range, thresholds, directions }: Encode, x: number): number {
  const rises = directions[0] > 0;
  let passed = 0;
  for (const t of thresholds) if (rises ? x >= t : x <= t) passed++;
  return range.minimum + passed * range.step;
}

/** The network with the two layers replaced: the number of a pair, then its code. */
function spliced(
  network: QuantizedNetwork,
  { subgraph, encode, sources, ranges, shape }: Join,
  codes: Int16Array,
): QuantizedNetwork {
  const second = levelsOf(ranges[1]);
  const numbers = bufferId(`${encode.to}/pair`);
  const first = second * ranges[0].minimum + ranges[1].minimum;
  const last = first + codes.length - 1;
  const buffers = new Map(network.buffers);
  for (const id of subgraph.to) buffers.delete(id);
  const largest = (range: CodeRange) => Math.max(Math.abs(range.minimum), Math.abs(range.maximum));
  buffers.set(numbers, {
    kind: "sums",
    shape,
    bound: second * largest(ranges[0]) + largest(ranges[1]),
  });
  const added: readonly Layer[] = [
    {
      kind: "digital",
      op: "join",
      id: layerId(`${encode.id}/join`),
      from: sources[0],
      beside: sources[1],
      to: numbers,
      factors: [second, 1],
    },
    {
      kind: "digital",
      op: "requantize",
      id: encode.id,
      from: numbers,
      to: encode.to,
      requantize: { kind: "table", range: encode.range, minimum: first, maximum: last, codes },
      channels: 1,
      inner: sizeOf(shape),
    },
  ];
  const layers = network.layers.flatMap((layer) =>
    layer === subgraph ? added : layer === encode ? [] : [layer],
  );
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  return { ...network, layers, buffers, subgraphs };
}
