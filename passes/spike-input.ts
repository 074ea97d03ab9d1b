import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type { DigitalLayer, QuantizedNetwork, SubgraphLayer } from "../compiler/ir/network.ts";
import { sizeOf, tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { traceChain } from "./lowering/chain.ts";

export default definePass({
  name: "spike-input",
  summary:
    "Replace operators that turn bytes into spikes over time by a table of what each byte does",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network, context) => {
    let current = network;
    for (const layer of network.layers)
      if (layer.kind === "subgraph") current = await replaced(current, layer, context);
    return current;
  },
});

const BYTES = 256;

/**
 * A subgraph from a network input of bytes to spikes of several steps, each of which depends on its own byte alone
 * and on no element's place: asked for all 256 bytes, it is a table. Any other stays a float subgraph.
 */
async function replaced(
  network: QuantizedNetwork,
  subgraph: SubgraphLayer,
  context: PassContext,
): Promise<QuantizedNetwork> {
  const encode = network.layers.find(
    (layer): layer is Extract<DigitalLayer, { op: "encode" }> =>
      layer.kind === "digital" && layer.op === "encode" && subgraph.to.includes(layer.from),
  );
  const body = network.subgraphs.get(subgraph.id);
  const input = network.inputs.find(({ buffer }) => buffer === subgraph.from[0]);
  const isLone = subgraph.from.length === 1 && subgraph.to.length === 1 && subgraph.anyBatch;
  if (!encode || !body || !isLone || input?.type !== "uint8" || input.drawn) return network;
  if (input.transform.length > 0) return network;
  const elements = sizeOf(input.shape);
  const trace = traceChain(body, subgraph.inputNames[0], subgraph.outputNames[0]);
  const spikes = trace ? trace.source.length : 0;
  const steps = spikes / elements;
  const { minimum, maximum } = encode.range;
  if (!trace || !Number.isInteger(steps) || steps < 2 || minimum !== 0 || maximum !== 1)
    return network;
  if (trace.source.some((from, e) => from >= 0 && from !== e % elements)) return network;
  const table = await tableOf(subgraph, input.shape, steps, context);
  if (!table) return network;
  const layer: DigitalLayer = {
    kind: "digital",
    op: "spikes",
    id: encode.id,
    from: subgraph.from[0],
    to: encode.to,
    steps,
    table,
  };
  const buffers = new Map(network.buffers);
  for (const id of subgraph.to) buffers.delete(id);
  const subgraphs = new Map([...network.subgraphs].filter(([id]) => id !== subgraph.id));
  const layers = network.layers.flatMap((other) =>
    other === subgraph ? [] : other === encode ? [layer] : [other],
  );
  return { ...network, layers, buffers, subgraphs };
}

/** [steps x 256] what each byte gives, or null where elements of one step differ or give no spike of 0 or 1. */
async function tableOf(
  subgraph: SubgraphLayer,
  shape: readonly number[],
  steps: number,
  { executor }: PassContext,
): Promise<Uint8Array | null> {
  const elements = sizeOf(shape);
  const bytes = Uint8Array.from({ length: BYTES * elements }, (_, e) => Math.floor(e / elements));
  const session = await executor.load(subgraph.onnx);
  try {
    const [name] = subgraph.inputNames;
    const answers = await session.run(new Map([[name, tensor("uint8", [BYTES, ...shape], bytes)]]));
    const answer = answers.get(subgraph.outputNames[0]);
    if (!answer || answer.data.length !== BYTES * steps * elements) return null;
    const spikes = toNumbers(answer);
    const table = new Uint8Array(steps * BYTES);
    for (let row = 0, at = 0; row < BYTES * steps; row++) {
      const first = spikes[at];
      if (first !== 0 && first !== 1) return null;
      for (let e = 0; e < elements; e++, at++) if (spikes[at] !== first) return null;
      table[(row % steps) * BYTES + Math.floor(row / steps)] = first;
    }
    return table;
  } finally {
    await session.release();
  }
}
