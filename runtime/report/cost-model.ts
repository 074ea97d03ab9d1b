import type { CostModel } from "../../compiler/define.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";

type Costed = Pick<ProgrammingImage, "costModel">;

/** Seconds of one clock of a layer: a ternary read waits for the pairs that do not decide (L1). */
export function clockOf(placement: LayerPlacement, costs: CostModel): number {
  const isTernary = placement.encoding.senses.some((sense) => sense.digits === "ternary");
  return isTernary ? (costs.ternaryClock_s ?? costs.clock_s) : costs.clock_s;
}

export interface Timing {
  /** of all layers of one inference, one after the other */
  readonly clocks: number;
  /** between inferences, when every layer works on another one: the slowest layer's time */
  readonly interval_s: number;
  /** of one inference from input to output, the pipeline of each layer included (H3) */
  readonly latency_s: number;
}

/** Time of one inference. Digital and float layers take none: they are not modelled. */
export function timingOf(image: Costed & Pick<ProgrammingImage, "placements" | "costs">): Timing {
  const costs = image.costModel;
  let clocks = 0;
  let interval_s = 0;
  let latency_s = 0;
  for (const [index, placement] of image.placements.entries()) {
    const layer = image.costs[index];
    const clock_s = clockOf(placement, costs);
    clocks += layer.clocks;
    interval_s = Math.max(interval_s, layer.clocks * clock_s);
    latency_s += (layer.clocks + costs.pipelineClocks) * clock_s;
  }
  return { clocks, interval_s, latency_s };
}
