import { defineParameter, defineTarget, type Technology } from "../compiler/define.ts";
import { pcmClaims } from "../compiler/physics/pcm-claims.ts";
import { pcmCosts } from "../compiler/physics/pcm-costs.ts";
import { pcmNoise } from "../compiler/physics/pcm-noise.ts";
import { pcmProgramming } from "../compiler/physics/pcm-programming.ts";
import { existingArray } from "./limits/existing-array.ts";

/** Four binary phase-change cells per weight, summed in the analog domain and read by comparators (P1–P11). */

const usual = "assumed: of the order usual for such cells, the paper shows a figure";

const cells = {
  formingCurrent: defineParameter(550e-6, "A", "P7", "current of the forming pulse", {
    minimum: 50e-6,
    maximum: 1e-3,
  }),
  formingReference: defineParameter(150e-6, "A", "P7", "forming current at which G_LRS is stated"),
  lrsReference: defineParameter(
    41.25e-6,
    "S",
    "assumed: 165 µA at 0.2 V over 20 cells (P7), the largest bit line of a 32-line MNIST read",
    "mean LRS conductance at the reference forming current",
  ),
  formingExponent: defineParameter(
    0.503,
    "1",
    "fitted: ln(317/165)/ln(550/150), P7",
    "power by which G_LRS grows with the forming current",
  ),
  lrsSpread: defineParameter(
    6.2e-6,
    "S",
    "assumed: 15 % at 150 µA",
    "σ of G in LRS, at any forming",
  ),
  hrsMedian: defineParameter(
    0.5e-6,
    "S",
    "assumed: shown only in a figure",
    "median HRS conductance",
  ),
  hrsSpread: defineParameter(0.35, "ln", "assumed: shown only in a figure", "σ of ln G in HRS", {
    minimum: 0,
    maximum: 3,
  }),
};

/** No glass drifts faster. */
const exponent = { minimum: 0, maximum: 0.5 };

const ageing = {
  elapsed: defineParameter(
    60,
    "s",
    "assumed: a network is used a minute after it is programmed",
    "time since programming where none is given",
  ),
  driftOnset: defineParameter(1, "s", usual, "t_0 of G(t) = G_0 (t/t_0)^−ν (P6)"),
  lrsDrift: defineParameter(0.02, "1", usual, "mean ν in LRS", exponent),
  lrsDriftSpread: defineParameter(0.01, "1", usual, "σ of ν from cell to cell in LRS", exponent),
  hrsDrift: defineParameter(0.07, "1", usual, "mean ν in HRS", exponent),
  hrsDriftSpread: defineParameter(0.02, "1", usual, "σ of ν from cell to cell in HRS", exponent),
};

const circuit = {
  readVoltage: defineParameter(0.2, "V", "P3", "bit lines are clamped at it"),
  wireResistance: defineParameter(0.5, "Ohm", "P4", "bit line from cell to cell"),
  firstWireResistance: defineParameter(
    0.5,
    "Ohm",
    "assumed: as between cells",
    "from decoder to first cell",
  ),
  decoderResistance: defineParameter(
    50,
    "Ohm",
    "fitted: of the networks of examples/pcm-mnist, MNIST at 32 word lines stays below P4's 20 mV and Fashion-MNIST does not (43 to 55 Ω)",
    "of the bit-line decoder",
    { minimum: 0, maximum: 1e4 },
  ),
  decoderDropLimit: defineParameter(0.1, "1", "P4", "largest decoder drop over read voltage", {
    minimum: 0.001,
    maximum: 1,
  }),
  transimpedance: defineParameter(
    2e3,
    "Ohm",
    "assumed: 317 µA give 0.63 V",
    "R_T of the first stage (P3)",
  ),
  stageGain: defineParameter(
    1,
    "1",
    "assumed: absorbed in C1/C2",
    "gain from the star to the comparator, 1 + R_B/R_A times C1/C2",
  ),
  comparatorOffset: defineParameter(
    5e-3,
    "V",
    "assumed: of a StrongARM latch, shown only in a figure (P8)",
    "σ of the comparator's offset, fixed per die and layer",
    { minimum: 0, maximum: 1 },
  ),
  converterOffset: defineParameter(
    1e-3,
    "V",
    "assumed: about a code of --readout adc:B, offsets of converters being calibrated; the paper has no converter",
    "σ of the offset of a converter, fixed per die, one converter an array",
    { minimum: 0, maximum: 1 },
  ),
  integratorMismatch: defineParameter(
    2e-3,
    "1",
    "assumed: of C1/C2, shown only in a figure (P8)",
    "σ of the gain of a layer's integrator over its reference's",
    { minimum: 0, maximum: 0.5 },
  ),
};

