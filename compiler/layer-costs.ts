import { analogCosts, clocksWithoutDecision } from "./analog-costs.ts";
import type { CostModel, TargetSpec } from "./define.ts";
import type { ImageLayerCosts } from "./ir/image.ts";
import type { LayerPlacement } from "./ir/mapping.ts";
import type { MatrixLayer, Presentation } from "./ir/network.ts";
import { replicasOf, roundsOf } from "./ir/replicas.ts";
import { sizeOf } from "./ir/tensor.ts";

/** How many times a layer's cells are presented with inputs. */
export function presentationsOf(presentation: Presentation): number {
  switch (presentation.kind) {
    case "once":
      return 1;
    case "planes":
      return presentation.significances.length;
    case "stochastic":
      return presentation.presentations;
    // its positions are the steps
    case "spikes":
      return 1;
  }
}

/** Positions at which a layer's matrix is applied in one inference. */
export function positionsOf(layer: MatrixLayer): number {
  return layer.access.kind === "dense" ? layer.access.positions : sizeOf(layer.access.output);
}

/** Clocks of one inference: each round of positions takes the clocks of one. */
export function layerClocks(
  placement: LayerPlacement,
  layer: MatrixLayer,
  technology: TargetSpec["technology"],
): number {
  const rounds = roundsOf(positionsOf(layer), replicasOf(placement));
  const presented = placement.clocks * presentationsOf(layer.presentation);
  return rounds * (presented - clocksWithoutDecision(placement, layer, technology));
}

/** Seconds of one clock of a layer: a ternary read waits for the pairs that do not decide (L1). */
export function clockOf({ encoding }: LayerPlacement, costs: CostModel): number {
  const isTernary = encoding.senses.some((sense) => sense.digits === "ternary");
  return isTernary ? (costs.ternaryClock_s ?? costs.clock_s) : costs.clock_s;
}

/** @param segments read segments of one presentation of one round */
export function layerCosts(
  placement: LayerPlacement,
  layer: MatrixLayer,
  segments: number,
  technology: TargetSpec["technology"],
): ImageLayerCosts {
  const weights = layer.inputs * layer.outputs;
  const positions = positionsOf(layer);
  const repeats = positions * presentationsOf(layer.presentation);
  return {
    layer: layer.id,
    weights,
    macs: weights * positions,
    cells: weights * placement.encoding.cellsPerWeight * replicasOf(placement),
    capacity: placement.banks * placement.bankWordLines * placement.bankBitLines,
    tiles: placement.banks,
    segments,
    clocks: layerClocks(placement, layer, technology),
    synapsesRead: weights * repeats,
    ...analogCosts(placement, layer, technology, repeats),
  };
}
