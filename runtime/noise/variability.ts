import { defineNoise } from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { exp } from "../../compiler/math.ts";
import { deriveKey, fillWords, normalOf } from "../../compiler/random.ts";

/** the least that a cell conducts, in units of the mean: a normal has no lower end */
const LEAST = 0.01;

/**
 * Conductances of phase-change cells as programmed (P7): LRS normal around its mean with an absolute spread, HRS
 * log-normal. One word a cell.
 */
export default defineNoise({
  name: "variability",
  summary: "Spread of LRS and HRS conductances from cell to cell",
  acts: "program",
  parameters: {
    lrsMean_S: { unit: "S", description: "mean of LRS" },
    lrsSpread_S: { unit: "S", description: "standard deviation of LRS" },
    hrsMedian_S: { unit: "S", description: "median of HRS" },
    hrsSpread: { unit: "ln", description: "standard deviation of ln G in HRS" },
  },
  ideal: (parameters) => ({ ...parameters, lrsSpread_S: 0, hrsSpread: 0 }),
  program: (levels, parameters, { seed, trial, layer, bank }) => {
    const { lrsMean_S, lrsSpread_S, hrsMedian_S, hrsSpread } = parameters;
    const key = deriveKey(seed, "variability", trial, layer);
    const exact = lrsSpread_S === 0 && hrsSpread === 0;
    const words = exact ? null : fillWords(key, bank, 0, 0, new Uint32Array(levels.length));
    const conductances = new Float32Array(levels.length);
    for (let c = 0; c < levels.length; c++) {
      if (levels[c] === UNUSED) continue;
      const z = words ? normalOf(words[c]) : 0;
      conductances[c] =
        levels[c] === 0
          ? hrsMedian_S * exp(hrsSpread * z)
          : Math.max(lrsMean_S + lrsSpread_S * z, LEAST * lrsMean_S);
    }
    return conductances;
  },
});
