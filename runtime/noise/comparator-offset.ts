import { defineNoise } from "../../compiler/define.ts";
import { deriveKey, normalOf, wordAt } from "../../compiler/random.ts";

/**
 * Offset of what reads a layer's bit lines, fixed for a die (P8): one comparator behind the integrator of a column of
 * arrays; or converters, one an array, each with an offset of its own.
 */
export default defineNoise({
  name: "comparator-offset",
  summary: "Offset voltage of comparators, or of the converters in their place",
  acts: "read",
  parameters: {
    spread_V: { unit: "V", description: "standard deviation of a comparator's offset" },
    converter_V: { unit: "V", description: "standard deviation of a converter's offset" },
  },
  ideal: () => ({ spread_V: 0, converter_V: 0 }),
  analog: (
    { spread_V, converter_V = spread_V },
    { seed, trial, layer, column, array, reader },
  ) => ({
    offset_V:
      (reader === "converter" ? converter_V : spread_V) *
      normalOf(wordAt(deriveKey(seed, "comparator-offset", trial, layer), column, array, 0, 0)),
  }),
});
