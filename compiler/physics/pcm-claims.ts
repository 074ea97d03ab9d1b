import type { Claim, ClaimResult, Technology } from "../define.ts";
import { exp, log, pow } from "../math.ts";
import { between, claim, judge } from "./claim.ts";
import { valuesOf } from "./condition.ts";
import { pcmCell } from "./pcm-cell.ts";
import { circuitOutput, printedOutput } from "./readout-star.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** cells that the largest bit line of a 32-line MNIST read has on in LRS (device-models.md 3) */
const CELLS = 20;
/** and that of a 32-line read of Fashion-MNIST, which P4 does not accept */
const TOO_MANY = 26;

/** P1 to P8, P10 and P11 as far as device and circuit say them; accuracies (P9, P11) need the networks of examples/pcm-mnist. */
export const pcmClaims: readonly Claim[] = [
  claim("P1", "550uA", "arrays of 785 inputs, one of them always on", "7", ({ array }) =>
    judge(Math.ceil(785 / array.wordLines), near(7)),
  ),
  claim("P2", "550uA", "mean of codes 0000 and 1111, the reference of weight 0", "7.5", () =>
    judge((0 + 15) / 2, near(7.5), null, "level k stands at −3.5 σ + k·7σ/15"),
  ),
  claim(
    "P3",
    "550uA",
    "signal of the star, equation (2) as printed over the circuit",
    "1",
    starClaim,
  ),
  claim("P4", "550uA", "decoder drop over read voltage, 20 LRS cells", "at most 0.1", (t, c) =>
    judge(drop(t, c, CELLS), between(0, 0.1 + 1e-12), null, "MNIST at 32 word lines"),
  ),
  claim("P4", "550uA", "the same with 26 LRS cells", "above 0.1", (t, c) =>
    judge(
      drop(t, c, TOO_MANY),
      between(0.1, 1),
      null,
      "Fashion-MNIST at 32; what trained networks draw: xbc compile --explain",
    ),
  ),
  claim("P5", "550uA", "clocks of a group of bit lines in four segments", "10", (t, c) =>
    judge(groupClocks(t, c, 4), near(10)),
  ),
  claim("P6", "350uA", "spread of ln LRS after a day over the fresh one", "grows", (t, c) =>
    judge(lrsSpread(t, c, DAY) / lrsSpread(t, c, 1), between(1, 10), null, "0.098 to 0.15"),
  ),
  claim("P6", "350uA", "mean LRS conductance after a day over the fresh one", "falls", (t, c) =>
    judge(fall(t, c, "lrsDrift", DAY), between(0, 1)),
  ),
  claim("P6", "350uA", "mean HRS conductance after a day over the fresh one", "falls", (t, c) =>
    judge(fall(t, c, "hrsDrift", DAY), between(0, 1)),
  ),
  claim("P7", "150uA", "largest bit-line current, 20 cells", "165 µA ± 1 %", (t, c) =>
    judge(current(t, c, CELLS), between(165e-6 * 0.99, 165e-6 * 1.01)),
  ),
  claim("P7", "550uA", "largest bit-line current, 20 cells", "317 µA ± 1 %", (t, c) =>
    judge(current(t, c, CELLS), between(317e-6 * 0.99, 317e-6 * 1.01)),
  ),
  claim("P7", "150uA", "relative LRS spread over that at 550 µA", "above 1", (t, c) =>
    judge(lrsSpread(t, c, 1) / lrsSpread(t, "550uA", 1), between(1, 10)),
  ),
  claim("P8", "550uA", "comparator offset in steps of the 16 levels", "a parameter", offsetClaim),
  claim(
    "P10",
    "550uA",
    "interval of 152 groups of 10 clocks, seven arrays at once",
    "76 µs",
    (t, c) => judge(152 * groupClocks(t, c, 4) * valuesOf(t, c)("readTime"), near(76e-6)),
  ),
  claim("P10", "550uA", "latency with the second layer's 12 groups", "82 µs", (t, c) =>
    judge(
      (152 + 12) * groupClocks(t, c, 4) * valuesOf(t, c)("readTime"),
      near(82e-6),
      null,
      `by comparators, both layers in four segments; where its drop lets the second layer have two: ${secondInTwo(t, c)} µs; an arg max comes on top`,
    ),
  ),
  claim("P10", "550uA", "10,000 patterns, pipelined", "below 1 s", (t, c) =>
    judge(1e4 * 152 * groupClocks(t, c, 4) * valuesOf(t, c)("readTime"), between(0, 1)),
  ),
  claim("P11", "350uA", "error of a column after a day over the fresh one", "above 1", (t, c) =>
    judge(
      columnError(t, c, DAY) / columnError(t, c, 1),
      between(1, 10),
      null,
      `${columnError(t, c, 1).toFixed(1)}, ${columnError(t, c, HOUR).toFixed(1)}, ${columnError(t, c, DAY).toFixed(1)} steps at 1 s, 1 h, 1 d (100 lines on): drift alone costs`,
    ),
  ),
  claim("P11", "550uA", "decoder drop after a day over the fresh one", "below 1", (t, c) =>
    judge(
      fall(t, c, "lrsDrift", DAY),
      between(0, 1),
      null,
      "drift lowers currents and so eases drops",
    ),
  ),
];

