import { defineNoise } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { deriveKey, fillWords } from "../../compiler/random.ts";

/**
 * Cells that no pulse moves: stuck at the level that conducts most (LRS) or least (HRS), or never formed.
 * A cell that did not form conducts less than any HRS; it reads as level 0. One word a cell.
 */
export default defineNoise({
  name: "stuck-at",
  summary: "Cells stuck in LRS, stuck in HRS, or unformed",
  acts: "store",
  parameters: {
    lrs: { unit: "1", description: "share of cells stuck in LRS" },
    hrs: { unit: "1", description: "share of cells stuck in HRS" },
    unformed: { unit: "1", description: "share of cells that did not form" },
  },
  store: (levels, parameters, { seed, trial, layer, bank, encoding }) => {
    const { lrs = 0, hrs = 0, unformed = 0 } = parameters;
    if (!(lrs >= 0 && hrs >= 0 && unformed >= 0 && lrs + hrs + unformed <= 1)) {
      throw new XbcError(
        "BAD_OPTION",
        "noise stuck-at: needs shares from 0 to 1 that sum to at most 1, " +
          `found lrs ${lrs}, hrs ${hrs}, unformed ${unformed}; give such shares`,
      );
    }
    const low = Math.round(lrs * 2 ** 32);
    const stuck = Math.round((lrs + hrs + unformed) * 2 ** 32);
    const most = encoding.levelValues.length - 1;
    const key = deriveKey(seed, "stuck-at", trial, layer);
    const words = fillWords(key, bank, 0, 0, new Uint32Array(levels.length));
    return levels.map((level, c) => {
      if (level === UNUSED || words[c] >= stuck) return level;
      return words[c] < low ? most : 0;
    });
  },
});
