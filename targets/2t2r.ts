import {
  type CostModel,
  defineParameter,
  defineTarget,
  type Technology,
} from "../compiler/define.ts";
import { valuesOf } from "../compiler/physics/condition.ts";
import { pairClaims } from "../compiler/physics/pair-claims.ts";
import { pairNoise } from "../compiler/physics/pair-noise.ts";
import { pairProgramming } from "../compiler/physics/pair-programming.ts";
import { blockLimits } from "./limits/block-size.ts";

/** Two complementary OxRAM cells per weight, read by precharge sense amplifiers (H1–H13, L1–L6). */

const joint = "fitted: H6, H8, H10 and L6 together, scripts/fit-2t2r.mjs";
const percent = { minimum: 0, maximum: 1 };

const resistances = {
  lrsVoltage: defineParameter(
    1.0,
    "V",
    "assumed: 5 kΩ at 200 µA (L4)",
    "V_L: LRS median times compliance current",
  ),
  lrsSpread: defineParameter(
    0.1,
    "ln",
    "assumed: tight (L4)",
    "σ_L of ln R in LRS at the reference current",
  ),
  lrsSpreadExponent: defineParameter(
    1.269,
    "1",
    "fitted: H6, scripts/fit-2t2r.mjs",
    "γ: growth of σ_L as the compliance current falls",
  ),
  lrsSpreadLimit: defineParameter(1.2, "ln", "assumed: the growth ends", "largest σ_L"),
  hrsFloor: defineParameter(9.79e3, "Ohm", joint, "R_0: no HRS lies below"),
  hrsScale: defineParameter(100.3e3, "Ohm", joint, "M: HRS median above the floor"),
  hrsSpread: defineParameter(0.563, "ln", joint, "s: spread of ln(R − R_0) in HRS"),
  hrsExponent: defineParameter(
    0.417,
    "1",
    "fitted: H6, scripts/fit-2t2r.mjs",
    "β: growth of HRS as the compliance current falls",
  ),
  deviceShare: defineParameter(
    0.25,
    "1",
    "assumed: moves no rate, only the correlation between cycles",
    "ρ²: share of each variance that stays with a cell",
    percent,
  ),
  referenceCurrent: defineParameter(
    200e-6,
    "A",
    "H10",
    "compliance current at which the laws are stated",
  ),
  referenceResetVoltage: defineParameter(
    2.5,
    "V",
    "H10",
    "RESET voltage at which the laws are stated",
  ),
  referencePulse: defineParameter(1e-6, "s", "H10", "RESET pulse at which the laws are stated"),
  resetVoltageSlope: defineParameter(
    0.855,
    "1/V",
    "fitted: H10 endurance at half its bound, scripts/fit-2t2r.mjs",
    "a_V: growth of ln HRS per volt of RESET",
  ),
  resetPulseSlope: defineParameter(
    0.0593,
    "1",
    "fitted: L5, scripts/fit-2t2r.mjs",
    "a_t: growth of ln HRS per ln of pulse duration",
  ),
};

const amplifier = {
  amplifierSpread: defineParameter(
    0.3442,
    "ln",
    joint,
    "σ_n: offset and read noise together, of ln R",
  ),
  readNoise: defineParameter(
    0.1,
    "ln",
    "assumed: split of σ_n",
    "σ_r: part of σ_n that is new at each read",
  ),
  convergenceResistance: defineParameter(
    56e3,
    "Ohm",
    "assumed: chosen within L3",
    "R_c0: a pair whose lower resistance is below it converges in time",
  ),
  convergenceSpread: defineParameter(
    0.19,
    "ln",
    "assumed: chosen within L3",
    "σ_c: spread of R_c, new at each read",
  ),
  supply: defineParameter(1.2, "V", "L1", "supply of the sense amplifiers"),
  nominalSupply: defineParameter(1.2, "V", "L1", "supply at which R_c0 is stated"),
  amplifierSlope: defineParameter(
    0.1,
    "V",
    "assumed: L3's factor 2 at 0.7 V",
    "a: softness of the amplifier's threshold",
  ),
  amplifierThreshold: defineParameter(0.6, "V", "L3", "V_T of the amplifier's transistors"),
  amplifierExponent: defineParameter(
    1.5,
    "1",
    "assumed: L3's factor 2 at 0.7 V",
    "power of the overdrive in the delay",
  ),
  convergenceTime: defineParameter(50e-9, "s", "L1", "time that a ternary read waits"),
};

const ageing = {
  cycles: defineParameter(0, "1", "assumed: fresh", "SET/RESET cycles that each cell has seen"),
  reprogrammings: defineParameter(
    0,
    "1",
    "assumed: first programming",
    "how often the same cells were programmed before; picks the cycle-to-cycle draw",
  ),
  ageingOnset: defineParameter(
    3e5,
    "1",
    "assumed: H11",
    "N_1: cycles at which ageing sets in, at the reference RESET voltage",
  ),
  ageingOnsetSlope: defineParameter(
    6,
    "1/V",
    "assumed: H10's cycle counts",
    "decades by which the onset moves per volt of RESET",
  ),
  ageingLrsRise: defineParameter(
    0.0583,
    "ln",
    "assumed: a quarter of the fall of HRS",
    "rise of ln LRS per decade of cycles",
  ),
  ageingHrsFall: defineParameter(
    0.2331,
    "ln",
    "fitted: H11, scripts/fit-2t2r.mjs",
    "fall of ln HRS per decade of cycles",
  ),
  ageingSpreadGrowth: defineParameter(
    0.0739,
    "1",
    "fitted: H11, scripts/fit-2t2r.mjs",
    "relative growth of both spreads per decade of cycles",
  ),
};

