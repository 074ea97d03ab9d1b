import type { Graph } from "../../compiler/ir/graph.ts";
import type {
  Buffer,
  BufferId,
  DigitalLayer,
  Layer,
  QuantizedNetwork,
  SubgraphLayer,
} from "../../compiler/ir/network.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { serializeGraph } from "../../compiler/onnx/serialize.ts";
import type { Trace } from "./chain.ts";
import { traceChain } from "./chain.ts";
import type { Pooling } from "./factor.ts";
import { factorChain } from "./factor.ts";

type Encode = Extract<DigitalLayer, { op: "encode" }>;

/** A subgraph with one source and one output, followed by the encoding of that output into codes. */
export interface Candidate {
  readonly subgraph: SubgraphLayer;
  readonly encode: Encode;
  readonly source: Buffer;
  readonly from: BufferId;
  readonly chain: Chain;
}

/** What is asked, of which elements, and what is done with the codes that it gives. */
export interface Chain {
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

export function candidateOf(network: QuantizedNetwork, layer: Layer): Candidate | null {
  if (layer.kind !== "digital" || layer.op !== "encode") return null;
  const subgraph = network.layers.find(
    (other) => other.kind === "subgraph" && other.to.includes(layer.from),
  );
  if (subgraph?.kind !== "subgraph" || subgraph.from.length !== 1 || subgraph.to.length !== 1)
    return null;
  const [from] = subgraph.from;
  const source = network.buffers.get(from);
  const body = network.subgraphs.get(subgraph.id);
  if (!source || !body) return null;
  const chain =
    (isBatched(network) ? factored(body, subgraph, source) : null) ??
    traced(body, subgraph, source);
  return chain && { subgraph, encode: layer, source, from, chain };
}

/** Whether samples stand in front of all that a network computes. */
export const isBatched = ({ inputs }: Pick<QuantizedNetwork, "inputs">): boolean =>
  inputs.every((input) => input.batched);

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

/** elements times sums that a chain is asked about at most, where every element is asked for itself */
const MOST_ASKED = 2 ** 26;

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
