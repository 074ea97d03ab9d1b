import { defineNoise } from "../../compiler/define.ts";
import { deriveKey, normalOf, wordAt } from "../../compiler/random.ts";

/** Offset of the comparator that reads a layer's bit lines (P8): fixed for a die, one per column of arrays. */
export default defineNoise({
  name: "comparator-offset",
  summary: "Offset voltage of comparators",
  acts: "read",
  parameters: { spread_V: { unit: "V", description: "standard deviation of the offset" } },
  ideal: () => ({ spread_V: 0 }),
  analog: ({ spread_V }, { seed, trial, layer, column }) => ({
    offset_V:
      spread_V *
      normalOf(wordAt(deriveKey(seed, "comparator-offset", trial, layer), column, 0, 0, 0)),
  }),
});
