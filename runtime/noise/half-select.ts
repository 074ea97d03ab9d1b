import { defineNoise, type EncodingLayout } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import {
  halfSelectRead,
  sensedCurrents,
  senseReferences,
} from "../../compiler/physics/half-select-read.ts";
import { sensesPerLine } from "../../compiler/physics/pair-convention.ts";

/**
 * What the sense amplifiers of a bank without transistors make of its cells, one word line at a time (S1, S2): the
 * cell's current, less what both wires take, plus what the other cells of its bit line leak, against a reference
 * that expects that leakage. Above the reference is LRS, the lower level of +1.
 */
export default defineNoise({
  name: "half-select",
  summary: "Leakage of half-selected cells and voltage drop of both wires in a V/2 read",
  acts: "read",
  parameters: {
    read_V: { unit: "V", description: "read voltage" },
    low_A: { unit: "A", description: "median current of LRS at the read voltage" },
    high_A: { unit: "A", description: "median current of HRS at the read voltage" },
    halfLow_A: { unit: "A", description: "median leakage of a half-selected LRS cell" },
    halfHigh_A: { unit: "A", description: "median leakage of a half-selected HRS cell" },
    lowMean: { unit: "1", description: "mean over median of LRS currents" },
    highMean: { unit: "1", description: "mean over median of HRS currents" },
    lowSlope_V: { unit: "V", description: "V_0 of LRS: an e-fold of current" },
    highSlope_V: { unit: "V", description: "V_0 of HRS: an e-fold of current" },
    wordLineWire_Ohm: { unit: "Ohm", description: "word line from cell to cell" },
    bitLineWire_Ohm: { unit: "Ohm", description: "bit line from cell to cell" },
    sensedBitLines: { unit: "1", description: "bit lines sensed at once" },
    senseLevel_A: { unit: "A", description: "reference above the expected leakage" },
    perBitLine: { unit: "1", description: "1: expected leakage of each bit line, 0: of the bank" },
  },
  ideal: (parameters) => ({
    ...parameters,
    halfLow_A: 0,
    halfHigh_A: 0,
    wordLineWire_Ohm: 0,
    bitLineWire_Ohm: 0,
  }),
  sense: (conductances_S, levels, parameters, { wordLines, bitLines, encoding }) => {
    const value = (name: string): number => {
      const found = parameters[name];
      if (found === undefined)
        throw new XbcError("BAD_TECHNOLOGY", `noise half-select: needs the parameter "${name}"`);
      return found;
    };
    const read = halfSelectRead(value);
    const bank = { wordLines, bitLines, levels };
    const cells_A = Float64Array.from(conductances_S, (g) => g * read.read_V);
    const sensed = sensedCurrents(read, bank, cells_A, value("sensedBitLines"));
    const references = senseReferences(read, bank);
    const read0 = encoding.senses.map((_, sense) => digitOfLevel(encoding, sense, 0));
    const perLine = sensesPerLine(encoding, bitLines);
    const digits = new Int8Array(wordLines * perLine);
    for (let w = 0, index = 0; w < wordLines; w++) {
      for (let a = 0; a < perLine; a++, index++) {
        const sense = a % read0.length;
        const weight = (a - sense) / read0.length;
        const line = weight * encoding.cellsPerWeight + encoding.senses[sense].cells[0];
        const cell = w * bitLines + line;
        const below = sensed[cell] < references[line];
        digits[index] = levels[cell] === UNUSED ? 2 : below ? read0[sense] : -read0[sense];
      }
    }
    const none = new Float64Array(0);
    return { digits, marginal: new Int32Array(0), below: none, belowOrZero: none };
  },
});

/** What a cell of a level is read as: +1 or −1 of its sense. */
const digitOfLevel = (
  { senses, significance, levelValues }: EncodingLayout,
  sense: number,
  level: number,
): number => {
  const { cells, significance: own } = senses[sense];
  return Math.sign((significance[cells[0]] * levelValues[level]) / own);
};
