import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type {
  Buffer,
  BufferId,
  CodeMatrix,
  MatrixLayer,
  QuantizedNetwork,
  ReadOut,
  Requantize,
} from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";
import { serializeGraph } from "../compiler/onnx/serialize.ts";
import type { AlwaysOn } from "./lowering/always-on.ts";
import { alwaysOnRows, lost } from "./lowering/always-on.ts";
import { movesBehind } from "./lowering/moves-behind.ts";
import { comparedTo } from "./lowering/reference-compare.ts";
import { biasBehind, pruned, withAlwaysOn, withoutBias } from "./lowering/reference-rows.ts";
import { isConstant, sharedReferences } from "./lowering/shared-references.ts";

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
      return referencedLayer(network, layer, context);
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
  const rule = thresholdsOf(layer);
  const { fires, on } = chooseRows(layer, rule);
  const shift = fires === ">" ? 1 : 0;
  const thresholds = rule.thresholds.map((t, o) =>
    isConstant(t) ? t : shift * rule.directions[o],
  );
  sayRounding(layer, "thresholds", on, context);
  const requantize = { ...rule, thresholds };
  const readOut: ReadOut = { kind: "comparator", fires };
  return compared(network, layer, on, { readOut, requantize, roundedBy: largest(on) });
}

/**
 * Several comparisons of each sum, one after another, with levels that all outputs share: always-on rows shift each output's
 * sums to them. @throws UNSUPPORTED where outputs have scales of their own
 */
function referencedLayer(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  context: PassContext,
): QuantizedNetwork {
  const rule = thresholdsOf(layer);
  const steps = levelsOf(rule.range) - 1;
  const shared = sharedReferences(rule.thresholds, rule.directions, steps, layer.alphabet);
  const { on, references, largestError, rounded } = shared;
  if (rounded > 0)
    context.warn(
      `layer ${layer.id}: ${rounded} of ${shared.thresholds} thresholds rounded by at most ${largestError} of its integer sums, ` +
        `to ${steps} reference levels that all outputs share and ${on.rows} always-on rows; the quantized network and its export hold the rounded ones`,
    );
  context.assume(
    `layer ${layer.id}: its ${steps} reference levels are multiples of the reference cells' own mean current, as those of a rising reference (assumed)`,
  );
  const thresholds = rule.thresholds.map((t, at) =>
    isConstant(t) ? t : rule.directions[Math.floor(at / steps)] * references[at % steps],
  );
  const requantize = { ...rule, thresholds };
  return compared(network, layer, on, {
    readOut: { kind: "multi-reference", references },
    requantize,
    roundedBy: largestError,
  });
}

/** @throws INTERNAL for a layer without thresholds */
function thresholdsOf({ id, requantize }: MatrixLayer) {
  if (requantize.kind !== "thresholds")
    throw internal("thresholds-to-cells", `${id} has no thresholds`);
  return requantize;
}

/** The network in which a layer's codes are what its comparators say, in the reference too. */
function compared(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  on: AlwaysOn,
  changes: {
    readonly readOut: ReadOut;
    readonly requantize: Extract<Requantize, { kind: "thresholds" }>;
    readonly roundedBy: number;
  },
): QuantizedNetwork {
  const behind = movesBehind(network, layer);
  if (!behind) throw internal("thresholds-to-cells", `the codes of ${layer.id} go several ways`);
  const inner = layer.access.kind === "window" ? layer.access.output.length : 0;
  const { graph, sum } = withAlwaysOn(network.reference, weightsValueOf(network, layer), on.rows);
  const reference = pruned(
    comparedTo(graph, sum, behind, changes.requantize, inner),
    [...network.referenceWeights.values()].map(({ value }) => value),
  );
  if (reference.nodes.filter(({ inputs }) => inputs.includes(sum)).length !== 1)
    throw internal("thresholds-to-cells", `the sums of ${layer.id} go several ways`);
  return replaceLayer({ ...network, reference }, layer, on, changes);
}

function sweptLayer(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  context: PassContext,
): QuantizedNetwork {
  const { value: weightsValue } = referenceWeightOf(network, layer);
  const matmul = network.reference.nodes.find(({ inputs }) => inputs[1] === weightsValue);
  const found = matmul ? biasBehind(network.reference, matmul, layer.outputs) : null;
  if (!found) return network;
  const on = alwaysOnRows(found.asked, layer.alphabet);
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
  return replaceLayer({ ...network, reference, subgraphs, layers }, layer, on, {
    roundedBy: largest(on),
  });
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
  changes: {
    readonly readOut?: ReadOut;
    readonly requantize?: Requantize;
    readonly roundedBy: number;
  },
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

/** What is rounded away at most. */
const largest = ({ errors }: AlwaysOn): number =>
  errors.reduce((top, error) => Math.max(top, Math.abs(error)), 0);

function sayRounding(layer: MatrixLayer, what: string, on: AlwaysOn, { warn }: PassContext): void {
  const rounded = on.errors.filter((error) => error !== 0);
  if (rounded.length === 0) return;
  warn(
    `layer ${layer.id}: ${rounded.length} of ${on.errors.length} ${what} rounded by at most ${Number(largest(on).toPrecision(3))} of its integer sums, ` +
      `to what ${on.rows} always-on rows of ${layer.alphabet.name} can hold; the quantized network and its export hold the rounded ones`,
  );
}
