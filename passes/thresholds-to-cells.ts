import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal, XbcError } from "../compiler/errors.ts";
import type {
  Buffer,
  BufferId,
  CodeMatrix,
  MatrixLayer,
  QuantizedNetwork,
  ReadOut,
  Requantize,
} from "../compiler/ir/network.ts";
import { serializeGraph } from "../compiler/onnx/serialize.ts";
import type { AlwaysOn } from "./lowering/always-on.ts";
import { alwaysOnRows, lost } from "./lowering/always-on.ts";
import {
  biasBehind,
  comparedTo,
  pruned,
  withAlwaysOn,
  withoutBias,
} from "./lowering/reference-rows.ts";

/** ends of int32: a threshold that is never, or always, passed */
const NEVER = 2 ** 31 - 1;
const ALWAYS = -(2 ** 31);

export default definePass({
  name: "thresholds-to-cells",
  summary: "Hold the thresholds and biases of analog layers in cells on always-on word lines",
  from: "network",
  to: "network",
  meaning: "approximate",
  run: async (network, context) =>
    network.layers.reduce((current, { id }) => withCells(current, id, context), network),
});

/** The network in which one layer's thresholds or biases are cells, where its read-out wants that. */
function withCells(network: QuantizedNetwork, id: string, context: PassContext): QuantizedNetwork {
  const layer = network.layers.find((other) => other.id === id);
  if (layer?.kind !== "matrix") return network;
  switch (layer.readOut.kind) {
    case "comparator":
      return comparatorLayer(network, layer, context);
    case "sweep":
      return sweptLayer(network, layer, context);
    case "multi-reference":
      throw new XbcError(
        "UNSUPPORTED",
        `layer ${layer.id}: several reference levels are not laid out yet; --readout adc:B can compute it`,
      );
    case "digital":
    case "adc":
      return network;
  }
}

/** A threshold of one output, and whether it rises. */
interface Thresholds {
  readonly thresholds: Int32Array;
  readonly directions: Int8Array;
}

const isConstant = (threshold: number): boolean => threshold === NEVER || threshold === ALWAYS;

/** What always-on rows must hold so that a comparator fires at the threshold: −T, or one less with `>`. */
function askedOf({ thresholds, directions }: Thresholds, fires: ">=" | ">"): Int32Array {
  const shift = fires === ">" ? 1 : 0;
  return thresholds.map((t, o) => (isConstant(t) ? 0 : -t + shift * directions[o]));
}

/** The comparator, ≥ or >, whose rows round thresholds less; ≥ where both do equally. */
function chooseRows(layer: MatrixLayer, rule: Thresholds) {
  const choices = ([">=", ">"] as const).map((fires) => ({
    fires,
    on: alwaysOnRows(askedOf(rule, fires), layer.alphabet),
  }));
  return choices.reduce((best, next) => (lost(next.on) < lost(best.on) ? next : best));
}

function comparatorLayer(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  context: PassContext,
): QuantizedNetwork {
  const rule = layer.requantize;
  if (rule.kind !== "thresholds")
    throw internal("thresholds-to-cells", `${layer.id} has no thresholds`);
  const { fires, on } = chooseRows(layer, rule);
  const shift = fires === ">" ? 1 : 0;
  const thresholds = rule.thresholds.map((t, o) =>
    isConstant(t) ? t : shift * rule.directions[o],
  );
  const requantize: Requantize = { ...rule, thresholds };
  sayRounding(layer, "thresholds", on, context);
  const weightsValue = weightsValueOf(network, layer);
  const { graph, sum } = withAlwaysOn(network.reference, weightsValue, on.rows);
  const codes = layer.to.replace(/\/codes$/, "");
  if (codes === layer.to || !graph.values.has(codes)) throw reordered(layer);
  const reference = pruned(
    comparedTo(graph, sum, codes, requantize),
    [...network.referenceWeights.values()].map(({ value }) => value),
  );
  if (reference.nodes.filter(({ inputs }) => inputs.includes(sum)).length !== 1)
    throw reordered(layer);
  return replaceLayer({ ...network, reference }, layer, on, {
    readOut: { kind: "comparator", fires },
    requantize,
  });
}

/** @throws UNSUPPORTED for a layer whose sums go several ways */
const reordered = (layer: MatrixLayer): XbcError =>
  new XbcError(
    "UNSUPPORTED",
    `layer ${layer.id}: a comparator needs sums that only become the next layer's inputs, in their order, ` +
      "found another reader or another order; --readout adc:B can compute it",
  );

