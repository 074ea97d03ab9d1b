import { defineNoise } from "../../compiler/define.ts";
import { deriveKey, normalOf, wordAt } from "../../compiler/random.ts";

/**
 * Gain of the integrator of a layer's weights over that of its reference (P8): fixed for a die, one per column of arrays,
 * one an array in front of converters.
 */
export default defineNoise({
  name: "integrator-mismatch",
  summary: "Mismatch of the gains of two integrators",
  acts: "read",
  parameters: { spread: { unit: "1", description: "standard deviation of the relative gain" } },
  ideal: () => ({ spread: 0 }),
  analog: ({ spread }, { seed, trial, layer, column, array }) => ({
    gainError:
      spread *
      normalOf(wordAt(deriveKey(seed, "integrator-mismatch", trial, layer), column, array, 0, 0)),
  }),
});
