import { defineEncoding } from "../../compiler/define.ts";

/** A sign on one cell: HRS = +1, LRS = −1 (S1). Level 0 is HRS, level 1 is LRS. */
export default defineEncoding({
  name: "single-binary",
  summary: "A weight of ±1 as one cell",
  layout: (alphabet) => {
    const isBinary =
      alphabet.levels.length === 2 && alphabet.levels.every((level) => level === -1 || level === 1);
    if (!isBinary) return null;
    return {
      name: "single-binary",
      alphabet,
      cellsPerWeight: 1,
      significance: [1],
      levelValues: [1, -1],
      offset: 0,
      patterns: alphabet.levels.map((level) => [level > 0 ? 0 : 1]),
      senses: [{ cells: [0], significance: 1, digits: "binary" }],
      reference: null,
      convention: "+1 = HRS, −1 = LRS",
    };
  },
});
