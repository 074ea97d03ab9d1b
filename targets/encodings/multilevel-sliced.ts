import type { Technology } from "../../compiler/define.ts";
import { defineEncoding } from "../../compiler/define.ts";
import { cellRanges, multilevelOf } from "../../compiler/physics/multilevel-technology.ts";

/**
 * An integer weight of more values than a pair of cells has, sliced over the fewest pairs (R8): balanced digits in the
 * smallest base that reaches, each on a pair of conducting levels, which are equally and as far apart as there is room. The cell of a digit's other sign stays
 * at the lowest conducting level, which moves least; the low-conductance state is a wider step away and is not used.
 */
export default defineEncoding({
  name: "multilevel-sliced",
  summary:
    "An integer weight as digits on pairs of equally spaced conducting levels, weighted and summed",
  alphabetOf: (precision, technology) => {
    const bits = /^int([2-8])$/.exec(precision);
    if (!bits || largestDigit(technology) === 0) return null;
    const most = 2 ** (Number(bits[1]) - 1) - 1;
    return { name: precision, levels: Array.from({ length: 2 * most + 1 }, (_, k) => k - most) };
  },
  layout: (alphabet, technology) => {
    const digit = largestDigit(technology);
    const most = Math.max(...alphabet.levels.map(Math.abs));
    if (digit === 0 || most === 0 || !alphabet.levels.every(Number.isInteger)) return null;
    const slices = slicesFor(most, 2 * digit + 1);
    // no larger a base than is needed: an error of the most significant pair counts base^(slices − 1) times
    const base = baseFor(most, slices);
    const stride = Math.floor((2 * digit) / (base - 1));
    const weights = Array.from({ length: slices }, (_, k) => base ** k);
    return {
      name: "multilevel-sliced",
      alphabet,
      cellsPerWeight: 2 * slices,
      significance: weights.flatMap((weight) => [weight, -weight]),
      // the low-conductance state, which no pattern uses, is more than one step below
      levelValues: Array.from({ length: digit + 2 }, (_, level) => (level - 1) / stride),
      offset: 0,
      patterns: alphabet.levels.map((level) =>
        digitsOf(level, base, slices).flatMap((d) => [
          1 + stride * Math.max(d, 0),
          1 + stride * Math.max(-d, 0),
        ]),
      ),
      senses: [],
      reference: null,
      convention:
        `${slices} ${slices === 1 ? "pair" : "pairs"} of bit lines, digits of −${(base - 1) / 2} to ${(base - 1) / 2} in base ${base}, ` +
        `${stride} ${stride === 1 ? "level" : "levels"} apart, least significant first; ` +
        "+ on the first of a pair; currents weighted by base^k before the converter",
    };
  },
});

/** D: conducting levels above the lowest one; 0 where they are not equally far apart, or cells are of another kind. */
function largestDigit(technology: Technology): number {
  if (technology.parameters.levels === undefined) return 0;
  if (technology.conventions.levelLayout !== "equal-centres") return 0;
  return cellRanges(multilevelOf(technology, technology.defaultCondition)).length - 2;
}

/** The fewest digits whose largest number is at least `most`. */
function slicesFor(most: number, base: number): number {
  let slices = 1;
  while ((base ** slices - 1) / 2 < most) slices++;
  return slices;
}

/** The smallest odd base whose numbers of so many balanced digits reach `most`. */
function baseFor(most: number, slices: number): number {
  let base = 3;
  while ((base ** slices - 1) / 2 < most) base += 2;
  return base;
}

/** Balanced digits, least significant first. */
function digitsOf(level: number, base: number, slices: number): readonly number[] {
  const half = (base - 1) / 2;
  const digits: number[] = [];
  let rest = level;
  for (let k = 0; k < slices; k++) {
    const digit = ((((rest + half) % base) + base) % base) - half;
    digits.push(digit);
    rest = (rest - digit) / base;
  }
  return digits;
}
