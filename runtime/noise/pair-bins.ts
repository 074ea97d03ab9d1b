import { log } from "../../compiler/math.ts";
import type { AmplifierLaws } from "../../compiler/physics/oxram-pair.ts";
import { CERTAIN_Z } from "./compare-pair.ts";

/** ln R of a cell when it is read, from its level and its word; never falls as the word rises. */
export type LogResistance = (level: number, word: number) => number;

/** of a word's top bits: fine enough where LRS meets HRS, few enough to be made for every die */
const BITS = 10;
const BINS = 2 ** BITS;
const SHIFT = 32 - BITS;
/** of ln R: far above what float32 conductances and one unit in the last place can turn around */
const SLACK = 1e-5;

const UNIT = 2 ** 32;
/** What `CertainReading` gives where the bins leave a reading open. */
export const OPEN = 2;

/**
 * A reading that is certain by the top bits of two cells' words: +1 first low, −1 second low, 0 neither in time,
 * `OPEN` where they do not tell.
 */
export type CertainReading = (
  level0: number,
  word0: number,
  level1: number,
  word1: number,
  offset: number,
) => number;

/**
 * Readings by bins of words, each with bounds of ln R. Where one is certain, `comparePair` gives it the whole chance,
 * at many times the work.
 */
export function pairBins(
  logResistance: LogResistance,
  amplifier: AmplifierLaws,
  digits: "binary" | "ternary",
): CertainReading {
  // edges[level·(BINS + 1) + b]: ln R at the first word of bin b, and at the last word of all
  const edges = Float64Array.from({ length: 2 * (BINS + 1) }, (_, at) => {
    const level = Math.floor(at / (BINS + 1));
    return logResistance(level, Math.min((at % (BINS + 1)) * 2 ** SHIFT, UNIT - 1));
  });
  const certain = CERTAIN_Z * amplifier.readSpread + 2 * SLACK;
  const guard = CERTAIN_Z * amplifier.convergenceSpread + SLACK;
  const border = log(amplifier.convergence_Ohm);
  const isTernary = digits === "ternary";
  return (level0, word0, level1, word1, offset) => {
    const at0 = level0 * (BINS + 1) + (word0 >>> SHIFT);
    const at1 = level1 * (BINS + 1) + (word1 >>> SHIFT);
    const [least0, most0] = [edges[at0], edges[at0 + 1]];
    const [least1, most1] = [edges[at1], edges[at1 + 1]];
    if (isTernary) {
      if (Math.min(least0, least1) > border + guard) return 0;
      if (!(Math.min(most0, most1) < border - guard)) return OPEN;
    }
    if (least0 - most1 + offset > certain) return -1;
    return most0 - least1 + offset < -certain ? 1 : OPEN;
  };
}
