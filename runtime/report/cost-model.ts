import type { CostModel } from "../../compiler/define.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import { valuesOf } from "../../compiler/physics/condition.ts";

/**
 * What a read costs, from the technology that the image carries: `readTime` (a clock), `convergenceTime`
 * (where a ternary read takes another time, L1), `pipelineClocks` (H3), `readEnergy` (a synapse, H13) and
 * `cellArea`, where the technology gives one.
 * @throws BAD_TECHNOLOGY if `readTime` or `readEnergy` is missing
 */
export function costModelOf({ technology, condition }: Costed): CostModel {
  const own = technology.conditions[condition]?.parameters ?? {};
  const parameter = (name: string) => own[name] ?? technology.parameters[name];
  const required = valuesOf(technology, condition);
  const source = (what: string, name: string) => {
    const found = parameter(name);
    return found ? [`${what}: ${found.source}`] : [];
  };
  const ternary = parameter("convergenceTime");
  const area = parameter("cellArea");
  return {
    clock_s: required("readTime"),
    ...(ternary ? { ternaryClock_s: ternary.value } : {}),
    pipelineClocks: parameter("pipelineClocks")?.value ?? 0,
    readEnergyPerSynapse_J: required("readEnergy"),
    cellArea_m2: area?.value ?? null,
    sources: [
      ...source("binary read", "readTime"),
      ...source("ternary read", "convergenceTime"),
      ...source("read energy", "readEnergy"),
      ...(area
        ? source("area of a cell, periphery excluded", "cellArea")
        : ["area: the paper gives none"]),
    ],
  };
}

type Costed = Pick<ProgrammingImage, "technology" | "condition">;

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
  const costs = costModelOf(image);
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

/** Energy of the reads of one inference: synapses sensed as scheduled, masked ones included (H13). */
export function readEnergyOf(image: Costed & Pick<ProgrammingImage, "costs">): number {
  const synapses = image.costs.reduce((sum, layer) => sum + layer.synapsesRead, 0);
  return synapses * costModelOf(image).readEnergyPerSynapse_J;
}
