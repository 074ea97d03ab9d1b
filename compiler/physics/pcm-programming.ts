import type { ProgrammingDescription, Pulse, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { pcmCell } from "./pcm-cell.ts";

/** no cell conducts as much: the upper end of a range that has none */
const MOST_S = 1;

/**
 * How phase-change cells are programmed: forming once at the condition's current (P7), then SET (crystalline, LRS) or
 * RESET (amorphous, HRS). The paper gives the forming current alone; voltages and pulses are assumed.
 */
export function pcmProgramming(technology: Technology, condition: string): ProgrammingDescription {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, hrsMedian_S } = pcmCell(values);
  const border_S = Math.sqrt(lrsMean_S * hrsMedian_S);
  const pulse = (operation: Pulse["operation"], current_A: number, duration_s: number): Pulse => ({
    operation,
    wordLine_V: values("programWordLine"),
    bitLine_V: values("programBitLine"),
    sourceLine_V: 0,
    complianceCurrent_A: current_A,
    duration_s,
    ramp_V_per_s: null,
    energy_J: values("programBitLine") * current_A * duration_s,
  });
  return {
    forming: pulse("forming", values("formingCurrent"), values("formingPulse")),
    levels: [
      {
        level: 0,
        name: "HRS",
        pulses: [pulse("RESET", values("resetCurrent"), values("resetPulse"))],
        range: { low_S: 0, aim_S: hrsMedian_S, high_S: border_S },
      },
      {
        level: 1,
        name: "LRS",
        pulses: [pulse("SET", values("setCurrent"), values("setPulse"))],
        range: { low_S: border_S, aim_S: lrsMean_S, high_S: MOST_S },
      },
    ],
    routines: [{ kind: "once", name: "once" }],
    unselected: { wordLines: "grounded", bitLines: "grounded", complement: "none" },
    sourceLine: "per-pair",
    readBias: null,
    energySource:
      "V·I·t of each pulse, an upper bound; voltages, currents and times but for forming are assumed",
  };
}
