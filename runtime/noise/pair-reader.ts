import type { EncodingLayout, NoisePlace } from "../../compiler/define.ts";
import { log } from "../../compiler/math.ts";
import { agedCell } from "../../compiler/physics/oxram-pair.ts";
import { normalOf } from "../../compiler/random.ts";
import { type Numbers, readAgeing, readAmplifier, readCellLaws } from "./cell-parameters.ts";
import { type Chances, comparePair } from "./compare-pair.ts";
import { agedConductance } from "./cycling.ts";
import { type CertainReading, pairBins } from "./pair-bins.ts";
import { cellConductance } from "./programming.ts";
import { amplifierOffsets } from "./sense.ts";
import { type SenseScreen, senseScreen } from "./sense-screen.ts";

/** Bounds on the words of pairs, and the exact reading of those that they leave in doubt. */
export interface PairReader {
  /** [banks x senses of a word line] of amplifiers, in ln R, and the bounds of `SenseScreen` at them */
  readonly bounds: (place: NoisePlace, banks: number) => PairBounds;
  /** [senses of a weight] what little work tells of it */
  readonly certain: readonly CertainReading[];
  /** chances of a pair's reading from its cells' levels and words, and the sense within its weight */
  readonly read: (levels: CellPair, words: CellPair, offset: number, sense: number) => Chances;
}

export interface PairBounds {
  readonly offsets: Float64Array;
  readonly lrsFrom: Uint32Array;
  readonly hrsTo: Uint32Array;
  readonly zeroTo: Uint32Array;
}

type CellPair = readonly [first: number, second: number];

/**
 * Programming, cycling and sensing of pairs in one; null where they do not go by pairs, or by one word a cell.
 * @param cycles null where cells are not aged
 */
export function pairReader(
  programmed: Numbers,
  cycles: Numbers | null,
  sensed: Numbers,
  encoding: EncodingLayout,
): PairReader | null {
  const isPlain = encoding.levelValues.length === 2 && encoding.senses.every(isPair);
  if (!isPlain || (programmed.reprogrammings ?? 0) > 0) return null;
  const cell = readCellLaws("programming", programmed);
  const amplifier = readAmplifier("sense", sensed);
  const aged = agedConductance(cycles ?? {});
  const atRead =
    cycles !== null && (cycles.cycles ?? 0) > 0
      ? agedCell(cell, readAgeing("cycling", cycles), cycles.cycles)
      : cell;
  const screens = encoding.senses.map(({ digits }) => senseScreen(atRead, amplifier, digits));
  const logResistance = (level: number, word: number) =>
    -log(aged(level, cellConductance(cell, level, normalOf(word))));
  const bins = {
    binary: pairBins(logResistance, amplifier, "binary"),
    ternary: pairBins(logResistance, amplifier, "ternary"),
  };
  return {
    bounds: (place, banks) =>
      boundsOf(
        offsetsOf(banks, (bank) =>
          amplifierOffsets(amplifier, { ...place, bank: place.bank + bank }),
        ),
        screens,
      ),
    certain: encoding.senses.map(({ digits }) => bins[digits]),
    read: (levels, words, offset, sense) =>
      comparePair(
        logResistance(levels[0], words[0]),
        logResistance(levels[1], words[1]),
        offset,
        amplifier,
        encoding.senses[sense].digits,
      ),
  };
}

const isPair = ({ cells }: EncodingLayout["senses"][number]) => cells.length === 2;

/** [banks x senses of a word line] */
function offsetsOf(banks: number, ofBank: (bank: number) => Float64Array): Float64Array {
  const rows = Array.from({ length: banks }, (_, bank) => ofBank(bank));
  const all = new Float64Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

/** The senses of a word line, and so of all of them, go through the senses of a weight in turn. */
function boundsOf(offsets: Float64Array, screens: readonly SenseScreen[]): PairBounds {
  const lrsFrom = new Uint32Array(offsets.length);
  const hrsTo = new Uint32Array(offsets.length);
  const zeroTo = new Uint32Array(offsets.length);
  for (let i = 0; i < offsets.length; i++) {
    const screen = screens[i % screens.length];
    const bin = Math.floor(Math.abs(offsets[i]) / screen.binWidth);
    lrsFrom[i] = screen.lrsFrom[bin];
    hrsTo[i] = screen.hrsTo[bin];
    zeroTo[i] = screen.zeroTo;
  }
  return { offsets, lrsFrom, hrsTo, zeroTo };
}
