import { defineNoise, type EncodingLayout, type NoisePlace } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../compiler/physics/pair-convention.ts";
import { deriveKey, fillWords, type Key } from "../../compiler/random.ts";
import type { Numbers } from "./cell-parameters.ts";

/**
 * Stored bits that are wrong with a given chance, whatever the physics (H12, L8). A bit is what one sense
 * amplifier reads: a pair in 2T2R, a cell elsewhere; one word each, unused cells excluded. A ternary pair
 * errs by type: 1 is +1 ↔ −1, 2 is ±1 → 0, 3 is 0 → ±1; `ber` on a ternary pair goes evenly to the two
 * other codes. A cell of several levels moves to a neighbouring level.
 */
export default defineNoise({
  name: "bit-error",
  summary: "Each stored bit is wrong with a given probability",
  acts: "store",
  parameters: {
    ber: { unit: "1", description: "chance that a stored bit is wrong" },
    type1: { unit: "1", description: "ternary: chance that +1 is −1 or back" },
    type2: { unit: "1", description: "ternary: chance that ±1 is 0" },
    type3: { unit: "1", description: "ternary: chance that 0 is ±1" },
  },
  store: (levels, parameters, place) => {
    const out = levels.slice();
    const { encoding, wordLines, bitLines } = place;
    const perLine = sensesPerLine(encoding, bitLines);
    const words = senseWords(place, wordLines * perLine);
    const flips = encoding.senses.map((_, sense) => flipOf(encoding, sense, parameters));
    const groups = encoding.senses.length;
    for (let w = 0, index = 0; w < wordLines; w++) {
      for (let a = 0; a < perLine; a++, index++) {
        const start = w * bitLines + Math.floor(a / groups) * encoding.cellsPerWeight;
        const sense = a % groups;
        flips[sense](out, start, words[index]);
      }
    }
    return out;
  },
});

/** Changes the cells of one sense in place, if its word says so. */
type Flip = (levels: Uint8Array, weightStart: number, word: number) => void;

/** The first of 2^32 words that is no error. */
function limitOf(name: string, chance: number): number {
  if (chance >= 0 && chance <= 1) return Math.round(chance * 2 ** 32);
  throw new XbcError(
    "BAD_OPTION",
    `noise bit-error, ${name}: needs a probability from 0 to 1, found ${chance}; give such a value`,
  );
}

/** The key of a layer's bit errors: sense s of a bank takes word s of the bank's stream 0. */
export const bitErrorKey = ({
  seed,
  trial,
  layer,
}: Pick<NoisePlace, "seed" | "trial" | "layer">): Key => deriveKey(seed, "bit-error", trial, layer);

const senseWords = (place: NoisePlace, senses: number): Uint32Array =>
  fillWords(bitErrorKey(place), place.bank, 0, 0, new Uint32Array(senses));

/** What bit errors make of a pair's digit, without its cells. */
export interface DigitErrors {
  /** words at or above it change nothing */
  readonly limit: number;
  readonly digit: (stored: number, word: number) => number;
}

/** The errors of one sense of a weight that is a pair of two levels: the digits that `store` leaves. */
export function pairDigitErrors(
  encoding: EncodingLayout,
  sense: number,
  parameters: Numbers,
): DigitErrors {
  const { ber = 0, type1 = 0, type2 = 0, type3 = 0 } = parameters;
  if (encoding.senses[sense].digits === "binary") {
    return { limit: limitOf("ber", ber), digit: (stored) => -stored };
  }
  const { toOther, toZero, toSign } = ternaryLimits({ ber, type1, type2, type3 });
  const firstLow = isPlusWhenFirstLow(encoding, sense) ? 1 : -1;
  return {
    limit: Math.max(toOther, toZero, toSign),
    digit: (stored, word) => {
      if (stored === 0) return word >= toSign ? 0 : word < toSign / 2 ? firstLow : -firstLow;
      if (word < toOther) return -stored;
      return word < toZero ? 0 : stored;
    },
  };
}

interface TernaryRates {
  readonly ber: number;
  readonly type1: number;
  readonly type2: number;
  readonly type3: number;
}

/** First words that are no error of a kind: of a sign those to the other sign, then those to zero. */
const ternaryLimits = ({ ber, type1, type2, type3 }: TernaryRates) => ({
  toOther: limitOf("type1", type1 + ber / 2),
  toZero: limitOf("type1 + type2", type1 + type2 + ber),
  toSign: limitOf("type3", type3 + ber),
});

function flipOf(encoding: EncodingLayout, sense: number, parameters: Numbers): Flip {
  const { cells, digits } = encoding.senses[sense];
  const [first, second] = cells;
  if (cells.length === 1) return flipCell(first, encoding.levelValues.length - 1, parameters);
  const { ber = 0, type1 = 0, type2 = 0, type3 = 0 } = parameters;
  if (digits === "binary") {
    const wrong = limitOf("ber", ber);
    return (levels, start, word) => {
      if (word < wrong) swap(levels, start + first, start + second);
    };
  }
  const { toOther, toZero, toSign } = ternaryLimits({ ber, type1, type2, type3 });
  return (levels, start, word) => {
    const one = start + first;
    const two = start + second;
    if (levels[one] === UNUSED || levels[two] === UNUSED) return;
    if (levels[one] === levels[two]) {
      // either sign: half of the words of an error each
      if (word < toSign) levels[word < toSign / 2 ? one : two] = 1;
    } else if (word < toOther) swap(levels, one, two);
    else if (word < toZero) levels[levels[one] > levels[two] ? one : two] = 0;
  };
}

function swap(levels: Uint8Array, one: number, two: number): void {
  if (levels[one] === UNUSED || levels[two] === UNUSED) return;
  const kept = levels[one];
  levels[one] = levels[two];
  levels[two] = kept;
}

function flipCell(cell: number, highest: number, { ber = 0 }: Numbers): Flip {
  const wrong = limitOf("ber", ber);
  return (levels, start, word) => {
    const at = start + cell;
    if (word >= wrong || levels[at] === UNUSED) return;
    const up = levels[at] === 0 || (levels[at] < highest && word < wrong / 2);
    levels[at] += up ? 1 : -1;
  };
}
