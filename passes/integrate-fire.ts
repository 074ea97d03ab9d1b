import { definePass } from "../compiler/define.ts";
import type {
  BufferId,
  DigitalLayer,
  Layer,
  MatrixLayer,
  QuantizedNetwork,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { readsOf } from "../compiler/ir/network.ts";
import type { FirePattern } from "./lowering/fire-pattern.ts";
import { firePattern } from "./lowering/fire-pattern.ts";

export default definePass({
  name: "integrate-fire",
  summary:
    "Replace unrolled time steps between sums and spikes by integer integrate-and-fire neurons",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network) =>
    network.layers.reduce(
      (current, layer) => (layer.kind === "subgraph" ? replaced(current, layer) : current),
      network,
    ),
});

type Encode = Extract<DigitalLayer, { op: "encode" }>;

/** A subgraph between one matrix layer's sums and one encode layer's spikes, as neurons; or the network as it is. */
function replaced(network: QuantizedNetwork, subgraph: SubgraphLayer): QuantizedNetwork {
  const body = network.subgraphs.get(subgraph.id);
  if (subgraph.from.length !== 1 || subgraph.to.length !== 1 || !body) return network;
  const [from] = subgraph.from;
  const [made] = subgraph.to;
  const sums = network.buffers.get(from);
  const readers = network.layers.filter((layer) => reads(layer, made));
  const encode = readers.find(
    (layer): layer is Encode => layer.kind === "digital" && layer.op === "encode",
  );
  if (sums?.kind !== "sums" || sums.shape.length !== 2 || readers.length !== 1 || !encode)
    return network;
  const [steps, channels] = sums.shape;
  const pattern = firePattern(body, subgraph.inputNames[0], subgraph.outputNames[0], steps);
  const thresholds = pattern && wholeThresholds(pattern, channels, sums.bound);
  const { minimum, maximum, step } = encode.range;
  if (!pattern || !thresholds || minimum !== 0 || maximum !== 1 || step !== 1) return network;
  const neurons: DigitalLayer = {
    kind: "digital",
    op: "integrate-fire",
    id: encode.id,
    from,
    to: encode.to,
    steps,
    thresholds,
    reset: pattern.reset,
  };
  const buffers = new Map(network.buffers);
  buffers.delete(made);
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  const layers = network.layers.flatMap((layer): readonly Layer[] => {
    if (layer === subgraph) return [];
    if (layer === encode) return [neurons];
    const spiking = layer.kind === "matrix" && (layer.to === from || layer.from === encode.to);
    return [spiking ? presented(layer, steps) : layer];
  });
  return { ...network, layers, buffers, subgraphs };
}

/** A matrix layer whose positions are time steps is presented with spikes. */
function presented(layer: MatrixLayer, steps: number): MatrixLayer {
  const { minimum, maximum } = layer.activations;
  const isBinary = minimum === 0 && maximum === 1;
  const isTime = layer.access.kind === "dense" && layer.access.positions === steps;
  return isBinary && isTime ? { ...layer, presentation: { kind: "spikes", steps } } : layer;
}

const reads = (layer: Layer, buffer: BufferId): boolean => readsOf(layer).includes(buffer);

/** whole numbers up to here are exact in float32, and so is every sum on the way */
const EXACT = 2 ** 24;

/**
 * The smallest whole potential that fires, for each neuron. Null where a potential could pass 2^24, or where a
 * threshold that is no whole number is subtracted: those are floats.
 */
function wholeThresholds(
  { threshold, atThreshold, reset, steps }: FirePattern,
  channels: number,
  bound: number,
): Int32Array | null {
  if (threshold.length !== 1 && threshold.length !== channels) return null;
  const whole = threshold.map((t) => (atThreshold ? Math.ceil(t) : Math.floor(t) + 1));
  const largest = whole.reduce((most, t) => Math.max(most, Math.abs(t)), 0);
  if (!(steps * (bound + largest) < EXACT)) return null;
  if (reset === "subtract" && !threshold.every(Number.isInteger)) return null;
  // what is subtracted is the threshold itself; "only above" of a whole number would subtract one more
  if (reset === "subtract" && !atThreshold) return null;
  return Int32Array.from({ length: channels }, (_, o) => whole[whole.length === 1 ? 0 : o]);
}
