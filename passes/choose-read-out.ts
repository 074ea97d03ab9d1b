import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Layer, MatrixLayer, QuantizedNetwork, ReadOut } from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";
import { movesBehind } from "./lowering/moves-behind.ts";
import { EXACT_FLOAT32 } from "./lowering/reference-product.ts";
import { sharedReferences } from "./lowering/shared-references.ts";

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
      const gated = onWordLines(layer);
      return { ...gated, readOut: readOutOf(network, gated, context) };
    });
    return { ...network, layers };
  },
});

/**
 * Word lines are on or off: codes below 0 are presented in planes of two's complement, the top one counted negative. ±1 is
 * two planes, 1 − 2·b: the first is on for every input that is not masked, so that Σw is read from the same cells.
 */
function onWordLines(layer: MatrixLayer): MatrixLayer {
  const { minimum, maximum } = layer.activations;
  const { presentation } = layer;
  const isUnipolar = presentation.kind !== "planes" || presentation.digits === "unipolar";
  if (minimum >= 0 || (presentation.kind === "planes" && isUnipolar)) return layer;
  const bits = Math.ceil(Math.log2(Math.max(maximum + 1, -minimum)));
  const significances = [...Array.from({ length: bits }, (_, k) => 2 ** k), -(2 ** bits)];
  return { ...layer, presentation: { kind: "planes", digits: "unipolar", significances } };
}

/** comparisons one after another that are taken without being asked for: four bits of activation */
const USUAL_COMPARISONS = 15;

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
  const isAsked = options.readout !== null;
  const integrates = target.technology.conventions.integrator !== "none";
  const usual = !isAsked && integrates ? USUAL_COMPARISONS : 1;
  const most = references ? Number(references[1]) : usual;
  const why = obstacle(network, layer, context, most);
  if (why === null) return comparing(layer);
  if (!isAsked) {
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
  const largest = integrated(layer);
  if (largest >= EXACT_FLOAT32)
    return { needed: "sums below 2^24", found: `sums of up to ${largest}`, other };
  if (layer.requantize.kind === "sum") {
    if (feedsOutputsAlone(network, layer)) return null;
    const found = "sums that go on as numbers";
    return { needed: "thresholds, or sums that are network outputs", found, other };
  }
  const steps = levelsOf(layer.requantize.range) - 1;
  if (steps > most) {
    const needed = `activations of at most ${most + 1} levels`;
    return { needed, found: `${steps + 1} levels`, other: `multi-reference:${steps}` };
  }
  if (!movesBehind(network, layer))
    return { needed: "codes that one layer reads", found: "codes that go several ways", other };
  return steps > 1 ? unshared(layer, layer.requantize, other) : null;
}

/** What an integrator holds at most, in codes from 0 on: weights at one end of their range, every input at its largest. */
function integrated({ inputs, alphabet: { levels }, activations }: MatrixLayer): number {
  const input = Math.max(Math.abs(activations.minimum), Math.abs(activations.maximum));
  return inputs * (levels[levels.length - 1] - levels[0]) * input;
}

/** Why the outputs of a layer cannot share their reference levels; null where they can. */
function unshared(
  { alphabet }: MatrixLayer,
  { range, thresholds, directions }: Extract<MatrixLayer["requantize"], { kind: "thresholds" }>,
  other: string,
): Obstacle | null {
  const steps = levelsOf(range) - 1;
  const shared = sharedReferences(thresholds, directions, steps, alphabet);
  const { references, largestError } = shared;
  const step = (references[steps - 1] - references[0]) / (steps - 1);
  if (largestError <= Math.max(MOST_ROUNDED, step)) return null;
  return {
    needed: "thresholds that differ by a bias alone, scales being folded into the weights",
    found: `outputs with scales of their own, ${largestError} of its integer sums off common levels`,
    other,
  };
}

/** what parity and rounding of shift and level cost together */
const MOST_ROUNDED = 3;

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

/** numbers of more bits are no whole numbers of float32 */
const MOST_BITS = 24;

/** A converter that tells every sum of one array apart. @throws UNSUPPORTED for fewer bits, BAD_OPTION for too many */
function converter(
  layer: MatrixLayer,
  { target, options, assume }: PassContext,
  asked: number | null,
): Extract<ReadOut, { kind: "adc" }> {
  const wordLines = options.bank?.wordLines ?? target.technology.array.wordLines;
  const [minimum, maximum] = tileRange(layer, wordLines);
  const needed = bitsFor(layer, wordLines);
  const bits = asked ?? needed;
  if (bits > MOST_BITS) {
    throw new XbcError(
      "BAD_OPTION",
      `layer ${layer.id}: --readout adc:${bits}: needs a converter of 1 to ${MOST_BITS} bits, ` +
        `found ${bits}; --readout adc:${needed} tells every sum of an array apart`,
    );
  }
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
