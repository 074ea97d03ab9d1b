import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Layer, MatrixLayer, QuantizedNetwork, ReadOut } from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";

export default definePass({
  name: "choose-read-out",
  summary: "Say how each layer's sums are read, and refuse by name what a read-out cannot compute",
  from: "network",
  to: "network",
  meaning: "exact",
  run: async (network, context) => {
    if (context.target.technology.readOut === "digital") return network;
    const layers = network.layers.map((layer): Layer => {
      if (layer.kind !== "matrix") return layer;
      refuseSigned(layer, context);
      return { ...layer, readOut: readOutOf(network, layer, context) };
    });
    return { ...network, layers };
  },
});

/** Word lines are on or off: an input counts or it does not. @throws UNSUPPORTED */
function refuseSigned(layer: MatrixLayer, { target }: PassContext): void {
  const { minimum, maximum } = layer.activations;
  const planes = layer.presentation;
  const negative = planes.kind === "planes" && planes.significances.some((s) => s < 0);
  if (minimum >= 0 && !negative && layer.access.kind === "dense") return;
  const found =
    layer.access.kind === "dense" ? `activations from ${minimum} to ${maximum}` : "a convolution";
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${layer.id}: word lines of ${target.name} are on or off, so that it needs activations of 0 and above in a dense layer, ` +
      `found ${found}; train with Heaviside units, or take a target of read-out digital`,
  );
}

function readOutOf(network: QuantizedNetwork, layer: MatrixLayer, context: PassContext): ReadOut {
  const { target, options } = context;
  const asked = options.readout ?? target.technology.readOut;
  const adc = /^adc(?::(\d+))?$/.exec(asked);
  if (adc) return converter(layer, context, adc[1] === undefined ? null : Number(adc[1]));
  const references = /^multi-reference:(\d+)$/.exec(asked);
  if (!references && asked !== "comparator") {
    throw new XbcError(
      "BAD_OPTION",
      `--readout ${asked}: needs comparator, multi-reference:K or adc:B on ${target.name}`,
    );
  }
  const most = references ? Number(references[1]) : 1;
  const why = obstacle(network, layer, context, most);
  if (why === null) return comparing(layer);
  // where the array has no integrator, the paper's comparator serves one array alone: the rest needs numbers
  if (target.technology.conventions.integrator === "none" && options.readout === null) {
    const chosen = converter(layer, context, null);
    context.assume(
      `layer ${layer.id} is read by adc:${chosen.bits}, since ${why.found}; the paper has no such converter`,
    );
    return chosen;
  }
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${layer.id}: read-out ${asked} needs ${why.needed}, found ${why.found}; --readout ${why.other} can compute it`,
  );
}

/** A sum that is a network output is read by a rising reference, thresholds by one comparison each. */
function comparing({ requantize }: MatrixLayer): ReadOut {
  if (requantize.kind === "sum") return { kind: "sweep" };
  const steps = requantize.kind === "thresholds" ? levelsOf(requantize.range) - 1 : 0;
  return steps <= 1
    ? { kind: "comparator", fires: ">=" }
    : { kind: "multi-reference", references: Array.from({ length: steps }, () => 0) };
}

interface Obstacle {
  readonly needed: string;
  readonly found: string;
  readonly other: string;
}

/** Why comparators cannot compute a layer; null where they can. */
function obstacle(
  network: QuantizedNetwork,
  layer: MatrixLayer,
  context: PassContext,
  most: number,
): Obstacle | null {
  const { array, conventions } = context.target.technology;
  const wordLines = context.options.bank?.wordLines ?? array.wordLines;
  const other = `adc:${bitsFor(layer, wordLines)}`;
  if (conventions.integrator === "none") {
    if (layer.inputs > wordLines) {
      const found = `${layer.inputs} inputs on arrays of ${wordLines} word lines without an integrator`;
      return { needed: "a layer on one array", found, other };
    }
    if (layer.requantize.kind === "sum")
      return { needed: "one bit a neuron", found: "sums that are read as numbers", other };
    if (layer.presentation.kind === "planes")
      return { needed: "inputs of one bit", found: "bit planes without an integrator", other };
  }
  if (layer.requantize.kind === "table")
    return { needed: "thresholds", found: "a chain that is not monotone", other };
  if (layer.requantize.kind === "sum") {
    if (feedsOutputsAlone(network, layer)) return null;
    const found = "sums that go on as numbers";
    return { needed: "thresholds, or sums that are network outputs", found, other };
  }
  const steps = levelsOf(layer.requantize.range) - 1;
  if (steps <= most) return null;
  const needed = `activations of at most ${most + 1} levels`;
  return { needed, found: `${steps + 1} levels`, other };
}

/** True where only float subgraphs that make outputs read a layer's sums. */
function feedsOutputsAlone(network: QuantizedNetwork, layer: MatrixLayer): boolean {
  const outputs = new Set<string>(network.outputs.map(({ buffer }) => buffer));
  return network.layers.every((reader) => {
    const reads = reader.kind === "subgraph" ? reader.from : [reader.from];
    if (!reads.includes(layer.to)) return true;
    return reader.kind === "subgraph" && reader.to.every((to) => outputs.has(to));
  });
}

/** Sums of one array: the least and the largest, every input at its largest code. */
function tileRange(layer: MatrixLayer, wordLines: number): readonly [number, number] {
  const inputs = Math.min(layer.inputs + layer.alwaysOn, wordLines);
  const { levels } = layer.alphabet;
  const digit = layer.presentation.kind === "planes" ? 1 : layer.activations.maximum;
  return [
    Math.min(levels[0], 0) * inputs * digit,
    Math.max(levels[levels.length - 1], 0) * inputs * digit,
  ];
}

function bitsFor(layer: MatrixLayer, wordLines: number): number {
  const [minimum, maximum] = tileRange(layer, wordLines);
  return Math.max(1, Math.ceil(Math.log2(maximum - minimum + 1)));
}

/** A converter that tells every sum of one array apart. @throws UNSUPPORTED for fewer bits */
function converter(
  layer: MatrixLayer,
  { target, options, assume }: PassContext,
  asked: number | null,
): Extract<ReadOut, { kind: "adc" }> {
  const wordLines = options.bank?.wordLines ?? target.technology.array.wordLines;
  const [minimum, maximum] = tileRange(layer, wordLines);
  const needed = bitsFor(layer, wordLines);
  const bits = asked ?? needed;
  if (bits < needed) {
    throw new XbcError(
      "UNSUPPORTED",
      `layer ${layer.id}: --readout adc:${bits} needs at most ${2 ** bits} different sums of an array, ` +
        `found ${minimum} to ${maximum}; --readout adc:${needed} tells them apart`,
    );
  }
  assume(
    `layer ${layer.id}: adc:${bits} counts sums from ${minimum} in steps of one code (assumed)`,
  );
  return { kind: "adc", bits, minimum };
}