const near = (value: number) => between(value * (1 - 1e-9), value * (1 + 1e-9));

/** Latency in µs where the second layer's arrays are read in two segments. */
function secondInTwo(technology: Technology, condition: string): string {
  const clocks =
    152 * groupClocks(technology, condition, 4) + 12 * groupClocks(technology, condition, 2);
  return (1e6 * clocks * valuesOf(technology, condition)("readTime")).toFixed(1);
}

/** The signal is what one bit line's current adds: its cells' own pedestal is left out. */
function starClaim(technology: Technology, condition: string): ClaimResult {
  const values = valuesOf(technology, condition);
  const star = {
    read_V: values("readVoltage"),
    transimpedance_Ohm: values("transimpedance"),
    gain: 1,
  };
  const none = [1e30, 1e30, 1e30, 1e30];
  const some = [2e3, 3e3, 5e3, 7e3];
  const printed = printedOutput(star, some) - printedOutput(star, none);
  const circuit = circuitOutput(star, some) - circuitOutput(star, none);
  const pedestal = printedOutput({ ...star, gain: 0 }, none) / star.read_V;
  return judge(
    printed / circuit,
    near(1),
    null,
    `the printed pedestal is ${pedestal.toFixed(3)} V_read, the circuit's 1; it cancels against the reference`,
  );
}

const current = (technology: Technology, condition: string, cells: number): number => {
  const values = valuesOf(technology, condition);
  return cells * pcmCell(values).lrsMean_S * values("readVoltage");
};

const drop = (technology: Technology, condition: string, cells: number): number => {
  const values = valuesOf(technology, condition);
  return (
    (current(technology, condition, cells) * values("decoderResistance")) / values("readVoltage")
  );
};

function groupClocks(technology: Technology, condition: string, segments: number): number {
  const values = valuesOf(technology, condition);
  return segments * values("readClocks") + values("decisionClocks");
}

/** σ of ln G in LRS at a time: √(s_0² + σ_ν² ln²(t/t_0)). */
function lrsSpread(technology: Technology, condition: string, time_s: number): number {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, lrsSpread_S } = pcmCell(values);
  const decades = log(time_s / values("driftOnset"));
  return Math.sqrt((lrsSpread_S / lrsMean_S) ** 2 + (values("lrsDriftSpread") * decades) ** 2);
}

function fall(technology: Technology, condition: string, exponent: string, time_s: number): number {
  const values = valuesOf(technology, condition);
  return pow(time_s / values("driftOnset"), -values(exponent));
}

/** lines that are on in a usual MNIST read */
const LINES_ON = 100;
/** half the variance of the reference comes on top (device-models.md 5.6) */
const REFERENCE = 1.22;

/** rms error of a column in steps of the 16 levels: √(n·85·½(cv_L² + cv_H² κ²))/(1 − κ), the reference's included. */
function columnError(technology: Technology, condition: string, time_s: number): number {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, hrsMedian_S, hrsSpread } = pcmCell(values);
  const decades = log(time_s / values("driftOnset"));
  const spread = Math.sqrt(hrsSpread ** 2 + (values("hrsDriftSpread") * decades) ** 2);
  const kappa =
    (hrsMedian_S * exp(-values("hrsDrift") * decades)) /
    (lrsMean_S * exp(-values("lrsDrift") * decades));
  const low = lrsSpread(technology, condition, time_s);
  const variance = LINES_ON * (64 + 16 + 4 + 1) * 0.5 * (low ** 2 + (spread * kappa) ** 2);
  return (REFERENCE * Math.sqrt(variance)) / (1 - kappa);
}

/** A step of the 16 levels at the comparator: V_read·R_T·gain·ΔG/15. */
function offsetClaim(technology: Technology, condition: string): ClaimResult {
  const values = valuesOf(technology, condition);
  const { lrsMean_S, hrsMedian_S } = pcmCell(values);
  const step_V =
    (values("readVoltage") *
      values("transimpedance") *
      values("stageGain") *
      (lrsMean_S - hrsMedian_S)) /
    15;
  return judge(
    values("comparatorOffset") / step_V,
    between(0, Number.POSITIVE_INFINITY),
    null,
    `σ of ${1000 * values("comparatorOffset")} mV at ${(1000 * step_V).toFixed(2)} mV a step; mismatch ${values("integratorMismatch")}; both assumed`,
  );
}
