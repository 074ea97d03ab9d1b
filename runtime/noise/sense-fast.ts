import type { EncodingLayout, NoisePlace, SensedBank } from "../../compiler/define.ts";
import { log } from "../../compiler/math.ts";
import { agedCell } from "../../compiler/physics/oxram-pair.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../compiler/physics/pair-convention.ts";
import { normalOf } from "../../compiler/random.ts";
import { type Numbers, readAgeing, readAmplifier, readCellLaws } from "./cell-parameters.ts";
import { comparePair } from "./compare-pair.ts";
import cycling, { agedConductance } from "./cycling.ts";
import programming, { cellConductance, programmingKey } from "./programming.ts";
import { type PairScan, type PairScanner, scanPairs } from "./scan-pairs.ts";
import sense, { amplifierOffsets, senseBuilder } from "./sense.ts";
import { type SenseScreen, senseScreen } from "./sense-screen.ts";

/**
 * What the sense amplifiers make of several banks in a row.
 * @param levels [banks x wordLines x bitLines]
 * @param place  of the first bank; the others follow by number
 */
export type SenseBanks = (
  levels: Uint8Array,
  place: NoisePlace,
  banks: number,
) => readonly SensedBank[];

/** Banks that are scanned at a time: their words stay in the cache. */
const CHUNK = 32;

/**
 * Programming, cycling and sensing in one: the same `SensedBank`, bit for bit, as the three models one
 * after another, from few exact readings: integer bounds on the cells' words tell which pairs are in doubt.
 * @param cycles  null where cells are not aged
 * @param scanner makes words and finds the pairs in doubt; a kernel may stand in
 */
export function fastSenseBanks(
  programmed: Numbers,
  cycles: Numbers | null,
  sensed: Numbers,
  encoding: EncodingLayout,
  scanner: PairScanner = scanPairs,
): SenseBanks {
  const isPlain = encoding.levelValues.length === 2 && encoding.senses.every(isPair);
  if (!isPlain || (programmed.reprogrammings ?? 0) > 0) {
    return bankByBank((levels, place) => senseSlowly(levels, programmed, cycles, sensed, place));
  }
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

  let line = lineLayout(encoding, 0);
  const senseChunk: SenseBanks = (levels, place, banks) => {
    if (line.bitLines !== place.bitLines) line = lineLayout(encoding, place.bitLines);
    const offsets = offsetsOf(banks, (bank) =>
      amplifierOffsets(amplifier, { ...place, bank: place.bank + bank }),
    );
    const scan = scanOf(levels, place, banks, offsets, line, screens);
    const count = scanner(scan);
    const perLine = scan.first.length;
    const senses = perLine * place.wordLines;
    let next = 0;
    return Array.from({ length: banks }, (_, bank) => {
      const end = (bank + 1) * senses;
      const builder = senseBuilder(encoding, scan.digits.slice(bank * senses, end));
      for (; next < count && scan.doubts[next] < end; next++) {
        const index = scan.doubts[next];
        const a = index % perLine;
        const start = ((index - a) / perLine) * place.bitLines;
        const [one, two] = [start + scan.first[a], start + scan.second[a]];
        const within = a % encoding.senses.length;
        const chances = comparePair(
          logResistance(levels[one], scan.words[one]),
          logResistance(levels[two], scan.words[two]),
          offsets[bank * perLine + a],
          amplifier,
          encoding.senses[within].digits,
        );
        builder.add(index - bank * senses, within, chances);
      }
      return builder.finish();
    });
  };
  return inChunks(senseChunk);
}

