import type { Claim, ClaimResult, Technology } from "../define.ts";
import { exp } from "../math.ts";
import { deriveKey, fillWords, normalOf } from "../random.ts";
import { between, claim, judge } from "./claim.ts";
import { mostLeaking, squareBank, wordLineCurrent } from "./crossbar-bounds.ts";
import { crossbarProgramming, crossbarWires } from "./crossbar-device.ts";
import { type Sampled, type Sampling, wilson } from "./pair-sampling.ts";
import {
  cellBer,
  type SubthresholdCell,
  senseLevel,
  subthresholdCell,
} from "./subthreshold-cell.ts";

/** S1 to S5 and S7 as far as the device says them; S6 and the accuracies of S7 need a network. */
export const crossbarClaims: readonly Claim[] = [
  claim("S1", "ideal", "I_LRS over I_th at V_read = V_th,LRS", "1", (technology, condition) => {
    const cell = subthresholdCell(technology, condition);
    const { current_A } = threshold(technology);
    return judge(cell.low_A / current_A, between(1 - 1e-9, 1 + 1e-9));
  }),
  claim(
    "S1",
    "guarded",
    "chance that a read switches an LRS cell",
    "below 0.5",
    (technology, condition) => {
      const cell = subthresholdCell(technology, condition);
      return judge(
        cell.switching,
        between(0, 0.5),
        null,
        `V_read ${cell.read_V.toFixed(3)} V; at V_th itself half of them would`,
      );
    },
  ),
  claim(
    "S1",
    "guarded",
    "spreads between V_th,LRS and a half-selected cell during a write",
    "above 0",
    disturbMargin,
  ),
  claim(
    "S2",
    "guarded",
    "leakage of the largest square bank over 0.9·I_LRS, and one line more",
    "below 1, then not",
    (technology, condition) => {
      const cell = subthresholdCell(technology, condition);
      const wires = crossbarWires(technology, condition);
      const lines = squareBank(cell, wires);
      const use = (n: number) =>
        (2 * (n - 1) * cell.halfLow_A) / (wires.leakageBudget * cell.low_A);
      const met = use(lines) < 1 && use(lines + 1) >= 1 - 1e-9;
      return {
        ...judge(
          use(lines),
          between(0, 1),
          null,
          `${lines} lines; one more: ${use(lines + 1).toPrecision(5)}`,
        ),
        met,
        missedBy: met ? "" : "the bank is not the largest",
      };
    },
  ),
  claim("S2", "ideal", "bank for leakage / 10, over bank for I_LRS · 10", "1", (technology) => {
    const lines = (name: string, factor: number) =>
      bankOf(scaled(technology, name, factor), "ideal");
    return judge(
      lines("leakageCurrent", 0.1) / lines("thresholdCurrent", 10),
      between(1, 1 + 1e-12),
      null,
      `${lines("leakageCurrent", 0.1)} and ${lines("thresholdCurrent", 10)} lines`,
    );
  }),
  claim(
    "S2",
    "guarded",
    "lines of a parallel read over those of capacity",
    "at least 1",
    (technology, condition) => {
      const cell = subthresholdCell(technology, condition);
      const wires = crossbarWires(technology, condition);
      return judge(
        (mostLeaking(cell, wires) + 1) / squareBank(cell, wires),
        between(1, Number.POSITIVE_INFINITY),
        null,
        "a sensed bit line collects only its own half-selected cells",
      );
    },
  ),
  claim(
    "S3",
    "ideal",
    "WL current of k bit lines over k·I_LRS, half of the cells in LRS, no leakage",
    "0.55",
    (technology, condition) => {
      const cell = { ...subthresholdCell(technology, condition), halfLow_A: 0 };
      return judge(
        wordLineCurrent(cell, 100, 40, 0.5) / (40 * cell.low_A),
        between(0.55 - 1e-9, 0.55 + 1e-9),
      );
    },
  ),
  claim(
    "S4",
    "ideal",
    "bank of a thicker selector (20 nm) over that of the reference",
    "above 1",
    (technology, condition) => grows(technology, condition, "selectorThickness", 20 / 15),
  ),
  claim(
    "S4",
    "ideal",
    "bank of a smaller cell (28 nm) over that of the reference",
    "above 1",
    (technology, condition) => grows(technology, condition, "cellSize", 28 / 50),
  ),
  claim(
    "S4",
    "ideal",
    "V_th of a thicker selector (20 nm) over that of the reference",
    "above 1",
    (technology, condition) => {
      const thick = subthresholdCell(scaled(technology, "selectorThickness", 20 / 15), condition);
      return judge(
        thick.threshold_V / subthresholdCell(technology, condition).threshold_V,
        between(1 + 1e-9, Number.POSITIVE_INFINITY),
      );
    },
  ),
  claim(
    "S4",
    "ideal",
    "V_th of a smaller cell (28 nm) over that of the reference",
    "1",
    (technology, condition) => {
      const small = subthresholdCell(scaled(technology, "cellSize", 28 / 50), condition);
      return judge(
        small.threshold_V / subthresholdCell(technology, condition).threshold_V,
        between(1 - 1e-12, 1 + 1e-12),
      );
    },
  ),
  claim("S5", "guarded", "area of a cell over (2 · CD_min)²", "1", (technology) => {
    const feature = technology.parameters.minimumFeature.value;
    return judge((2 * feature) ** 2 / (4 * feature * feature), between(1 - 1e-12, 1 + 1e-12));
  }),
  claim(
    "S7",
    "guarded",
    "BER of a cell, read with its leakage known",
    "tolerated: up to 1e-2",
    berClaim,
  ),
  claim(
    "S7",
    "wide",
    "BER of a cell, read with its leakage known",
    "tolerated: up to 1e-2",
    berClaim,
  ),
];

