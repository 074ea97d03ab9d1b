import type { EncodingLayout, Technology } from "../define.ts";
import { XbcError } from "../errors.ts";

/**
 * Whether +1 puts the low resistance on the bit line (L1) rather than on its complement (H1); the two
 * papers differ, so the technology says it.
 * @throws BAD_TECHNOLOGY if `conventions.plusOne` is neither
 */
export function firstCellIsLow(technology: Technology): boolean {
  const plusOne = technology.conventions.plusOne;
  if (plusOne === "LRS/HRS") return true;
  if (plusOne === "HRS/LRS") return false;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${technology.name}, conventions.plusOne: needs "HRS/LRS" or "LRS/HRS", ` +
      `found ${plusOne === undefined ? "nothing" : `"${plusOne}"`}; ` +
      "say which cell of a pair is in which state for +1, bit line first",
  );
}

/**
 * Whether a sense's digit is +1 when its first cell is the low resistance; the encoding's significances
 * say it, so that a run needs no technology.
 */
export function isPlusWhenFirstLow(encoding: EncodingLayout, sense: number): boolean {
  const { cells, significance } = encoding.senses[sense];
  return encoding.significance[cells[0]] * significance > 0;
}

/** Senses of one word line of a bank: whole weights side by side. */
export function sensesPerLine(encoding: EncodingLayout, bitLines: number): number {
  return Math.floor(bitLines / encoding.cellsPerWeight) * encoding.senses.length;
}
