// Random words in bulk, and the reads of marginal cells.
import { HEADER, KEYS, WORDS, rowsAt, signed, strideOf, word } from "./program";
import { philoxBlocks, roundKeys } from "./philox";

const TO: usize = HEADER;
const PER_SAMPLE: usize = HEADER + 1;
const COUNT: usize = HEADER + 2;
const FIRST: usize = HEADER + 3;
const C1: usize = HEADER + 4;
const C2: usize = HEADER + 5;
const C3: usize = HEADER + 6;
const K0: usize = HEADER + 7;
const K1: usize = HEADER + 8;
/** The 16 words from index `i` (a multiple of 16) on. */
@inline
function words16(command: usize, i: u32, keys: usize, to: usize): void {
  const block = word(command, FIRST) + (i >> 2);
  const blocks = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  philoxBlocks(blocks, word(command, C1), word(command, C2), word(command, C3), keys, to);
}

export function words(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const per = word(command, PER_SAMPLE);
  const from = begin * per;
  const last = min(end * per, word(command, COUNT));
  const to: usize = word(command, TO);
  roundKeys(word(command, K0), word(command, K1), scratch + KEYS);
  let i = from;
  for (; i + 16 <= last; i += 16) words16(command, i, scratch + KEYS, to + (i << 2));
  if (i < last) {
    words16(command, i, scratch + KEYS, scratch + WORDS);
    memory.copy(to + (i << 2), scratch + WORDS, (last - i) << 2);
  }
  return 0;
}

const SUMS: usize = HEADER; // rows of the sums
const SIGN: usize = HEADER + 3; // rows of the term's planes
const MASK: usize = HEADER + 6;
const SIGNIFICANCE: usize = HEADER + 9; // of the term
const CELLS: usize = HEADER + 10; // a multiple of 64
const FIRSTS: usize = HEADER + 11; // u8[cells] first byte that surely gives the digit held
const LENGTHS: usize = HEADER + 12; // u8[cells] how many such bytes there are
const BELOW: usize = HEADER + 13; // u32[cells] the digit is -1 where word < below
const ABOVE: usize = HEADER + 14; // u32[cells] the digit is +1 where word > above
const DIGITS: usize = HEADER + 15; // i8[cells] the digit that the sums already hold
const CELL_OUTPUTS: usize = HEADER + 16;
const CELL_INPUTS: usize = HEADER + 17;
const CELL_SIGNIFICANCES: usize = HEADER + 18;
const SAMPLE_BASE: usize = HEADER + 19;
const SAMPLE_LIST: usize = HEADER + 20; // u32[samples], 0: they count from the base
const PLANE: usize = HEADER + 21;
const KEY0: usize = HEADER + 22;
const KEY1: usize = HEADER + 23;

/** cells whose bytes are drawn for all rows of a chunk before the next ones */
const CELL_BLOCK: u32 = 4096;
/** of the fourth counter word where the low 24 bits are drawn */
const LOW_BITS: u32 = 0x80000000;

// within WORDS: bytes of 64 cells, words of four cells, and the cells that wait for their low bits
const LOW_WORDS: usize = WORDS + 64;
const WAITING: usize = WORDS + 128; // u32[4] cells
const TOPS: usize = WORDS + 144; // u32[4] their bytes

@inline
function bitOf(plane: usize, i: u32): i32 {
  return (load<u8>(plane + (i >> 3)) >> <u8>(i & 7)) & 1;
}

/** The digit of a cell whose word is w. */
@inline
function digitOf(command: usize, cell: u32, w: u32): i32 {
  const at = <usize>cell << 2;
  return i32(w > load<u32>(<usize>word(command, ABOVE) + at)) - i32(w < load<u32>(<usize>word(command, BELOW) + at));
}

/** Puts a digit in the place of the one held. */
@inline
function change(command: usize, cell: u32, digit: i32, sums: usize, sign: usize, mask: usize): void {
  const by = digit - load<i8>(<usize>word(command, DIGITS) + cell);
  if (by == 0) return;
  const at = <usize>cell << 2;
  const input = load<u32>(<usize>word(command, CELL_INPUTS) + at);
  if (mask != 0 && bitOf(mask, input) == 0) return;
  const x = sign == 0 ? by : by * (1 - (bitOf(sign, input) << 1));
  const significance = load<i32>(<usize>word(command, CELL_SIGNIFICANCES) + at) * signed(command, SIGNIFICANCE);
  const to = sums + (<usize>load<u32>(<usize>word(command, CELL_OUTPUTS) + at) << 2);
  store<i32>(to, load<i32>(to) + significance * x);
}

