import type { Technology } from "./define.ts";
import type { ImageLayerCosts } from "./ir/image.ts";
import type { LayerPlacement } from "./ir/mapping.ts";
import type { MatrixLayer } from "./ir/network.ts";
import { blocksOf, referenceCells } from "./ir/placement.ts";

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
    channels: channels * (isIntegrated ? blocks.outputs : banks),
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

/** Clocks in which an output's sum becomes a decision, or a number one bit after another. */
export function decisionClocks({ readOut }: MatrixLayer, { parameters }: Technology): number {
  if (readOut.kind === "adc") return readOut.bits * (parameters.conversionClocks?.value ?? 0);
  return parameters.decisionClocks?.value ?? 0;
}
