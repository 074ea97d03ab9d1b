import type { EncodingLayout, NoisePlace, SensedBank } from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { log } from "../../compiler/math.ts";
import { agedCell } from "../../compiler/physics/oxram-pair.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../compiler/physics/pair-convention.ts";
import { fillWords, type Key, normalOf } from "../../compiler/random.ts";
import { type Numbers, readAgeing, readAmplifier, readCellLaws } from "./cell-parameters.ts";
import { comparePair } from "./compare-pair.ts";
import cycling, { agedConductance } from "./cycling.ts";
import programming, { cellConductance, programmingKey } from "./programming.ts";
import sense, { amplifierOffsets, senseBuilder } from "./sense.ts";
import { type SenseScreen, senseScreen } from "./sense-screen.ts";

/** Where each sense of a word line finds its cells, and what a certain reading of them is. */
interface LineLayout {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** sense within its weight */
  readonly sense: Int32Array;
  /** [senses of a word line] digit when the first cell is the low one */
  readonly firstLow: Int8Array;
}

/** Fills a bank's device words: `fillWords`, or a kernel that gives the same. */
export type WordSource = (key: Key, bank: number, out: Uint32Array) => void;

const plainWords: WordSource = (key, bank, out) => void fillWords(key, bank, 0, 0, out);

/**
 * Programming, cycling and sensing of a bank in one: the same `SensedBank`, bit for bit, as the three
 * models one after another, from few exact readings: integer bounds on the cells' words tell which pairs
 * are in doubt.
 * @param cycles null where cells are not aged
 * @returns a function of a bank's levels and place; it keeps scratch memory, so use one per thread
 */
export function fastSense(
  programmed: Numbers,
  cycles: Numbers | null,
  sensed: Numbers,
  encoding: EncodingLayout,
  words: WordSource = plainWords,
): (levels: Uint8Array, place: NoisePlace) => SensedBank {
  if ((programmed.reprogrammings ?? 0) > 0 || !encoding.senses.every(isPair)) {
    return (levels, place) => senseSlowly(levels, programmed, cycles, sensed, place);
  }
  const cell = readCellLaws("programming", programmed);
  const amplifier = readAmplifier("sense", sensed);
  const isAged = cycles !== null && (cycles.cycles ?? 0) > 0;
  const screened = isAged
    ? agedCell(cell, readAgeing("cycling", cycles), cycles.cycles)
    : cell;
  const aged = agedConductance(cycles ?? {});
  const screens = encoding.senses.map(({ digits }) => senseScreen(screened, amplifier, digits));
  const resistance = (level: number, word: number) =>
    -log(aged(level, cellConductance(cell, level, normalOf(word))));
  let scratch = new Uint32Array(0);
  let doubts = new Int32Array(0);

  return (levels, place) => {
    const line = lineLayout(encoding, place.bitLines);
    const perLine = line.first.length;
    if (scratch.length !== levels.length) scratch = new Uint32Array(levels.length);
    if (doubts.length < perLine * place.wordLines) doubts = new Int32Array(perLine * place.wordLines);
    words(programmingKey(place), place.bank, scratch);
    const offsets = amplifierOffsets(amplifier, place);
    const builder = senseBuilder(encoding, perLine * place.wordLines);
    const count = scan(levels, scratch, offsets, line, screens, place, builder.digits, doubts);
    for (let i = 0; i < count; i++) {
      const index = doubts[i];
      const a = index % perLine;
      const start = ((index - a) / perLine) * place.bitLines;
      const first = start + line.first[a];
      const second = start + line.second[a];
      const x0 = resistance(levels[first], scratch[first]);
      const x1 = resistance(levels[second], scratch[second]);
      const { digits } = encoding.senses[line.sense[a]];
      builder.add(index, line.sense[a], comparePair(x0, x1, offsets[a], amplifier, digits));
    }
    return builder.finish();
  };
}

const isPair = ({ cells }: EncodingLayout["senses"][number]) => cells.length === 2;

/** One bank by the fast way; `fastSense` keeps its bounds for many. */
export function senseFast(
  levels: Uint8Array,
  programmed: Numbers,
  sensed: Numbers,
  place: NoisePlace,
  cycles: Numbers | null = null,
): SensedBank {
  return fastSense(programmed, cycles, sensed, place.encoding)(levels, place);
}

/** The three models one after another: what `fastSense` must equal. */
export function senseSlowly(
  levels: Uint8Array,
  programmed: Numbers,
  cycles: Numbers | null,
  sensed: Numbers,
  place: NoisePlace,
): SensedBank {
  const fresh = programming.program?.(levels, programmed, place) ?? new Float32Array(0);
  const aged = cycles === null ? fresh : (cycling.age?.(fresh, levels, cycles, place) ?? fresh);
  const bank = sense.sense?.(aged, levels, sensed, place);
  return bank ?? senseBuilder(place.encoding, 0).finish();
}

function lineLayout(encoding: EncodingLayout, bitLines: number): LineLayout {
  const { senses, cellsPerWeight } = encoding;
  const perLine = sensesPerLine(encoding, bitLines);
  const index = Int32Array.from({ length: perLine }, (_, a) => a);
  const within = index.map((a) => a % senses.length);
  const cellOf = (which: 0 | 1) =>
    index.map((a) => Math.floor(a / senses.length) * cellsPerWeight + senses[within[a]].cells[which]);
  return {
    first: cellOf(0),
    second: cellOf(1),
    sense: within,
    firstLow: Int8Array.from(within, (s) => (isPlusWhenFirstLow(encoding, s) ? 1 : -1)),
  };
}

/**
 * Writes the digits that are certain, and the indices of the senses in doubt, ascending; returns how many.
 * Integers only: a kernel can do it on the words as it makes them.
 */
function scan(
  levels: Uint8Array,
  words: Uint32Array,
  offsets: Float64Array,
  line: LineLayout,
  screens: readonly SenseScreen[],
  { wordLines, bitLines }: NoisePlace,
  digits: Int8Array,
  doubts: Int32Array,
): number {
  const perLine = line.first.length;
  const lrsFrom = new Uint32Array(perLine);
  const hrsTo = new Uint32Array(perLine);
  const zeroTo = new Uint32Array(perLine);
  for (let a = 0; a < perLine; a++) {
    const screen = screens[line.sense[a]];
    const bin = Math.min(
      Math.floor(Math.abs(offsets[a]) / screen.binWidth),
      screen.lrsFrom.length - 1,
    );
    lrsFrom[a] = screen.lrsFrom[bin];
    hrsTo[a] = screen.hrsTo[bin];
    zeroTo[a] = screen.zeroTo;
  }
  let count = 0;
  for (let w = 0, index = 0; w < wordLines; w++) {
    const start = w * bitLines;
    for (let a = 0; a < perLine; a++, index++) {
      const first = start + line.first[a];
      const second = start + line.second[a];
      const one = levels[first];
      const two = levels[second];
      if (one === UNUSED || two === UNUSED) continue;
      if (one !== two) {
        const lrs = one > two ? first : second;
        const hrs = first + second - lrs;
        digits[index] = one > two ? line.firstLow[a] : -line.firstLow[a];
        if (words[lrs] >= lrsFrom[a] || words[hrs] <= hrsTo[a]) doubts[count++] = index;
      } else {
        digits[index] = 0;
        const isZero = one === 0 && words[first] > zeroTo[a] && words[second] > zeroTo[a];
        if (!isZero) doubts[count++] = index;
      }
    }
  }
  return count;
}