const programming = {
  setCurrent: defineParameter(200e-6, "A", "H10", "compliance current of SET", {
    minimum: 20e-6,
    maximum: 200e-6,
  }),
  setVoltage: defineParameter(2, "V", "H4", "source line during SET"),
  setPulse: defineParameter(1e-6, "s", "H10", "duration of SET", {
    minimum: 100e-9,
    maximum: 100e-6,
  }),
  resetVoltage: defineParameter(2.5, "V", "H10", "bit line during RESET", {
    minimum: 1.5,
    maximum: 2.5,
  }),
  resetPulse: defineParameter(1e-6, "s", "H10", "duration of RESET", {
    minimum: 100e-9,
    maximum: 100e-6,
  }),
  resetWordLine: defineParameter(3.3, "V", "H4", "word line during RESET"),
  formingVoltage: defineParameter(3.3, "V", "H4", "top of the forming ramp on the source line"),
  formingRamp: defineParameter(1000, "V/s", "H4", "rate of the forming ramp"),
  formingCurrent: defineParameter(200e-6, "A", "H4", "compliance current of forming"),
  gateThreshold: defineParameter(
    0.5,
    "V",
    "assumed: the text gives currents, no gate voltages",
    "word line voltage at which the selector begins to conduct",
  ),
  gateTransconductance: defineParameter(
    200e-6,
    "S",
    "assumed: the text gives currents, no gate voltages",
    "compliance current per volt above that threshold",
  ),
  energyEfficiency: defineParameter(
    0.75,
    "1",
    "assumed: keeps 1 µs pulses within H10's 200–400 pJ",
    "share of V·I·t that a pulse takes",
    percent,
  ),
};

const reading = {
  readTime: defineParameter(10e-9, "s", "H5", "clock of a binary read"),
  pipelineClocks: defineParameter(
    0,
    "1",
    "assumed: tree and write-back within the clock (H3)",
    "clocks from the last read to the activation",
  ),
  readEnergy: defineParameter(
    14e-15,
    "J",
    "H13",
    "read and accumulate of one weight, in an advanced node",
  ),
};

const technology: Technology = {
  name: "2t2r",
  basedOn: "2t2r",
  summary: "HfO2 OxRAM pairs in blocks of 32 x 32, digital sums",
  readOut: "digital",
  array: {
    wordLines: 32,
    bitLines: 64,
    inputsOn: "bit lines",
    activeWordLines: 1,
    sensedBitLines: 64,
  },
  encodings: ["differential-binary", "differential-ternary", "bit-sliced"],
  conventions: { plusOne: "HRS/LRS", sourceLine: "per-pair" },
  parameters: { ...resistances, ...amplifier, ...ageing, ...programming, ...reading },
  conditions: {
    strong: {
      summary: "SET 200 µA, RESET 2.5 V, 1 µs (H10, L6)",
      parameters: {},
    },
    endurance: {
      summary: "RESET 1.5 V, 1 µs: most cycles (H10)",
      parameters: { resetVoltage: { ...programming.resetVoltage, value: 1.5 } },
    },
    energy: {
      summary: "RESET 2.0 V, pulses of 100 ns: least energy (H10)",
      parameters: {
        resetVoltage: { ...programming.resetVoltage, value: 2 },
        setPulse: { ...programming.setPulse, value: 100e-9 },
        resetPulse: { ...programming.resetPulse, value: 100e-9 },
        energyEfficiency: defineParameter(
          0.6,
          "1",
          "assumed: keeps 100 ns pulses within H10's 20–30 pJ",
          programming.energyEfficiency.description,
          percent,
        ),
      },
    },
    h6: {
      summary: "SET 55 µA, RESET 2.5 V, 1 µs: many errors (H6)",
      parameters: { setCurrent: { ...programming.setCurrent, value: 55e-6, source: "H6" } },
    },
    "ternary-100us": {
      summary: "SET 200 µA, RESET 2.5 V, 100 µs: fewer wrong zeros (L5)",
      parameters: {
        setPulse: { ...programming.setPulse, value: 100e-6, source: "L5" },
        resetPulse: { ...programming.resetPulse, value: 100e-6, source: "L5" },
      },
    },
  },
  defaultCondition: "strong",
  weakCondition: "h6",
};

function costs(technology: Technology, condition: string): CostModel {
  const value = valuesOf(technology, condition);
  const parameters = {
    ...technology.parameters,
    ...technology.conditions[condition]?.parameters,
  };
  return {
    clock_s: value("readTime"),
    ternaryClock_s: value("convergenceTime"),
    pipelineClocks: value("pipelineClocks"),
    read: { kind: "per-synapse", energy_J: value("readEnergy") },
    cellArea_m2: null,
    sources: [
      `binary read: ${parameters.readTime.source}`,
      `ternary read: ${parameters.convergenceTime.source}`,
      `read energy: ${parameters.readEnergy.source}`,
      "area: the paper gives none",
    ],
  };
}

export default defineTarget({
  name: "2t2r",
  summary: "Two complementary RRAM cells per weight, read by a precharge sense amplifier",
  technology,
  laws: {
    limits: blockLimits,
    programming: pairProgramming,
    noise: pairNoise,
    costs,
    claims: pairClaims,
  },
});
