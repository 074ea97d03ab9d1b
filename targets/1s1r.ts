import { defineParameter, defineTarget, type Technology } from "../compiler/define.ts";
import { crossbarCautions } from "../compiler/physics/crossbar-cautions.ts";
import { crossbarClaims } from "../compiler/physics/crossbar-claims.ts";
import { crossbarCosts, crossbarProgramming } from "../compiler/physics/crossbar-device.ts";
import { crossbarFigures } from "../compiler/physics/crossbar-figures.ts";
import { crossbarNoise } from "../compiler/physics/crossbar-noise.ts";
import { crossbarLimits } from "./limits/crossbar.ts";

/** One OTS selector and one OxRAM cell per weight, read below the selector's threshold (S1–S7). */

const ots = "assumed: realistic for an OTS of 15 nm, the text gives no currents";
const trend = "assumed: only the direction is in the text (S4)";
const share = { minimum: 0, maximum: 1 };

const selector = {
  selectorThickness: defineParameter(15e-9, "m", "S4, Fig. 5", "thickness of the OTS", {
    minimum: 1e-9,
  }),
  cellSize: defineParameter(
    50e-9,
    "m",
    "assumed: the size that currents are stated at",
    "side of a cell",
    {
      minimum: 1e-9,
    },
  ),
  thresholdVoltage: defineParameter(2, "V", ots, "median V_th,LRS at the reference thickness"),
  thresholdSpread: defineParameter(33e-3, "V", "assumed: not in the text", "σ of V_th,LRS"),
  thresholdCurrent: defineParameter(2e-6, "A", ots, "I_th at the reference thickness and size"),
  leakageCurrent: defineParameter(2e-9, "A", ots, "I_leak of LRS at V_th/2, same reference"),
  readBelowThreshold: defineParameter(
    3,
    "1",
    "assumed: at the ideal V_read = V_th half of the LRS cells would switch",
    "V_read lies so many spreads below the median V_th,LRS; 0 is the ideal of S1",
  ),
  readMargin: defineParameter(10, "1", "S3", "m: I_LRS over I_HRS at V_read", { minimum: 1 }),
  halfSelectRatio: defineParameter(
    1,
    "1",
    "assumed: at half voltage the selector dominates",
    "η: leakage of a half-selected HRS cell over that of LRS",
  ),
  lrsSpread: defineParameter(
    0.3,
    "ln",
    "fitted: S7, a BER of 2e-3 within 1e-3 to 1e-2",
    "σ of ln I, LRS",
  ),
  hrsSpread: defineParameter(
    0.5,
    "ln",
    "fitted: S7, a BER of 2e-3 within 1e-3 to 1e-2",
    "σ of ln I, HRS",
  ),
};

const scaling = {
  referenceThickness: defineParameter(
    15e-9,
    "m",
    "S4, Fig. 5",
    "thickness that currents are stated at",
  ),
  referenceSize: defineParameter(50e-9, "m", "assumed", "size that currents are stated at"),
  thresholdExponent: defineParameter(0.8, "1", trend, "V_th grows with this power of thickness"),
  currentThicknessSlope: defineParameter(
    0.1e9,
    "1/m",
    trend,
    "fall of ln I_th per metre of thickness",
  ),
  leakageThicknessSlope: defineParameter(
    0.25e9,
    "1/m",
    trend,
    "fall of ln I_leak per metre of thickness, faster than I_th",
  ),
  currentSizeExponent: defineParameter(1.2, "1", trend, "I_th grows with this power of size"),
  leakageSizeExponent: defineParameter(
    2,
    "1",
    trend,
    "I_leak grows with this power of size, faster",
  ),
};

