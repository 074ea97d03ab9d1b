import {
  type CostModel,
  defineParameter,
  defineTarget,
  type Technology,
} from "../compiler/define.ts";
import { valuesOf } from "../compiler/physics/condition.ts";
import { multilevelClaims } from "../compiler/physics/multilevel-claims.ts";
import { multilevelNoise } from "../compiler/physics/multilevel-noise.ts";
import { multilevelProgramming, readCurrents } from "../compiler/physics/multilevel-programming.ts";
import { wholeArray } from "./limits/whole-array.ts";

/** Multilevel OxRAM cells, a weight as the difference of two (R1–R8). */

const fit = "scripts/fit-rram.mjs";
const likeH4 = "assumed: as the same group's cells (H4)";

const levels = {
  levels: defineParameter(9, "1", "R1", "levels of a cell, the low-conductance state included", {
    minimum: 2,
    maximum: 16,
  }),
  lowestConductance: defineParameter(
    20e-6,
    "S",
    "assumed: compliance current over 1 V at H4's least, 20 µA",
    "lower end of the conducting levels",
  ),
  highestConductance: defineParameter(
    200e-6,
    "S",
    "assumed: compliance current over 1 V at H4's most, 200 µA",
    "upper end of the conducting levels",
  ),
  guard: defineParameter(
    0.1,
    "1",
    "assumed: keeps neighbouring ranges apart",
    "share of a range's pitch that a verify leaves out at both ends",
    { minimum: 0, maximum: 0.45 },
  ),
  lcsConductance: defineParameter(
    5e-6,
    "S",
    "assumed: the text gives no value",
    "median of the low-conductance state",
  ),
  lcsSpread: defineParameter(
    0.3,
    "ln",
    "assumed: the text gives no value",
    "spread of the low-conductance state, which does not relax",
  ),
  levelRounding: defineParameter(
    0.02,
    "1",
    "assumed: small beside the width of a range",
    "most that a level's integer value may differ from its aim, in distances to its neighbour",
    { minimum: 0, maximum: 0.5 },
  ),
};

const device = {
  elapsed: defineParameter(
    60,
    "s",
    "assumed: a network is used a minute after it is programmed",
    "time since programming where none is given",
  ),
  setSpread: defineParameter(
    8e-6,
    "S",
    "assumed: shown only as a plot (Fig. 1d)",
    "σ of a single SET at the reference conductance; grows as its root, so the CV falls",
  ),
  setReference: defineParameter(
    50e-6,
    "S",
    "assumed: where σ is stated",
    "reference of the SET's spread",
  ),
  relaxationScale: defineParameter(
    1.73e-6,
    "S",
    `fitted: R4 (85 % of 8 and 70 % of 15 levels), ${fit}`,
    "s: movement of a cell with x = 1 in the first seconds, at the reference conductance",
  ),
  relaxationReference: defineParameter(
    31e-6,
    "S",
    "assumed: where s is stated",
    "reference of the relaxation; s grows as the fourth root of a conductance over it",
  ),
  relaxationTail: defineParameter(
    0.364,
    "1",
    `fitted: R4 (85 % of 8 and 70 % of 15 levels), ${fit}`,
    "λ: slow movement of λ·x³·s a decade: few cells far, most hardly",
  ),
  relaxationFall: defineParameter(
    0,
    "1",
    "assumed: the text gives no shift of the mean",
    "m: fall of all cells alike, in s a decade",
  ),
  fastTime: defineParameter(2.5, "s", "assumed: 96 % of the fast part within 8 s (R4)", "τ"),
  slowTime: defineParameter(60, "s", "assumed: where the slow movement sets in", "T_1"),
  leastConductance: defineParameter(1e-6, "S", "assumed: a bound", "no cell falls below"),
  mostConductance: defineParameter(250e-6, "S", "assumed: a bound", "no cell rises above"),
};

