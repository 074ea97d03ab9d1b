import { defineNoise } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { exp } from "../../compiler/math.ts";
import { deriveKey, fillWords, normalOf } from "../../compiler/random.ts";

/**
 * Currents of cells behind a selector that stays closed (S1): log-normal about the median of each state, one draw a
 * cell. As conductances, current over read voltage.
 */
export default defineNoise({
  name: "subthreshold",
  summary: "Spread of the sub-threshold currents of LRS and HRS",
  acts: "program",
  parameters: {
    read_V: { unit: "V", description: "read voltage" },
    low_A: { unit: "A", description: "median current of LRS at the read voltage" },
    high_A: { unit: "A", description: "median current of HRS at the read voltage" },
    lowSpread: { unit: "ln", description: "σ_L of ln I in LRS" },
    highSpread: { unit: "ln", description: "σ_H of ln I in HRS" },
  },
  ideal: (parameters) => ({ ...parameters, lowSpread: 0, highSpread: 0 }),
  program: (levels, parameters, place) => {
    const value = (name: string): number => {
      const found = parameters[name];
      if (found === undefined)
        throw new XbcError("BAD_TECHNOLOGY", `noise subthreshold: needs the parameter "${name}"`);
      return found;
    };
    const medians = [value("high_A") / value("read_V"), value("low_A") / value("read_V")];
    const spreads = [value("highSpread"), value("lowSpread")];
    const key = deriveKey(place.seed, "subthreshold", place.trial, place.layer);
    const words = fillWords(key, place.bank, 0, 0, new Uint32Array(levels.length));
    return Float32Array.from(levels, (level, cell) =>
      level === UNUSED ? 0 : medians[level] * exp(spreads[level] * normalOf(words[cell])),
    );
  },
});
