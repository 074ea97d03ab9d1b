import type { Technology } from "./define.ts";
import type { ImageLayerCosts } from "./ir/image.ts";
import type { LayerPlacement } from "./ir/mapping.ts";
import type { MatrixLayer } from "./ir/network.ts";
import { blocksOf, placesOf, referenceCells } from "./ir/placement.ts";
import { replicasOf } from "./ir/replicas.ts";

type AnalogCosts = Pick<ImageLayerCosts, "channels" | "sweepClocks" | "conversions">;

/**
 * What reads a layer's analog sums, beside the clocks of its read segments; nothing for digital sums.
 * Channels stand behind each array, or behind all arrays of a column where its integrator adds them up: one for every
 * weight that is sensed at once, and one for the reference.
 * @param repeats presentations of one inference
 */
export function analogCosts(
  placement: LayerPlacement,
  layer: MatrixLayer,
  { array, conventions }: Technology,
  repeats: number,
): AnalogCosts {
  const { readOut } = layer;
  if (readOut.kind === "digital") return {};
  const { encoding, banks, outputs } = placement;
  const blocks = blocksOf(placement);
  const converts = readOut.kind === "adc";
  const isIntegrated = !converts && conventions.integrator !== "none";
  const sensed = Math.max(1, Math.floor(array.sensedBitLines / encoding.cellsPerWeight));
  const together = Math.min(sensed, outputs, placement.tileOutputs);
  const channels = together + (referenceCells(encoding) > 0 ? 1 : 0);
  return {
    channels: channels * (isIntegrated ? blocks.outputs * replicasOf(placement) : banks),
    ...(readOut.kind === "sweep" ? { sweepClocks: sweepSteps(placement, layer) } : {}),
    ...(converts ? { conversions: outputs * blocks.inputs * repeats } : {}),
  };
}

/** Steps of a reference that rises over every sum that may be, one code at a time: a clock each (P10 gives no time for it). */
export function sweepSteps(
  { inputs }: LayerPlacement,
  { alphabet, activations }: MatrixLayer,
): number {
  const { levels } = alphabet;
  const span = levels[levels.length - 1] - levels[0];
  return Math.ceil((inputs * span * Math.max(1, activations.maximum)) / (levels[1] - levels[0]));
}

/**
 * Clocks in which an output's sum becomes a decision, or a number one bit after another. P5's are those of one comparison and
 * the reset; each further reference level takes one clock more (assumed).
 */
export function decisionClocks({ readOut }: MatrixLayer, { parameters }: Technology): number {
  if (readOut.kind === "adc") return readOut.bits * (parameters.conversionClocks?.value ?? 0);
  const one = parameters.decisionClocks?.value ?? 0;
  return readOut.kind === "multi-reference" ? one + readOut.references.length - 1 : one;
}

/** Groups of bit lines that are sensed one after another in a bank, those of reference cells among them. */
export function sensedGroups(placement: LayerPlacement, { array }: Technology): number {
  const { encoding, tileOutputs } = placement;
  const references = Math.ceil(referenceCells(encoding) / encoding.cellsPerWeight);
  // outputs whose bit lines are sensed at once
  const together = Math.max(1, Math.floor(array.sensedBitLines / encoding.cellsPerWeight));
  return Math.ceil((Math.min(placesOf(placement), tileOutputs) + references) / together);
}

/** Decisions of a position that are not made: bit planes are integrated, and compared once behind the last. */
export function clocksWithoutDecision(
  placement: LayerPlacement,
  layer: MatrixLayer,
  technology: Technology,
): number {
  const { presentation, readOut } = layer;
  const integrates = readOut.kind !== "adc" && readOut.kind !== "digital";
  if (presentation.kind !== "planes" || !integrates) return 0;
  const left = presentation.significances.length - 1;
  return left * sensedGroups(placement, technology) * decisionClocks(layer, technology);
}
