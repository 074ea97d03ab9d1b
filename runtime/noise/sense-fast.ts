import type { EncodingLayout, NoisePlace, SensedBank } from "../../compiler/define.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../compiler/physics/pair-convention.ts";
import type { Numbers } from "./cell-parameters.ts";
import cycling from "./cycling.ts";
import { type PairBounds, pairReader } from "./pair-reader.ts";
import programming, { programmingKey } from "./programming.ts";
import { type PairScan, type PairScanner, scanPairs } from "./scan-pairs.ts";
import sense, { senseBuilder } from "./sense.ts";

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
  const reader = pairReader(programmed, cycles, sensed, encoding);
  if (reader === null) {
    return bankByBank((levels, place) => senseSlowly(levels, programmed, cycles, sensed, place));
  }

  let line = lineLayout(encoding, 0);
  const senseChunk: SenseBanks = (levels, place, banks) => {
    if (line.bitLines !== place.bitLines) line = lineLayout(encoding, place.bitLines);
    const bounds = reader.bounds(place, banks);
    const scan = scanOf(levels, place, banks, bounds, line);
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
        const chances = reader.read(
          [levels[one], levels[two]],
          [scan.words[one], scan.words[two]],
          bounds.offsets[bank * perLine + a],
          within,
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

/** Where each sense of a word line finds its cells. */
type LineLayout = Pick<PairScan, "bitLines" | "first" | "second" | "firstLow">;

function lineLayout(encoding: EncodingLayout, bitLines: number): LineLayout {
  const { senses, cellsPerWeight } = encoding;
  const perLine = sensesPerLine(encoding, bitLines);
  const within = Int32Array.from({ length: perLine }, (_, a) => a % senses.length);
  const cellOf = (which: 0 | 1) =>
    within.map((s, a) => Math.floor(a / senses.length) * cellsPerWeight + senses[s].cells[which]);
  return {
    bitLines,
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
  { lrsFrom, hrsTo, zeroTo }: PairBounds,
  { first, second, firstLow }: LineLayout,
): PairScan {
  const { wordLines, bitLines } = place;
  const perLine = first.length;
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