const programming = {
  verifyWait: defineParameter(
    5,
    "s",
    "R3",
    "Δt between the two reads of a verify; 0: one read at once",
  ),
  movementLimit: defineParameter(
    0.38,
    "1",
    `fitted: R3 (three times the iterations), ${fit}`,
    "q: a cell that moved by more than q·s during the wait is programmed again; 0: only the range counts",
  ),
  mostIterations: defineParameter(
    200,
    "1",
    "assumed: a healthy cell needs them once in 10^12",
    "SETs after which a cell is left as it is and reported",
    { minimum: 1, maximum: 65535 },
  ),
  setVoltage: defineParameter(2, "V", likeH4, "source line during SET"),
  setPulse: defineParameter(1e-6, "s", likeH4, "duration of SET"),
  currentPerConductance: defineParameter(
    1,
    "V",
    "assumed: 20–200 µA give 20–200 µS",
    "compliance current over the conductance that it leaves",
  ),
  resetVoltage: defineParameter(2.5, "V", likeH4, "bit line during RESET"),
  resetPulse: defineParameter(1e-6, "s", likeH4, "duration of RESET"),
  resetWordLine: defineParameter(3.3, "V", likeH4, "word line during RESET"),
  formingVoltage: defineParameter(3.3, "V", likeH4, "top of the forming ramp on the source line"),
  formingRamp: defineParameter(1000, "V/s", likeH4, "rate of the forming ramp"),
  formingCurrent: defineParameter(200e-6, "A", likeH4, "compliance current of forming"),
  gateThreshold: defineParameter(
    0.5,
    "V",
    "assumed: the text gives no gate voltages",
    "word line voltage at which the selector begins to conduct",
  ),
  gateTransconductance: defineParameter(
    200e-6,
    "S",
    "assumed: the text gives no gate voltages",
    "compliance current per volt above that threshold",
  ),
  energyEfficiency: defineParameter(
    0.75,
    "1",
    "assumed: as 1 µs pulses of the same group's cells (H10)",
    "share of V·I·t that a pulse takes",
    { minimum: 0, maximum: 1 },
  ),
};

const reading = {
  readVoltage: defineParameter(
    0.2,
    "V",
    "assumed: a single read voltage (R1), value not given",
    "read",
  ),
  readTime: defineParameter(1e-6, "s", "assumed: the text gives none", "one read, and one clock"),
  pipelineClocks: defineParameter(
    0,
    "1",
    "assumed: the comparator decides within the clock",
    "clocks from the last read to the activation",
  ),
};

const technology: Technology = {
  name: "rram-1t1r",
  basedOn: "rram-1t1r",
  summary: "Multilevel HfO2 OxRAM behind transistors in arrays of 32 x 32, currents compared",
  readOut: "comparator",
  array: {
    wordLines: 32,
    bitLines: 32,
    inputsOn: "word lines",
    activeWordLines: 32,
    sensedBitLines: 32,
  },
  encodings: ["differential-multilevel", "multilevel-sliced"],
  conventions: { levelLayout: "equal-centres", pairs: "low-conductance", integrator: "none" },
  parameters: { ...levels, ...device, ...programming, ...reading },
  conditions: {
    smart: { summary: "program and verify with a wait of 5 s (R3)", parameters: {} },
    retest: {
      summary: "the same wait, only the range counts, not the movement (R3)",
      parameters: { movementLimit: { ...programming.movementLimit, value: 0 } },
    },
    standard: {
      summary: "program and verify at once (R3)",
      parameters: { verifyWait: { ...programming.verifyWait, value: 0 } },
    },
  },
  defaultCondition: "smart",
  weakCondition: "standard",
};

function costs(technology: Technology, condition: string): CostModel {
  const value = valuesOf(technology, condition);
  const currents_A = readCurrents(technology, condition);
  return {
    clock_s: value("readTime"),
    ternaryClock_s: null,
    pipelineClocks: value("pipelineClocks"),
    read: {
      kind: "by-current",
      read_V: value("readVoltage"),
      pulse_s: value("readTime"),
      currents_A,
      // a transistor cuts every cell off whose word line is at ground
      halfSelected_A: currents_A.map(() => 0),
    },
    cellArea_m2: null,
    sources: [
      `read: ${technology.parameters.readTime.source}`,
      "read energy: V·I·t of the cells whose word line is on, at their levels' aims",
      "area: the paper gives none",
    ],
  };
}

export default defineTarget({
  name: "rram-1t1r",
  summary: "Multilevel RRAM pairs, read as the difference of two summed currents",
  technology,
  laws: {
    limits: wholeArray,
    programming: multilevelProgramming,
    noise: multilevelNoise,
    costs,
    claims: multilevelClaims,
  },
});
