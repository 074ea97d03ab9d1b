// Random words in bulk, and where they lie below a threshold.
import { HEADER, LANES, WORDS, rowsAt, strideOf, word } from "./program";
import { philoxBlocks } from "./philox";

const TO: usize = HEADER; // words: u32 at; compare: u32 hits at
const PER_SAMPLE: usize = HEADER + 1;
const COUNT: usize = HEADER + 2;
const FIRST: usize = HEADER + 3;
const C1: usize = HEADER + 4;
const C2: usize = HEADER + 5;
const C3: usize = HEADER + 6;
const K0: usize = HEADER + 7;
const K1: usize = HEADER + 8;
const LAST_BELOW: usize = HEADER + 9; // threshold - 1
const COUNTS_TO: usize = HEADER + 10;
const CAPACITY: usize = HEADER + 11;

/** The 16 words from index `i` (a multiple of 16) on. */
@inline
function words16(command: usize, i: u32, to: usize): void {
  const block = word(command, FIRST) + (i >> 2);
  const blocks = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  philoxBlocks(blocks, word(command, C1), word(command, C2), word(command, C3), word(command, K0), word(command, K1), to);
}

export function words(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const per = word(command, PER_SAMPLE);
  const from = begin * per;
  const last = min(end * per, word(command, COUNT));
  const to: usize = word(command, TO);
  let i = from;
  for (; i + 16 <= last; i += 16) words16(command, i, to + (i << 2));
  if (i < last) {
    words16(command, i, scratch + WORDS);
    memory.copy(to + (i << 2), scratch + WORDS, (last - i) << 2);
  }
  return 0;
}

/** Indices of the words below the threshold, sample by sample; a count goes on where the room has ended. */
export function compare(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const per = word(command, PER_SAMPLE);
  const total = word(command, COUNT);
  const capacity = word(command, CAPACITY);
  const limit = i32x4.splat(word(command, LAST_BELOW));
  const buffer = scratch + WORDS;
  for (let sample = begin; sample < end; sample++) {
    const last = min((sample + 1) * per, total);
    const hits: usize = word(command, TO) + ((sample * capacity) << 2);
    let count: u32 = 0;
    for (let i = sample * per; i < last; i += 16) {
      words16(command, i, buffer);
      let bits: u32 = 0;
      for (let q: u32 = 0; q < 4; q++) {
        bits |= <u32>i32x4.bitmask(i32x4.le_u(v128.load(buffer + (q << 4)), limit)) << (q << 2);
      }
      if (last - i < 16) bits &= (1 << (last - i)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        if (count < capacity) store<u32>(hits + (count << 2), i + ctz(bits));
        count++;
      }
    }
    store<u32>(<usize>word(command, COUNTS_TO) + (sample << 2), count);
  }
  return 0;
}

const SUMS: usize = HEADER; // rows of the sums
const SIGN: usize = HEADER + 3; // rows of the term's planes
const MASK: usize = HEADER + 6;
const SIGNIFICANCE: usize = HEADER + 9; // of the term
const BLOCKS: usize = HEADER + 10; // u32[batches x 64] first counter word
const BATCHES: usize = HEADER + 11;
const STARTS: usize = HEADER + 12; // u32[batches + 1] first cell, multiples of 4
const SLOTS: usize = HEADER + 13; // u8[cells] which of a batch's 256 words
const BELOW: usize = HEADER + 14; // u32[cells] the digit is -1 where word < below
const ABOVE: usize = HEADER + 15; // u32[cells] the digit is +1 where word > above
const DIGITS: usize = HEADER + 16; // i8[cells] the digit that the sums already hold
const CELL_OUTPUTS: usize = HEADER + 17;
const CELL_INPUTS: usize = HEADER + 18;
const CELL_SIGNIFICANCES: usize = HEADER + 19;
const SAMPLE_BASE: usize = HEADER + 20;
const PLANE: usize = HEADER + 21;
const KEY0: usize = HEADER + 22;
const KEY1: usize = HEADER + 23;

@inline
function bitOf(plane: usize, i: u32): i32 {
  return (load<u8>(plane + (i >> 3)) >> <u8>(i & 7)) & 1;
}

