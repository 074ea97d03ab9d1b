import type { FlipList } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { padTo } from "./weights.ts";

/** Cells whose digit is drawn at each read; with the key, a cell's place among them names its random words. */
export interface MarginalCells {
  /** [cells] in ascending order where sums are to be changed close to each other */
  readonly outputs: Uint32Array;
  readonly inputs: Uint32Array;
  /** [cells] -1, 0, +1: the digit that the packed weights hold */
  readonly digits: Int8Array;
  readonly significances: Int32Array;
  /** [cells] P(-1) and P(-1 or 0) in units of 2^-32, integers 0 ... 2^32 */
  readonly below: Float64Array;
  readonly belowOrZero: Float64Array;
}

/** cells whose bytes are drawn together */
const STEP = 64;
const FULL = 2 ** 32;
/** words of one top byte */
const BYTE = 2 ** 24;

/** Lays marginal cells out for the flip kernel, filled up with cells that never change. */
export function flipList(memory: EngineMemory, cells: MarginalCells): FlipList {
  const count = cells.outputs.length;
  const padded = padTo(count, STEP);
  const list: FlipList = {
    cells: padded,
    firsts: memory.allocate(padded),
    lengths: memory.allocate(padded),
    below: memory.allocate(padded * 4),
    above: memory.allocate(padded * 4),
    digits: memory.allocate(padded),
    outputs: memory.allocate(padded * 4),
    inputs: memory.allocate(padded * 4),
    significances: memory.allocate(padded * 4),
  };
  memory.uint32(list.outputs, padded).fill(0, count).set(cells.outputs);
  memory.uint32(list.inputs, padded).fill(0, count).set(cells.inputs);
  memory.int32(list.significances, padded).fill(0, count).set(cells.significances);
  const firsts = memory.bytes(list.firsts, padded);
  const lengths = memory.bytes(list.lengths, padded);
  const below = memory.uint32(list.below, padded);
  const above = memory.uint32(list.above, padded);
  const digits = memory.int8(list.digits, padded);
  for (let cell = 0; cell < padded; cell++) {
    const isFilling = cell >= count;
    const limits = isFilling ? never : limitsOf(cells.below[cell], cells.belowOrZero[cell]);
    const digit = isFilling ? 0 : cells.digits[cell] - limits.always;
    const end = endOfSure(digit, limits);
    const first = Math.min(firstSure(digit, limits), end);
    below[cell] = limits.below;
    above[cell] = limits.above;
    digits[cell] = digit;
    firsts[cell] = first;
    // a byte left out by the cut to 255 is looked at, and found to change nothing
    lengths[cell] = Math.min(end - first, 255);
  }
  return list;
}

interface Limits {
  readonly below: number;
  readonly above: number;
  readonly always: number;
}

const never: Limits = { below: 0, above: FULL - 1, always: 0 };

/**
 * The digit is `always` plus: -1 where word < below, +1 where word > above. Both limits fit 32 bits, since
 * a digit that is certain is said by `always`.
 */
function limitsOf(below: number, belowOrZero: number): Limits {
  if (below >= FULL) return { ...never, always: -1 };
  if (belowOrZero <= 0) return { ...never, always: 1 };
  return { below, above: belowOrZero - 1, always: 0 };
}

/** First top byte whose words all give the digit; where there is none, not below `endOfSure`. */
function firstSure(digit: number, { below, above }: Limits): number {
  if (digit === 1) return Math.floor(above / BYTE) + 1;
  return digit === -1 ? 0 : Math.ceil(below / BYTE);
}

/** First top byte above those; 0 for a digit that no word gives. */
function endOfSure(digit: number, { below, above }: Limits): number {
  if (digit === 1) return 256;
  if (digit === -1) return Math.floor(below / BYTE);
  return digit === 0 ? Math.floor((above + 1) / BYTE) : 0;
}
