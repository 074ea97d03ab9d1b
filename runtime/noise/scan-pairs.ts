import { UNUSED } from "../../compiler/ir/image.ts";
import { fillWords, type Key } from "../../compiler/random.ts";

/**
 * Several banks of pairs whose words are to be made and compared with bounds: integers in flat arrays, so
 * that a kernel can take the place of `scanPairs`. A sense is a pair of cells of one word line.
 */
export interface PairScan {
  readonly key: Key;
  readonly firstBank: number;
  readonly banks: number;
  readonly wordLines: number;
  readonly bitLines: number;
  /** [banks x wordLines x bitLines] 0 HRS, 1 LRS, 255 unused */
  readonly levels: Uint8Array;
  /** [senses of a word line] bit line of the first and of the second cell */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** [senses of a word line] digit when the first cell is the low one */
  readonly firstLow: Int8Array;
  /** [banks x senses of a word line] bounds of `SenseScreen`, by the offset of each amplifier */
  readonly lrsFrom: Uint32Array;
  readonly hrsTo: Uint32Array;
  readonly zeroTo: Uint32Array;
  /** out: [banks x wordLines x bitLines] the cells' words, stream 0 */
  readonly words: Uint32Array;
  /** out: [banks x senses] digits that are certain; 2 where unused */
  readonly digits: Int8Array;
  /** out: senses in doubt, ascending over all banks; as long as `digits` */
  readonly doubts: Int32Array;
}

/** Makes the words, writes digits and doubts, returns how many doubts there are. */
export type PairScanner = (scan: PairScan) => number;

export const scanPairs: PairScanner = (scan) => {
  const cells = scan.wordLines * scan.bitLines;
  let count = 0;
  for (let bank = 0; bank < scan.banks; bank++) {
    const words = scan.words.subarray(bank * cells, (bank + 1) * cells);
    fillWords(scan.key, scan.firstBank + bank, 0, 0, words);
    count = scanBank(scan, bank, count);
  }
  return count;
};

/** Unsigned order as signed order: engines compare signed words in integer registers. */
const FLIP = 0x80000000 | 0;

function flipped(bounds: Uint32Array, bank: number, perLine: number): Int32Array {
  const out = new Int32Array(bounds.buffer, bounds.byteOffset, bounds.length);
  return out.slice(bank * perLine, (bank + 1) * perLine).map((bound) => bound ^ FLIP);
}

function scanBank(scan: PairScan, bank: number, doubtsBefore: number): number {
  const { wordLines, bitLines, first, second, firstLow, digits, doubts } = scan;
  const perLine = first.length;
  const cells = wordLines * bitLines;
  const levels = scan.levels.subarray(bank * cells, (bank + 1) * cells);
  const words = new Int32Array(scan.words.buffer, scan.words.byteOffset + 4 * bank * cells, cells);
  const lrsFrom = flipped(scan.lrsFrom, bank, perLine);
  const hrsTo = flipped(scan.hrsTo, bank, perLine);
  const zeroTo = flipped(scan.zeroTo, bank, perLine);
  let count = doubtsBefore;
  let index = bank * wordLines * perLine;
  for (let start = 0; start < cells; start += bitLines) {
    for (let a = 0; a < perLine; a++, index++) {
      const one = start + first[a];
      const two = start + second[a];
      const low = levels[one];
      const both = low + levels[two];
      if (both === 1) {
        // 0 and 1 either way, chosen by arithmetic: a branch would be mispredicted half the time
        const lrs = two + Math.imul(low, one - two);
        const hrs = one + two - lrs;
        digits[index] = Math.imul(firstLow[a], 2 * low - 1);
        const isInDoubt = (words[lrs] ^ FLIP) >= lrsFrom[a] || (words[hrs] ^ FLIP) <= hrsTo[a];
        if (isInDoubt) doubts[count++] = index;
      } else if (both >= UNUSED) {
        digits[index] = 2;
      } else {
        digits[index] = 0;
        const bound = zeroTo[a];
        const isZero = both === 0 && (words[one] ^ FLIP) > bound && (words[two] ^ FLIP) > bound;
        if (!isZero) doubts[count++] = index;
      }
    }
  }
  return count;
}
