import type { CostModel, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { pcmCell } from "./pcm-cell.ts";

/** Clocks of P5, and the energy of the cells that conduct while a group of bit lines is read. */
export function pcmCosts(technology: Technology, condition: string): CostModel {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, hrsMedian_S } = pcmCell(values);
  const read_V = values("readVoltage");
  const clock_s = values("readTime");
  const source = (name: string) => technology.parameters[name]?.source ?? "";
  return {
    clock_s,
    ternaryClock_s: null,
    pipelineClocks: values("pipelineClocks"),
    conversionStep_J: values("conversionEnergy"),
    read: {
      kind: "by-current",
      read_V,
      pulse_s: values("readClocks") * clock_s,
      currents_A: [hrsMedian_S * read_V, lrsMean_S * read_V],
      halfSelected_A: [0, 0],
    },
    cellArea_m2: null,
    sources: [
      `clock: ${source("readTime")}`,
      `read energy: V·I·t of mean cells without drops, clamp and amplifiers left out; LRS ${source("lrsReference")}`,
      "area: the paper gives none",
    ],
  };
}