/** `fastSenseBanks`, one bank at a time. */
export function fastSense(
  programmed: Numbers,
  cycles: Numbers | null,
  sensed: Numbers,
  encoding: EncodingLayout,
  scanner: PairScanner = scanPairs,
): (levels: Uint8Array, place: NoisePlace) => SensedBank {
  const senseBanks = fastSenseBanks(programmed, cycles, sensed, encoding, scanner);
  return (levels, place) => senseBanks(levels, place, 1)[0];
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
  const fresh = programming.program(levels, programmed, place);
  const aged = cycles === null ? fresh : cycling.age(fresh, levels, cycles, place);
  return sense.sense(aged, levels, sensed, place);
}

function bankByBank(one: (levels: Uint8Array, place: NoisePlace) => SensedBank): SenseBanks {
  return (levels, place, banks) => {
    const cells = place.wordLines * place.bitLines;
    return Array.from({ length: banks }, (_, bank) =>
      one(levels.subarray(bank * cells, (bank + 1) * cells), { ...place, bank: place.bank + bank }),
    );
  };
}

function inChunks(some: SenseBanks): SenseBanks {
  return (levels, place, banks) => {
    const cells = place.wordLines * place.bitLines;
    const chunks = Array.from({ length: Math.ceil(banks / CHUNK) }, (_, chunk) => {
      const first = chunk * CHUNK;
      const count = Math.min(CHUNK, banks - first);
      const part = levels.subarray(first * cells, (first + count) * cells);
      return some(part, { ...place, bank: place.bank + first }, count);
    });
    return chunks.flat();
  };
}

/** [banks x senses of a word line] */
function offsetsOf(banks: number, ofBank: (bank: number) => Float64Array): Float64Array {
  const rows = Array.from({ length: banks }, (_, bank) => ofBank(bank));
  const all = new Float64Array(rows.reduce((sum, row) => sum + row.length, 0));
  rows.forEach((row, bank) => {
    all.set(row, bank * row.length);
  });
  return all;
}

/** Where each sense of a word line finds its cells. */
interface LineLayout extends Pick<PairScan, "bitLines" | "first" | "second" | "firstLow"> {
  /** sense within its weight */
  readonly within: Int32Array;
}

function lineLayout(encoding: EncodingLayout, bitLines: number): LineLayout {
  const { senses, cellsPerWeight } = encoding;
  const perLine = sensesPerLine(encoding, bitLines);
  const within = Int32Array.from({ length: perLine }, (_, a) => a % senses.length);
  const cellOf = (which: 0 | 1) =>
    within.map((s, a) => Math.floor(a / senses.length) * cellsPerWeight + senses[s].cells[which]);
  return {
    bitLines,
    within,
    first: cellOf(0),
    second: cellOf(1),
    firstLow: Int8Array.from(within, (s) => (isPlusWhenFirstLow(encoding, s) ? 1 : -1)),
  };
}

/** The scan of some banks, its outputs empty. */
function scanOf(
  levels: Uint8Array,
  place: NoisePlace,
  banks: number,
  offsets: Float64Array,
  { within, first, second, firstLow }: LineLayout,
  screens: readonly SenseScreen[],
): PairScan {
  const { wordLines, bitLines } = place;
  const perLine = within.length;
  const lrsFrom = new Uint32Array(offsets.length);
  const hrsTo = new Uint32Array(offsets.length);
  const zeroTo = new Uint32Array(offsets.length);
  for (let i = 0; i < offsets.length; i++) {
    const screen = screens[within[i % perLine]];
    const bin = Math.floor(Math.abs(offsets[i]) / screen.binWidth);
    lrsFrom[i] = screen.lrsFrom[bin];
    hrsTo[i] = screen.hrsTo[bin];
    zeroTo[i] = screen.zeroTo;
  }
  return {
    key: programmingKey(place),
    firstBank: place.bank,
    banks,
    wordLines,
    bitLines,
    levels,
    first,
    second,
    firstLow,
    lrsFrom,
    hrsTo,
    zeroTo,
    words: new Uint32Array(banks * wordLines * bitLines),
    digits: new Int8Array(banks * wordLines * perLine),
    doubts: new Int32Array(banks * wordLines * perLine),
  };
}
