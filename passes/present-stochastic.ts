import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type {
  DigitalLayer,
  NetworkInput,
  QuantizedNetwork,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";

/** Operators that keep the order of elements and only count, scale and round. */
const plain = new Set([
  "Cast",
  "ReduceSum",
  "Mul",
  "Div",
  "Round",
  "Reshape",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Identity",
]);

export default definePass({
  name: "present-stochastic",
  summary:
    "Put drawn input bits on the lines one presentation after another, and sum in the matrix layer",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network) =>
    network.inputs.filter((input) => input.drawn?.summed === "inputs").reduce(present, network),
});

/**
 * A matrix layer that read the count of a drawn input's bits reads the bits themselves, as so many presentations.
 * @throws UNSUPPORTED where something else than a matrix layer reads the input
 */
function present(network: QuantizedNetwork, input: NetworkInput): QuantizedNetwork {
  const counting = network.layers.filter(
    (layer): layer is SubgraphLayer =>
      layer.kind === "subgraph" && layer.from.includes(input.buffer),
  );
  const encodes = network.layers.filter(
    (layer): layer is Extract<DigitalLayer, { op: "encode" }> =>
      layer.kind === "digital" &&
      layer.op === "encode" &&
      counting.some((subgraph) => subgraph.to.includes(layer.from)),
  );
  const readers = network.layers.filter(
    (layer) => layer.kind === "matrix" && encodes.some((encode) => encode.to === layer.from),
  );
  const isPlain = counting.every(
    ({ id, from }) =>
      from.length === 1 && network.subgraphs.get(id)?.nodes.every((node) => plain.has(node.op)),
  );
  if (!input.drawn || !isPlain || counting.length !== encodes.length || readers.length === 0) {
    throw new XbcError(
      "UNSUPPORTED",
      `input ${input.name}: stochastic presentations need a matrix layer right behind the input, found other operators; use --input-encoding auto or bits:8`,
    );
  }
  const { presentations } = input.drawn;
  const gone = new Set<unknown>([...counting, ...encodes]);
  const layers = network.layers
    .filter((layer) => !gone.has(layer))
    .map((layer) =>
      layer.kind === "matrix" && readers.includes(layer)
        ? {
            ...layer,
            from: input.buffer,
            presentation: { kind: "stochastic", presentations } as const,
          }
        : layer,
    );
  const buffers = new Map(network.buffers);
  for (const id of [...counting.flatMap((layer) => layer.to), ...encodes.map((layer) => layer.to)])
    buffers.delete(id);
  buffers.set(input.buffer, { kind: "float", shape: [sizeOf(input.shape)], type: "float32" });
  const subgraphs = new Map(
    [...network.subgraphs].filter(([id]) => !counting.some((layer) => layer.id === id)),
  );
  return { ...network, layers, buffers, subgraphs };
}