/** Draws the low 24 bits of the first `count` waiting cells, and their digits. */
function settle(command: usize, count: u32, sample: u32, position: u32, sums: usize, sign: usize, mask: usize, scratch: usize): void {
  const blocks = i32x4.shr_u(v128.load(scratch + WAITING), 2);
  philoxBlocks(blocks, sample, position, word(command, PLANE) | LOW_BITS, scratch + KEYS, scratch + LOW_WORDS);
  for (let i: usize = 0; i < count; i++) {
    const cell = load<u32>(scratch + WAITING + (i << 2));
    const low = load<u32>(scratch + LOW_WORDS + (i << 4) + ((cell & 3) << 2)) >> 8;
    change(command, cell, digitOf(command, cell, (load<u32>(scratch + TOPS + (i << 2)) << 24) | low), sums, sign, mask);
  }
}

/** Which of 16 cells' bytes do not surely give the digit held. */
@inline
function unsure(bytes: usize, firsts: usize, lengths: usize): u64 {
  const distance = i8x16.sub(v128.load(bytes), v128.load(firsts));
  return i8x16.bitmask(i8x16.ge_u(distance, v128.load(lengths)));
}

function flipRow(command: usize, firstCell: u32, lastCell: u32, sample: u32, position: u32, sums: usize, sign: usize, mask: usize, scratch: usize): void {
  const bytes = scratch + WORDS;
  const plane = word(command, PLANE);
  let waiting: u32 = 0;
  for (let first = firstCell; first < lastCell; first += 64) {
    philoxBlocks(i32x4.add(i32x4.splat(first >> 4), i32x4(0, 1, 2, 3)), sample, position, plane, scratch + KEYS, bytes);
    const firsts = <usize>word(command, FIRSTS) + first;
    const lengths = <usize>word(command, LENGTHS) + first;
    let cells = unsure(bytes, firsts, lengths);
    cells |= unsure(bytes + 16, firsts + 16, lengths + 16) << 16;
    cells |= unsure(bytes + 32, firsts + 32, lengths + 32) << 32;
    cells |= unsure(bytes + 48, firsts + 48, lengths + 48) << 48;
    for (; cells != 0; cells &= cells - 1) {
      const lane = <u32>ctz(cells);
      const cell = first + lane;
      const top: u32 = load<u8>(bytes + lane);
      const least = digitOf(command, cell, top << 24);
      if (least == digitOf(command, cell, (top << 24) | 0xffffff)) {
        change(command, cell, least, sums, sign, mask);
        continue;
      }
      store<u32>(scratch + WAITING + (<usize>waiting << 2), cell);
      store<u32>(scratch + TOPS + (<usize>waiting << 2), top);
      if (++waiting == 4) {
        settle(command, 4, sample, position, sums, sign, mask, scratch);
        waiting = 0;
      }
    }
  }
  if (waiting > 0) settle(command, waiting, sample, position, sums, sign, mask, scratch);
}

/**
 * Read-time flips of marginal cells: sums[output] += significance * x[input] * (digit now - digit held).
 * Cells outermost, so that a block of them stays in cache for all rows of the chunk.
 */
export function flip(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const sums = rowsAt(command, SUMS, firstRow, scratch);
  const sign = rowsAt(command, SIGN, firstRow, scratch);
  const mask = rowsAt(command, MASK, firstRow, scratch);
  const cells = word(command, CELLS);
  const list: usize = word(command, SAMPLE_LIST);
  roundKeys(word(command, KEY0), word(command, KEY1), scratch + KEYS);
  for (let first: u32 = 0; first < cells; first += CELL_BLOCK) {
    const last = min(first + CELL_BLOCK, cells);
    let row: usize = 0;
    for (let s = begin; s < end; s++) {
      const sample = list == 0 ? word(command, SAMPLE_BASE) + s : load<u32>(list + (<usize>s << 2));
      for (let position: u32 = 0; position < positions; position++, row++) {
        const xs = sign == 0 ? 0 : sign + row * strideOf(command, SIGN);
        const xm = mask == 0 ? 0 : mask + row * strideOf(command, MASK);
        flipRow(command, first, last, sample, position, sums + row * strideOf(command, SUMS), xs, xm, scratch);
      }
    }
  }
  return 0;
}
