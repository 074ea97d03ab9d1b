import {
  defineNoise,
  type EncodingLayout,
  type NoisePlace,
  type SensedBank,
} from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { log } from "../../compiler/math.ts";
import type { AmplifierLaws } from "../../compiler/physics/oxram-pair.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../compiler/physics/pair-convention.ts";
import { deriveKey, fillWords, normalOf } from "../../compiler/random.ts";
import { readAmplifier } from "./cell-parameters.ts";
import { type Chances, comparePair } from "./compare-pair.ts";

/**
 * What precharge sense amplifiers make of a bank of pairs (H2, H6, L1, L3): an offset of its own for each
 * amplifier, one to a pair of bit lines; at each read a new comparison noise and, for ternary weights, a
 * new border below which the lower resistance must lie to converge in time.
 */
export default defineNoise({
  name: "sense",
  summary: "Offset and noise of precharge sense amplifiers, and their time to converge",
  acts: "read",
  parameters: {
    offsetSpread: { unit: "ln", description: "σ_o: fixed for each amplifier, of ln R" },
    readSpread: { unit: "ln", description: "σ_r: new at each read, of ln R" },
    convergence_Ohm: { unit: "Ohm", description: "lower resistance that converges just in time" },
    convergenceSpread: { unit: "ln", description: "σ_c: spread of that border, new at each read" },
  },
  ideal: (parameters) => ({ ...parameters, offsetSpread: 0, readSpread: 0, convergenceSpread: 0 }),
  sense: (conductances_S, levels, parameters, place) => {
    const amplifier = readAmplifier("sense", parameters);
    const offsets = amplifierOffsets(amplifier, place);
    return collectSenses(levels, place, (first, second, line, sense) => {
      const x0 = -log(conductances_S[first]);
      const x1 = -log(conductances_S[second]);
      return comparePair(x0, x1, offsets[line], amplifier, place.encoding.senses[sense].digits);
    });
  },
});

/** Offset of each amplifier of a bank, in ln R; one to a sense of a word line. */
export function amplifierOffsets(amplifier: AmplifierLaws, place: NoisePlace): Float64Array {
  const { seed, trial, layer, bank, encoding, bitLines } = place;
  const words = new Uint32Array(sensesPerLine(encoding, bitLines));
  fillWords(deriveKey(seed, "sense", trial, layer), bank, 0, 0, words);
  const offsets = new Float64Array(words.length);
  for (let a = 0; a < words.length; a++) offsets[a] = amplifier.offsetSpread * normalOf(words[a]);
  return offsets;
}

/** Chances of a pair's reading, from the cells' indices, the amplifier's, and the sense within the weight. */
export type ReadPair = (first: number, second: number, amplifier: number, sense: number) => Chances;

/** A bank's digits and marginal senses, each used pair read by `readPair`. */
export function collectSenses(
  levels: Uint8Array,
  place: NoisePlace,
  readPair: ReadPair,
): SensedBank {
  const { encoding, wordLines, bitLines } = place;
  const perLine = sensesPerLine(encoding, bitLines);
  const builder = senseBuilder(encoding, new Int8Array(wordLines * perLine).fill(2));
  const { senses, cellsPerWeight } = encoding;
  for (let w = 0, index = 0; w < wordLines; w++) {
    for (let a = 0; a < perLine; a++, index++) {
      const sense = a % senses.length;
      const start = w * bitLines + ((a - sense) / senses.length) * cellsPerWeight;
      const first = start + senses[sense].cells[0];
      const second = start + senses[sense].cells[1];
      if (levels[first] === UNUSED || levels[second] === UNUSED) continue;
      builder.add(index, sense, readPair(first, second, a, sense));
    }
  }
  return builder.finish();
}

const CERTAIN = 2 ** 32;

/** Collects a bank's senses in ascending order over the digits that it is given to complete. */
export function senseBuilder(encoding: EncodingLayout, digits: Int8Array) {
  const marginal: number[] = [];
  const below: number[] = [];
  const belowOrZero: number[] = [];
  const plusWhenFirstLow = encoding.senses.map((_, s) => isPlusWhenFirstLow(encoding, s));
  return {
    /** chances of `first low` and `second low`, turned into those of −1 and −1 or 0 */
    add: (index: number, sense: number, { firstLow, secondLow }: Chances): void => {
      const minus = plusWhenFirstLow[sense] ? secondLow : firstLow;
      const plus = plusWhenFirstLow[sense] ? firstLow : secondLow;
      digits[index] = likeliest(minus, plus);
      if (minus === CERTAIN || plus === CERTAIN || (minus === 0 && plus === 0)) return;
      marginal.push(index);
      below.push(minus);
      belowOrZero.push(CERTAIN - plus);
    },
    finish: (): SensedBank => ({
      digits,
      marginal: Int32Array.from(marginal),
      below: Float64Array.from(below),
      belowOrZero: Float64Array.from(belowOrZero),
    }),
  };
}

/** The digit that reads give most often; 0 in a tie of signs only where zeros are at least as likely. */
function likeliest(minus: number, plus: number): number {
  const zero = CERTAIN - minus - plus;
  if (zero >= minus && zero >= plus) return 0;
  return plus >= minus ? 1 : -1;
}
