import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { clockOf } from "../../compiler/layer-costs.ts";

type Costed = Pick<ProgrammingImage, "costModel">;

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