const timing = {
  readTime: defineParameter(50e-9, "s", "P5", "clock"),
  readClocks: defineParameter(2, "1", "P5", "clocks of one group of bit lines and one segment"),
  decisionClocks: defineParameter(2, "1", "P5", "clocks of comparison and reset of a group"),
  conversionClocks: defineParameter(
    1,
    "1",
    "assumed: successive approximation; the paper has no converter",
    "clocks of a converter for each bit, instead of the comparison",
    { minimum: 0 },
  ),
  conversionEnergy: defineParameter(
    50e-15,
    "J",
    "assumed: of the order usual for such converters; the paper has none",
    "energy of a converter a step: a conversion of B bits takes 2^B of them",
    { minimum: 0 },
  ),
  pipelineClocks: defineParameter(0, "1", "P10", "clocks between layers"),
};

const programming = {
  programWordLine: defineParameter(
    3,
    "V",
    "assumed: the paper gives currents alone",
    "word line while programming",
  ),
  programBitLine: defineParameter(
    2,
    "V",
    "assumed: the paper gives currents alone",
    "bit line while programming",
  ),
  formingPulse: defineParameter(10e-6, "s", "assumed", "duration of forming"),
  setCurrent: defineParameter(200e-6, "A", "assumed", "current of SET"),
  setPulse: defineParameter(1e-6, "s", "assumed", "duration of SET, ramp included"),
  resetCurrent: defineParameter(400e-6, "A", "assumed", "current of RESET"),
  resetPulse: defineParameter(100e-9, "s", "assumed", "duration of RESET"),
};

const formed = (current: number, summary: string) => ({
  summary,
  parameters: { formingCurrent: { ...cells.formingCurrent, value: current } },
});

const technology: Technology = {
  name: "pcm-1t1r",
  basedOn: "pcm-1t1r",
  summary: "Ge-rich GST cells with a selector, 128 word lines, integrators and comparators",
  readOut: "comparator",
  array: {
    wordLines: 128,
    // 152 groups of four (P10): 150 outputs and two groups of reference cells
    bitLines: 608,
    inputsOn: "word lines",
    activeWordLines: 128,
    sensedBitLines: 4,
  },
  encodings: ["offset-multibit", "integer-multibit"],
  conventions: {
    referenceLayout: "alternating",
    integrator: "across arrays",
    segments: "decoder drop",
  },
  parameters: { ...cells, ...ageing, ...circuit, ...timing, ...programming },
  conditions: {
    "550uA": {
      summary: "forming at 550 µA: highest conductance and accuracy (P7)",
      parameters: {},
    },
    "350uA": formed(350e-6, "forming at 350 µA"),
    "150uA": formed(150e-6, "forming at 150 µA: lowest conductance and power (P7)"),
  },
  defaultCondition: "550uA",
  weakCondition: "150uA",
};

export default defineTarget({
  name: "pcm-1t1r",
  summary: "Four binary phase-change cells per weight, analog sums read by comparators",
  technology,
  laws: {
    limits: existingArray,
    programming: pcmProgramming,
    noise: pcmNoise,
    costs: pcmCosts,
    claims: pcmClaims,
  },
});
