import { defineNoise } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { exp, log } from "../../compiler/math.ts";
import { deriveKey, fillWords, normalOf } from "../../compiler/random.ts";

/** Which part of drift acts: both, the fall of the mean alone, the growth of the spread alone (P6). */
const parts = { both: 0, mean: 1, spread: 2 } as const;

/**
 * Power-law fall of phase-change conductances (P6): G(t) = G_0 (t/t_0)^−ν, ν of each cell normal around the mean of its
 * state, so that the spread grows too. One word a cell.
 * The mean alone moves every cell by its state's mean ν. The spread alone adds what the median lost back to each cell, so
 * that spreads are held in siemens: relative to a fallen median they would count twice (device-models.md 3).
 */
export default defineNoise({
  name: "drift",
  summary: "Fall of conductances with time, and growth of their spread",
  acts: "age",
  parameters: {
    onset_s: { unit: "s", description: "t_0: no drift before" },
    lrsExponent: { unit: "1", description: "mean ν in LRS" },
    lrsExponentSpread: { unit: "1", description: "spread of ν in LRS" },
    hrsExponent: { unit: "1", description: "mean ν in HRS" },
    hrsExponentSpread: { unit: "1", description: "spread of ν in HRS" },
    lrsMean_S: { unit: "S", description: "mean of LRS as programmed" },
    hrsMedian_S: { unit: "S", description: "median of HRS as programmed" },
    part: { unit: "1", description: "0: mean and spread, 1: the mean alone, 2: the spread alone" },
  },
  ideal: (parameters) => ({
    ...parameters,
    lrsExponent: 0,
    lrsExponentSpread: 0,
    hrsExponent: 0,
    hrsExponentSpread: 0,
  }),
  age: (conductances, levels, parameters, { seed, trial, layer, bank, elapsed_s }) => {
    const { onset_s, lrsExponent, lrsExponentSpread, hrsExponent, hrsExponentSpread } = parameters;
    const { lrsMean_S, hrsMedian_S, part } = parameters;
    if (part !== parts.both && part !== parts.mean && part !== parts.spread)
      throw new XbcError(
        "BAD_OPTION",
        `noise drift: needs part 0, 1 or 2, found ${part}; give one`,
      );
    const decades = log(Math.max(elapsed_s / onset_s, 1));
    const still = lrsExponent === 0 && hrsExponent === 0 && lrsExponentSpread === 0;
    if (decades === 0 || (still && hrsExponentSpread === 0)) return conductances;
    const own = part === parts.mean ? 0 : 1;
    const key = deriveKey(seed, "drift", trial, layer);
    const words = fillWords(key, bank, 0, 0, new Uint32Array(levels.length));
    const lost = [
      hrsMedian_S * (1 - exp(-hrsExponent * decades)),
      lrsMean_S * (1 - exp(-lrsExponent * decades)),
    ].map((loss) => (part === parts.spread ? loss : 0));
    const out = new Float32Array(conductances.length);
    for (let c = 0; c < out.length; c++) {
      const level = levels[c];
      if (level === UNUSED) continue;
      const z = own * normalOf(words[c]);
      const exponent =
        level === 0 ? hrsExponent + hrsExponentSpread * z : lrsExponent + lrsExponentSpread * z;
      const here = conductances[c] * exp(-exponent * decades) + lost[level === 0 ? 0 : 1];
      out[c] = here > 0 ? here : 0;
    }
    return out;
  },
});
