import { defineEncoding, type EncodingLayout } from "../../compiler/define.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { firstCellIsLow } from "../../compiler/physics/pair-convention.ts";

/**
 * −1, 0, +1 on two cells (L1): a sign as complementary states, zero as HRS/HRS, which the sense
 * amplifier does not decide within its time. LRS/LRS holds no code: it appears in no pattern.
 */
export default defineEncoding({
  name: "differential-ternary",
  summary: "A weight of −1, 0 or +1 as two cells; HRS/HRS is 0, LRS/LRS forbidden",
  layout: (alphabet, technology) =>
    alphabet.levels.join() === "-1,0,1"
      ? ternaryLayout(alphabet, firstCellIsLow(technology))
      : null,
});

/** Level 0 is HRS, level 1 is LRS. */
function ternaryLayout(alphabet: Alphabet, lowFirst: boolean): EncodingLayout {
  const minus = lowFirst ? [0, 1] : [1, 0];
  const plus = lowFirst ? [1, 0] : [0, 1];
  return {
    name: "differential-ternary",
    alphabet,
    cellsPerWeight: 2,
    significance: lowFirst ? [1, -1] : [-1, 1],
    levelValues: [0, 1],
    offset: 0,
    patterns: [minus, [0, 0], plus],
    senses: [{ cells: [0, 1], significance: 1, digits: "ternary" }],
    reference: null,
    convention: lowFirst
      ? "+1 = LRS/HRS on bit line/complement, −1 = HRS/LRS, 0 = HRS/HRS"
      : "+1 = HRS/LRS on bit line/complement, −1 = LRS/HRS, 0 = HRS/HRS",
  };
}