/** A technology with one parameter multiplied. */
function scaled(technology: Technology, name: string, factor: number): Technology {
  const before = technology.parameters[name];
  const parameters = {
    ...technology.parameters,
    [name]: { ...before, value: before.value * factor },
  };
  return { ...technology, parameters };
}

const bankOf = (technology: Technology, condition: string): number =>
  squareBank(subthresholdCell(technology, condition), crossbarWires(technology, condition));

/** I_th at the technology's thickness and size: the current at V_read = V_th. */
const threshold = (technology: Technology) => ({
  current_A: subthresholdCell(scaled(technology, "readBelowThreshold", 0), "guarded").low_A,
});

function grows(
  technology: Technology,
  condition: string,
  name: string,
  factor: number,
): ClaimResult {
  const other = bankOf(scaled(technology, name, factor), condition);
  const here = bankOf(technology, condition);
  return judge(
    other / here,
    between(1 + 1e-9, Number.POSITIVE_INFINITY),
    null,
    `${here} to ${other} lines`,
  );
}

function disturbMargin(technology: Technology, condition: string): ClaimResult {
  const { readBias } = crossbarProgramming(technology, condition);
  const cell = subthresholdCell(technology, condition);
  const most = Math.max(
    ...["formingRatio", "setRatio", "resetRatio"].map((name) => technology.parameters[name].value),
  );
  const margin = (cell.threshold_V * (1 - most / 2)) / cell.thresholdSpread_V;
  return judge(margin, between(0, Number.POSITIVE_INFINITY), null, readBias?.note ?? "");
}

function berClaim(technology: Technology, condition: string, options: Sampling): ClaimResult {
  const cell = subthresholdCell(technology, condition);
  const reference = senseLevel(cell);
  const value = cellBer(cell, reference);
  return judge(
    value,
    between(0, 1.05e-2),
    sampledBer(cell, reference, options),
    `reference ${(reference / cell.low_A).toFixed(3)} of I_LRS above the leakage`,
  );
}

/** Each sample is one cell in LRS and one in HRS. */
function sampledBer(cell: SubthresholdCell, reference_A: number, options: Sampling): Sampled {
  const key = deriveKey(options.seed, "characterize/1s1r", 0, 0);
  const chunk = 4096;
  const words = new Uint32Array(2 * chunk);
  let wrong = 0;
  for (let first = 0, part = 0; first < options.samples; first += chunk, part++) {
    fillWords(key, part, 0, 0, words);
    for (let i = 0; i < Math.min(chunk, options.samples - first); i++) {
      const low = cell.low_A * exp(cell.lowSpread * normalOf(words[2 * i]));
      const high = cell.high_A * exp(cell.highSpread * normalOf(words[2 * i + 1]));
      wrong += Number(low < reference_A) + Number(high >= reference_A);
    }
  }
  return wilson(wrong, 2 * options.samples);
}