/** The words of up to 64 blocks, four blocks at a time. */
@inline
function batchWords(command: usize, blocks: usize, sample: u32, position: u32, to: usize): void {
  for (let b: usize = 0; b < 256; b += 16) {
    philoxBlocks(v128.load(blocks + b), sample, position, word(command, PLANE), word(command, KEY0), word(command, KEY1), to + (b << 2));
  }
}

/** The four words of four cells; mostly they are neighbours. */
@inline
function gather(words: usize, slots: u32): v128 {
  const first: usize = slots & 255;
  if (slots == first * 0x01010101 + 0x03020100) return v128.load(words + (first << 2));
  let v = v128.load32_zero(words + (first << 2));
  v = v128.load_lane<u32>(words + (((slots >> 8) & 255) << 2), v, 1);
  v = v128.load_lane<u32>(words + (((slots >> 16) & 255) << 2), v, 2);
  return v128.load_lane<u32>(words + ((slots >> 24) << 2), v, 3);
}

/**
 * Read-time flips of marginal cells: sums[output] += significance * x[input] * (digit now - digit held).
 * Cells outermost, so that a batch of them stays in cache for all rows of the chunk.
 */
export function flip(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const sums = rowsAt(command, SUMS, firstRow, scratch);
  const sign = rowsAt(command, SIGN, firstRow, scratch);
  const mask = rowsAt(command, MASK, firstRow, scratch);
  const buffer = scratch + WORDS;
  const term = word(command, SIGNIFICANCE);
  const digits: usize = word(command, DIGITS);
  const slots: usize = word(command, SLOTS);
  const below: usize = word(command, BELOW);
  const above: usize = word(command, ABOVE);
  const batches = word(command, BATCHES);
  for (let batch: u32 = 0; batch < batches; batch++) {
    const starts = <usize>word(command, STARTS) + (batch << 2);
    const firstCell = load<u32>(starts);
    const lastCell = load<u32>(starts, 4);
    const blocks = <usize>word(command, BLOCKS) + (batch << 8);
    let row: usize = 0;
    for (let sample = begin; sample < end; sample++) {
      for (let position: u32 = 0; position < positions; position++, row++) {
        batchWords(command, blocks, word(command, SAMPLE_BASE) + sample, position, buffer);
        const n = sums + row * strideOf(command, SUMS);
        const xs = sign == 0 ? 0 : sign + row * strideOf(command, SIGN);
        const xm = mask == 0 ? 0 : mask + row * strideOf(command, MASK);
        for (let cell = firstCell; cell < lastCell; cell += 4) {
          const at = <usize>cell << 2;
          const w = gather(buffer, load<u32>(slots + cell));
          const digit = i32x4.sub(i32x4.lt_u(w, v128.load(below + at)), i32x4.gt_u(w, v128.load(above + at)));
          const held = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(digits + cell)));
          const change = i32x4.sub(digit, held);
          if (v128.any_true(change)) {
            v128.store(scratch + LANES, change);
            change4(command, cell, i32x4.bitmask(i32x4.ne(change, i32x4.splat(0))), scratch + LANES, n, xs, xm, term);
          }
        }
      }
    }
  }
  return 0;
}

function change4(command: usize, cell: u32, changed: i32, changes: usize, sums: usize, sign: usize, mask: usize, term: i32): void {
  for (let bits = changed; bits != 0; bits &= bits - 1) {
    const lane = ctz(bits);
    const at = <usize>(cell + lane) << 2;
    const input = load<u32>(<usize>word(command, CELL_INPUTS) + at);
    if (mask != 0 && bitOf(mask, input) == 0) continue;
    const x = sign == 0 ? 1 : 1 - (bitOf(sign, input) << 1);
    const significance = load<i32>(<usize>word(command, CELL_SIGNIFICANCES) + at) * term;
    const to = sums + (<usize>load<u32>(<usize>word(command, CELL_OUTPUTS) + at) << 2);
    store<i32>(to, load<i32>(to) + significance * x * load<i32>(changes + (lane << 2)));
  }
}