const wires = {
  leakageBudget: defineParameter(
    0.9,
    "1",
    "S2",
    "leakage that prohibits a read, over I_LRS",
    share,
  ),
  minimumFeature: defineParameter(
    28e-9,
    "m",
    "assumed: from the node's name, the metal half pitch is nearer 45 nm (S5)",
    "CD_min: width of a wire and space between wires",
  ),
  wireThickness: defineParameter(56e-9, "m", "assumed: twice the width", "height of a wire"),
  currentDensity: defineParameter(
    2e10,
    "A/m2",
    "assumed: 2 MA/cm²",
    "most that a metal line carries (S3)",
  ),
  wireResistance: defineParameter(
    2.14,
    "Ohm",
    "assumed: 60 nΩ·m over a pitch of 56 nm in 28 x 56 nm²",
    "word line and bit line from cell to cell",
  ),
  dropBudget: defineParameter(
    0.01,
    "1",
    "assumed: lowers I_LRS by an eighth",
    "most of V_read that both wires may take from a cell",
    share,
  ),
};

const programming = {
  formingRatio: defineParameter(
    1.75,
    "1",
    "assumed: above V_th,HRS",
    "forming voltage over V_th,LRS",
  ),
  setRatio: defineParameter(1.5, "1", "assumed: above V_th,HRS", "SET voltage over V_th,LRS"),
  resetRatio: defineParameter(1.4, "1", "assumed: above V_th,LRS", "RESET voltage over V_th,LRS"),
  formingCurrent: defineParameter(200e-6, "A", "assumed: as H4", "compliance current of forming"),
  setCurrent: defineParameter(100e-6, "A", "assumed: not in the text", "compliance current of SET"),
  formingPulse: defineParameter(1e-6, "s", "assumed: not in the text", "duration of forming"),
  setPulse: defineParameter(1e-6, "s", "assumed: not in the text", "duration of SET"),
  resetPulse: defineParameter(1e-6, "s", "assumed: not in the text", "duration of RESET"),
};

const reading = {
  readTime: defineParameter(100e-9, "s", "assumed: not in the text", "pulse of a read"),
  pipelineClocks: defineParameter(
    0,
    "1",
    "assumed: counters within the clock",
    "clocks from the last read to the activation",
  ),
};

const technology: Technology = {
  name: "1s1r",
  basedOn: "1s1r",
  summary: "HfO2 OxRAM behind an OTS selector, read below its threshold, digital sums",
  readOut: "digital",
  // as large as the limits allow
  array: {
    wordLines: 65536,
    bitLines: 65536,
    inputsOn: "word lines",
    activeWordLines: 1,
    sensedBitLines: 65536,
  },
  encodings: ["single-binary", "bit-sliced"],
  conventions: { plusOne: "HRS", wordLineCurrent: "data", senseReference: "per bank" },
  parameters: { ...selector, ...scaling, ...wires, ...programming, ...reading },
  conditions: {
    guarded: { summary: "V_read three spreads below V_th,LRS (S1)", parameters: {} },
    ideal: {
      summary: "V_read = V_th,LRS, where I_LRS = I_th; half of the LRS cells would switch (S1)",
      parameters: {
        readBelowThreshold: { ...selector.readBelowThreshold, value: 0, source: "S1" },
      },
    },
    wide: {
      summary: "spreads of both states 1.2 times as wide: a BER near 1e-2, the end of S7",
      parameters: {
        lrsSpread: { ...selector.lrsSpread, value: 0.37, source: "assumed: a weak die" },
        hrsSpread: { ...selector.hrsSpread, value: 0.61, source: "assumed: a weak die" },
      },
    },
  },
  defaultCondition: "guarded",
  weakCondition: "wide",
};

export default defineTarget({
  name: "1s1r",
  summary: "One selector and one resistive cell per weight, without a transistor",
  technology,
  laws: {
    limits: crossbarLimits,
    programming: crossbarProgramming,
    noise: crossbarNoise,
    costs: crossbarCosts,
    cautions: crossbarCautions,
    figures: crossbarFigures,
    claims: crossbarClaims,
  },
});