function sweptLayer(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  context: PassContext,
): QuantizedNetwork {
  const { value: weightsValue } = referenceWeightOf(network, layer);
  const matmul = network.reference.nodes.find(({ inputs }) => inputs[1] === weightsValue);
  const found = matmul ? biasBehind(network.reference, matmul.outputs[0], layer.outputs) : null;
  if (!found) return network;
  const asked = Int32Array.from(found.bias, (b, o) =>
    Math.round(b / layer.scale[layer.scale.length === 1 ? 0 : o]),
  );
  const on = alwaysOnRows(asked, layer.alphabet);
  sayRounding(layer, "biases", on, context);
  const { graph } = withAlwaysOn(network.reference, weightsValue, on.rows);
  const subgraphs = new Map(network.subgraphs);
  const layers = network.layers.map((other) => {
    const body = other.kind === "subgraph" ? subgraphs.get(other.id) : undefined;
    if (other.kind !== "subgraph" || !body?.nodes.some(({ name }) => name === found.node.name))
      return other;
    const changed = withoutBias(body, found);
    subgraphs.set(other.id, changed);
    return { ...other, onnx: serializeGraph(changed) };
  });
  const given = [...network.referenceWeights.values()].map(({ value }) => value);
  const reference = pruned(biasLess(graph, found), given);
  return replaceLayer({ ...network, reference, subgraphs, layers }, layer, on, {});
}

/** The reference without the bias, its weights still being handed in. */
function biasLess(
  graph: QuantizedNetwork["reference"],
  found: Parameters<typeof withoutBias>[1],
): QuantizedNetwork["reference"] {
  const nodes = graph.nodes.map((node) =>
    node.name === found.node.name
      ? { ...node, op: "Identity", inputs: [found.value], attributes: new Map() }
      : node,
  );
  return { ...graph, nodes };
}

function referenceWeightOf(network: QuantizedNetwork, layer: MatrixLayer) {
  const found = network.referenceWeights.get(layer.id);
  if (!found) throw internal("thresholds-to-cells", `no reference weights of ${layer.id}`);
  return found;
}

const weightsValueOf = (network: QuantizedNetwork, layer: MatrixLayer): string =>
  referenceWeightOf(network, layer).value;

/** The network in which a layer has always-on inputs. */
function replaceLayer(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  on: AlwaysOn,
  changes: { readonly readOut?: ReadOut; readonly requantize?: Requantize },
): QuantizedNetwork {
  const codes = network.weights.get(layer.id);
  if (!codes) throw internal("thresholds-to-cells", `no weights of ${layer.id}`);
  const buffers = new Map<BufferId, Buffer>(network.buffers);
  const to = buffers.get(layer.to);
  const largest = layer.alphabet.levels.reduce((top, level) => Math.max(top, Math.abs(level)), 0);
  if (to?.kind === "sums") buffers.set(layer.to, { ...to, bound: to.bound + on.rows * largest });
  return {
    ...network,
    buffers,
    weights: new Map([...network.weights, [layer.id, withRows(codes, on)]]),
    layers: network.layers.map((other) =>
      other.id === layer.id ? { ...layer, ...changes, alwaysOn: on.rows } : other,
    ),
  };
}

/** Always-on inputs come last. */
function withRows(codes: CodeMatrix, { rows, codes: added }: AlwaysOn): CodeMatrix {
  const inputs = codes.inputs + rows;
  const data = new Int16Array(codes.outputs * inputs);
  for (let o = 0; o < codes.outputs; o++) {
    data.set(codes.data.subarray(o * codes.inputs, (o + 1) * codes.inputs), o * inputs);
    data.set(added.subarray(o * rows, (o + 1) * rows), o * inputs + codes.inputs);
  }
  return { ...codes, inputs, data };
}

function sayRounding(layer: MatrixLayer, what: string, on: AlwaysOn, { warn }: PassContext): void {
  const rounded = on.errors.filter((error) => error !== 0);
  if (rounded.length === 0) return;
  const largest = rounded.reduce((top, error) => Math.max(top, Math.abs(error)), 0);
  warn(
    `layer ${layer.id}: ${rounded.length} of ${on.errors.length} ${what} rounded by at most ${largest} of its integer sums, ` +
      `to what ${on.rows} always-on rows of ${layer.alphabet.name} can hold; the quantized network and its export hold the rounded ones`,
  );
}
