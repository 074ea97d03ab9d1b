import type { CostModel, ProgrammingDescription, Pulse, Technology } from "../define.ts";
import { XbcError } from "../errors.ts";
import { normalDistribution } from "../math.ts";
import { type Values, valuesOf } from "./condition.ts";
import type { CrossbarWires } from "./crossbar-bounds.ts";
import {
  meanFactor,
  type SubthresholdCell,
  senseLevel,
  subthresholdCell,
} from "./subthreshold-cell.ts";

/** The wires of a technology's banks (S3). */
export function crossbarWires(technology: Technology, condition: string): CrossbarWires {
  const value = valuesOf(technology, condition);
  return {
    wordLineWire_Ohm: value("wireResistance"),
    bitLineWire_Ohm: value("wireResistance"),
    mostCurrent_A: value("currentDensity") * value("minimumFeature") * value("wireThickness"),
    leakageBudget: value("leakageBudget"),
    dropBudget: value("dropBudget"),
  };
}

/** What a read of cells without transistors takes: V·I·t of each cell, half of the voltage beside them (S5, S6). */
export function crossbarCosts(technology: Technology, condition: string): CostModel {
  const value = valuesOf(technology, condition);
  const cell = subthresholdCell(technology, condition);
  const feature = value("minimumFeature");
  if (!(value("readTime") > 0)) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}: needs a readTime above 0 s, found ${value("readTime")} s; give the pulse of a read`,
    );
  }
  const source = (name: string) =>
    (technology.conditions[condition]?.parameters[name] ?? technology.parameters[name]).source;
  return {
    clock_s: value("readTime"),
    ternaryClock_s: null,
    pipelineClocks: value("pipelineClocks"),
    read: {
      kind: "by-current",
      read_V: cell.read_V,
      pulse_s: value("readTime"),
      currents_A: meanCurrents(cell, cell.high_A, cell.low_A),
      halfSelected_A: meanCurrents(cell, cell.halfHigh_A, cell.halfLow_A),
    },
    cellArea_m2: (2 * feature) ** 2,
    sources: [
      `read: ${source("readTime")}`,
      "read energy: V·I·t of the cells of the word lines that are read, and of half-selected ones (S5, S6)",
      `area of a cell, (2 CD_min)², periphery excluded (S5): ${source("minimumFeature")}`,
    ],
  };
}

/** By level: HRS, LRS. */
const meanCurrents = (cell: SubthresholdCell, high_A: number, low_A: number) => [
  high_A * meanFactor(cell.highSpread),
  low_A * meanFactor(cell.lowSpread),
];

/** Half-selected cells must stay this many spreads below V_th,LRS while another cell is written. */
const DISTURB_SPREADS = 3;
/** A selected cell must be this many above it, or it is not written. */
const OPENING_SPREADS = 3;

/**
 * Forming, SET and RESET through a selector that opens above V_th, all other lines at half the voltage (S1). The word
 * line is above the bit line for forming and SET, below it for RESET.
 * @throws BAD_TECHNOLOGY where a half-selected cell would open, or a selected one would not
 */
export function crossbarProgramming(
  technology: Technology,
  condition: string,
): ProgrammingDescription {
  const value = valuesOf(technology, condition);
  const cell = subthresholdCell(technology, condition);
  const voltage = (name: string) => value(name) * cell.threshold_V;
  const ratios = ["formingRatio", "setRatio", "resetRatio"];
  const most = Math.max(...ratios.map(voltage));
  for (const name of ratios) {
    if (
      voltage(name) - cell.threshold_V >= OPENING_SPREADS * cell.thresholdSpread_V &&
      value(name) > 1
    )
      continue;
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}: needs a ${name} that opens the selector, ${OPENING_SPREADS} spreads above V_th,LRS ` +
        `${cell.threshold_V.toPrecision(3)} V, found ${value(name)}, ${voltage(name).toPrecision(3)} V; raise it`,
    );
  }
  const margin = (cell.threshold_V - most / 2) / cell.thresholdSpread_V;
  if (margin < DISTURB_SPREADS) {
    throw new XbcError(
      "BAD_TECHNOLOGY",
      `technology ${technology.name}: half of the largest write voltage needs to lie ${DISTURB_SPREADS} spreads below V_th,LRS ` +
        `${cell.threshold_V.toPrecision(3)} V, so that no half-selected cell opens; found ${(most / 2).toPrecision(3)} V, ` +
        `${margin.toPrecision(3)} spreads; lower formingRatio, setRatio or resetRatio`,
    );
  }
  const border_S = senseLevel(cell) / cell.read_V;
  return {
    forming: pulse(value, "forming", voltage("formingRatio"), "formingCurrent", "formingPulse"),
    levels: [
      {
        level: 0,
        name: "HRS",
        pulses: [pulse(value, "RESET", voltage("resetRatio"), null, "resetPulse")],
        range: { low_S: 0, aim_S: cell.high_A / cell.read_V, high_S: border_S },
      },
      {
        level: 1,
        name: "LRS",
        pulses: [pulse(value, "SET", voltage("setRatio"), "setCurrent", "setPulse")],
        range: { low_S: border_S, aim_S: cell.low_A / cell.read_V, high_S: MOST_S },
      },
    ],
    routines: [{ kind: "once", name: "once" }],
    unselected: { wordLines: "half voltage", bitLines: "half voltage", complement: "none" },
    sourceLine: "none",
    readBias: {
      wordLine_V: cell.read_V,
      bitLine_V: 0,
      unselected_V: cell.read_V / 2,
      duration_s: value("readTime"),
      switching: cell.switching,
      note:
        `half-selected cells see at most ${(most / 2).toPrecision(3)} V while others are written, ${margin.toPrecision(3)} spreads ` +
        `below V_th,LRS: P(disturb) ${normalDistribution(-margin).toExponential(1)} a cell`,
    },
    energySource: "V·I·t at compliance (RESET: at the SET current), an upper bound (assumed)",
  };
}

/** no cell conducts as much: the upper end of a range that has none */
const MOST_S = 1;

function pulse(
  value: Values,
  operation: Pulse["operation"],
  voltage_V: number,
  compliance: string | null,
  duration: string,
): Pulse {
  const current_A = value(compliance ?? "setCurrent");
  const duration_s = value(duration);
  const reset = operation === "RESET";
  return {
    operation,
    wordLine_V: reset ? 0 : voltage_V,
    bitLine_V: reset ? voltage_V : 0,
    sourceLine_V: null,
    complianceCurrent_A: compliance === null ? null : current_A,
    duration_s,
    ramp_V_per_s: null,
    energy_J: voltage_V * current_A * duration_s,
  };
}
