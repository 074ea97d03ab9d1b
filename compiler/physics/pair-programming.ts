import type { ProgrammingDescription, Pulse, Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { type Values, valuesOf } from "./condition.ts";
import { cellLaws, hrsMedian } from "./oxram-pair.ts";

/**
 * How pairs are programmed, cell by cell (H4): forming once, then SET to LRS or RESET to HRS. Energies
 * are V·I·t at compliance times the share of the pulse that the current flows.
 * @throws BAD_TECHNOLOGY if `conventions.sourceLine` is neither "per-pair" nor "per-row"
 */
export function pairProgramming(technology: Technology, condition: string): ProgrammingDescription {
  const values = valuesOf(technology, condition);
  const sourceLine = sourceLineOf(technology);
  return {
    forming: formingPulse(values),
    levels: pairLevels(values),
    routines: [{ kind: "once", name: "once" }],
    unselected: {
      wordLines: "grounded",
      // a source line along the row would SET every other cell whose bit line is at ground
      bitLines: sourceLine === "per-pair" ? "grounded" : "follow source line",
      complement: "follows source line",
    },
    sourceLine,
    readBias: null,
    energySource:
      `SET and RESET: V·I·t at compliance, the upper bound, times ${values("energyEfficiency")} ` +
      "(assumed; keeps H10's ranges); forming: half of V·I·t of the ramp, an upper bound",
  };
}

/** HRS and LRS with their medians; between them lies the mid reference, the geometric mean of both (H6). */
function pairLevels(values: Values): ProgrammingDescription["levels"] {
  const cell = cellLaws(values);
  const [hrs_S, lrs_S] = [1 / hrsMedian(cell), 1 / cell.lrsMedian_Ohm];
  const border_S = Math.sqrt(hrs_S * lrs_S);
  return [
    {
      level: 0,
      name: "HRS",
      pulses: [resetPulse(values)],
      range: { low_S: 0, aim_S: hrs_S, high_S: border_S },
    },
    {
      level: 1,
      name: "LRS",
      pulses: [setPulse(values)],
      range: { low_S: border_S, aim_S: lrs_S, high_S: MOST_S },
    },
  ];
}

/** no cell conducts as much: the upper end of a range that has none */
const MOST_S = 1;

function sourceLineOf(technology: Technology): "per-pair" | "per-row" {
  const found = technology.conventions.sourceLine;
  if (found === "per-pair" || found === "per-row") return found;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${technology.name}, conventions.sourceLine: needs "per-pair" or "per-row", ` +
      `found ${found === undefined ? "nothing" : `"${found}"`}; say how the source lines run`,
  );
}

/** The ramp that forms a cell once (H4). */
export function formingPulse(values: Values): Pulse {
  const top = values("formingVoltage");
  const rate = values("formingRamp");
  const current = values("formingCurrent");
  return {
    operation: "forming",
    wordLine_V: wordLineFor(values, current),
    bitLine_V: 0,
    sourceLine_V: top,
    complianceCurrent_A: current,
    duration_s: top / rate,
    ramp_V_per_s: rate,
    energy_J: 0.5 * top * current * (top / rate),
  };
}

function setPulse(values: Values): Pulse {
  const current = values("setCurrent");
  return {
    operation: "SET",
    wordLine_V: wordLineFor(values, current),
    bitLine_V: 0,
    sourceLine_V: values("setVoltage"),
    complianceCurrent_A: current,
    duration_s: values("setPulse"),
    ramp_V_per_s: null,
    energy_J: pulseEnergy(values, "setVoltage", "setPulse"),
  };
}

/** The gate voltage that limits the current to the compliance; linear above the threshold. */
export function wordLineFor(values: Values, compliance_A: number): number {
  return values("gateThreshold") + compliance_A / values("gateTransconductance");
}

function resetPulse(values: Values): Pulse {
  return {
    operation: "RESET",
    wordLine_V: values("resetWordLine"),
    bitLine_V: values("resetVoltage"),
    sourceLine_V: 0,
    complianceCurrent_A: null,
    duration_s: values("resetPulse"),
    ramp_V_per_s: null,
    energy_J: pulseEnergy(values, "resetVoltage", "resetPulse"),
  };
}

/** Energy of a SET or RESET; a RESET starts from the current that the SET left. */
export function pulseEnergy(values: Values, voltage: string, pulse: string): number {
  return values("energyEfficiency") * energyBound(values, voltage, pulse);
}

/** V·I·t at compliance: no pulse takes more. */
export function energyBound(values: Values, voltage: string, pulse: string): number {
  return values(voltage) * values("setCurrent") * values(pulse);
}
