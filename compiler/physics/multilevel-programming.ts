import type { ProgrammingDescription, ProgrammingRoutine, Pulse, Technology } from "../define.ts";
import { type Values, valuesOf } from "./condition.ts";
import { cellRanges, multilevelOf } from "./multilevel-technology.ts";
import { formingPulse, wordLineFor } from "./pair-programming.ts";

/**
 * Multilevel cells: forming once, a RESET to the low-conductance state, a SET whose compliance current aims at a
 * level; and the routines that repeat it until a verify passes (R3), the condition's own first.
 */
export function multilevelProgramming(
  technology: Technology,
  condition: string,
): ProgrammingDescription {
  const values = valuesOf(technology, condition);
  const ranges = cellRanges(multilevelOf(technology, condition));
  const reset = resetPulse(values, ranges[ranges.length - 1].aim_S);
  return {
    forming: formingPulse(values),
    levels: ranges.map((range, level) => ({
      level,
      name: level === 0 ? "LCS" : `HCS${level}`,
      pulses: level === 0 ? [reset] : [setPulse(values, range.aim_S)],
      range,
    })),
    routines: routinesOf(technology, condition, reset),
    unselected: { wordLines: "grounded", bitLines: "grounded", complement: "none" },
    sourceLine: "per-pair",
    readBias: null,
    energySource:
      `SET and RESET: V·I·t at compliance, the upper bound, times ${values("energyEfficiency")} (assumed), ` +
      "RESET at the highest level's current; forming: half of V·I·t of the ramp, an upper bound",
  };
}

/** Current of each level at the read voltage. */
export function readCurrents(technology: Technology, condition: string): readonly number[] {
  const read_V = valuesOf(technology, condition)("readVoltage");
  return cellRanges(multilevelOf(technology, condition)).map(({ aim_S }) => aim_S * read_V);
}

/** A routine for each condition of the technology, by its name. */
function routinesOf(
  technology: Technology,
  condition: string,
  retry: Pulse,
): readonly ProgrammingRoutine[] {
  const names = Object.keys(technology.conditions).filter((name) => name !== condition);
  return [condition, ...names].map((name) => {
    const values = valuesOf(technology, name);
    const limit = values("movementLimit");
    const wait_s = values("verifyWait");
    return {
      kind: "verify",
      name,
      wait_s,
      movementLimit: limit === 0 || wait_s === 0 ? null : limit,
      mostIterations: values("mostIterations"),
      retry,
      readTime_s: values("readTime"),
      // an upper bound: the highest level's current
      readEnergy_J: values("readVoltage") ** 2 * values("highestConductance") * values("readTime"),
    };
  });
}

function setPulse(values: Values, aim_S: number): Pulse {
  const current = aim_S * values("currentPerConductance");
  const voltage = values("setVoltage");
  const duration_s = values("setPulse");
  return {
    operation: "SET",
    wordLine_V: wordLineFor(values, current),
    bitLine_V: 0,
    sourceLine_V: voltage,
    complianceCurrent_A: current,
    duration_s,
    ramp_V_per_s: null,
    energy_J: values("energyEfficiency") * voltage * current * duration_s,
  };
}

function resetPulse(values: Values, highest_S: number): Pulse {
  const voltage = values("resetVoltage");
  const duration_s = values("resetPulse");
  const current = highest_S * values("currentPerConductance");
  return {
    operation: "RESET",
    wordLine_V: values("resetWordLine"),
    bitLine_V: voltage,
    sourceLine_V: 0,
    complianceCurrent_A: null,
    duration_s,
    ramp_V_per_s: null,
    energy_J: values("energyEfficiency") * voltage * current * duration_s,
  };
}
