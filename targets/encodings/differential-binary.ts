import { defineEncoding, type EncodingLayout } from "../../compiler/define.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { firstCellIsLow } from "../../compiler/physics/pair-convention.ts";

/**
 * A sign on two complementary cells, on a bit line and its complement (H1). Which of them is in HRS for
 * +1 is the technology's `plusOne`: "HRS/LRS" (H1) or "LRS/HRS" (L1).
 */
export default defineEncoding({
  name: "differential-binary",
  summary: "A weight of ±1 as two complementary cells",
  layout: (alphabet, technology) => {
    const isBinary = alphabet.levels.length === 2 && alphabet.levels.every(isSign);
    return isBinary ? pairLayout(alphabet, firstCellIsLow(technology)) : null;
  },
});

const isSign = (level: number) => level === -1 || level === 1;

/** Level 0 is HRS, level 1 is LRS. */
function pairLayout(alphabet: Alphabet, lowFirst: boolean): EncodingLayout {
  const plus = lowFirst ? [1, 0] : [0, 1];
  const minus = lowFirst ? [0, 1] : [1, 0];
  return {
    name: "differential-binary",
    alphabet,
    cellsPerWeight: 2,
    significance: lowFirst ? [1, -1] : [-1, 1],
    levelValues: [0, 1],
    offset: 0,
    patterns: alphabet.levels.map((level) => (level > 0 ? plus : minus)),
    senses: [{ cells: [0, 1], significance: 1, digits: "binary" }],
    reference: null,
    convention: lowFirst
      ? "+1 = LRS/HRS on bit line/complement, −1 = HRS/LRS"
      : "+1 = HRS/LRS on bit line/complement, −1 = LRS/HRS",
  };
}
