// Bit planes times weights: for groups of rows, 256 outputs at a time, so that their weights stay in the
// nearest caches while the rows pass.
import { MAXIMUM, TILE, countRow } from "./popcount.generated";
import { COUNTS, HEADER, SUMS, rowsAt, signed, strideOf, word } from "./program";
import { thresholdsToCodes, thresholdsToPlanes } from "./thresholds";

// words of the command, after the header
const INPUTS: usize = HEADER;
const OUTPUTS: usize = HEADER + 1;
const SUMS_TO: usize = HEADER + 2;
const SIGN_TO: usize = HEADER + 5;
const MASK_TO: usize = HEADER + 8;
const CODES_TO: usize = HEADER + 11;
const THRESHOLDS: usize = HEADER + 14;
const PADDED: usize = HEADER + 15;
const STEPS: usize = HEADER + 16;
const MINIMUM: usize = HEADER + 17;
const STEP: usize = HEADER + 18;
const PRODUCTS: usize = HEADER + 19;
const FIRST_PRODUCT: usize = HEADER + 20;
// words of one product: an activation term times a weight term
const PRODUCT_WORDS: usize = 12;
const MODE: usize = 0;
const SIGN: usize = 1; // rows of the term's planes
const MASK: usize = 4;
const WEIGHTS: usize = 7;
const WEIGHT_COUNTS: usize = 8; // i32[padded to 64], popcounts of the weights' masks, or 0
const BASE: usize = 9; // constant part of n
const FACTOR: usize = 10; // of the counts
const SIGNIFICANCE: usize = 11;

const ROW_COUNTED: u32 = 16; // added to the mode: n starts at the popcount of the row's mask
const MODE_BITS: u32 = 15;
const TWO_PLANES: u32 = 32; // added to the mode: weights of a sign and a mask

/** Rows that share the weights of a block. */
const GROUP: u32 = 8;
/** Outputs of a block. */
const BLOCK: u32 = 256;

function popcount(plane: usize, words: u32): i32 {
  let count: u64 = 0;
  for (let k: u32 = 0; k < words; k++) count += popcnt<u64>(load<u64>(plane + (k << 3)));
  return <i32>count;
}

/** sums = base - 2 counted, of `bytes` bytes: most networks have one binary product. The counts are negative. */
@inline
function combineBinary(counts: usize, sums: usize, bytes: usize, base: i32): void {
  const b = i32x4.splat(base);
  for (let at: usize = 0; at < bytes; at += 64) {
    const c0 = v128.load(counts + at), c1 = v128.load(counts + at, 16);
    const c2 = v128.load(counts + at, 32), c3 = v128.load(counts + at, 48);
    v128.store(sums + at, i32x4.add(b, i32x4.shl(c0, 1)));
    v128.store(sums + at, i32x4.add(b, i32x4.shl(c1, 1)), 16);
    v128.store(sums + at, i32x4.add(b, i32x4.shl(c2, 1)), 32);
    v128.store(sums + at, i32x4.add(b, i32x4.shl(c3, 1)), 48);
  }
}

/** sums (+)= significance * (base + weight counts + factor * counted); the counts are negative. */
@inline
function combine(first: bool, counts: usize, sums: usize, bytes: usize, base: i32, weightCounts: usize, factor: i32, significance: i32): void {
  const b = i32x4.splat(base);
  const f = i32x4.splat(-factor);
  const s = i32x4.splat(significance);
  for (let at: usize = 0; at < bytes; at += 16) {
    let n = i32x4.add(b, i32x4.mul(f, v128.load(counts + at)));
    if (weightCounts != 0) n = i32x4.add(n, v128.load(weightCounts + at));
    if (significance != 1) n = i32x4.mul(n, s);
    v128.store(sums + at, first ? n : i32x4.add(n, v128.load(sums + at)));
  }
}

/** Minus the counts of one row and the outputs from `o` on, as many as the tiles hold. */
function countBlock(at: usize, sign: usize, mask: usize, o: u32, tiles: i32, padded: u32, words: u32, counts: usize): void {
  for (let t: i32 = 0; t < tiles; t++) v128.store(counts + (t << 4), i32x4.splat(0));
  const flags = word(at, MODE);
  const shift: u32 = (flags & TWO_PLANES) != 0 ? 4 : 3;
  const weights: usize = word(at, WEIGHTS);
  for (let k: u32 = 0; k < words; k += MAXIMUM) {
    const here = min(words - k, MAXIMUM);
    const from = weights + ((k * padded + o * here) << shift);
    countRow(flags & MODE_BITS, here, sign + (k << 3), mask + (k << 3), from, tiles, counts);
  }
}

/** One product for a row and the outputs o … o + count - 1. */
function product(
  at: usize, isFirst: bool, row: u32, firstRow: u32, o: u32, count: u32, padded: u32, words: u32, scratch: usize,
): void {
  const sign = rowsAt(at, SIGN, firstRow, scratch) + row * strideOf(at, SIGN);
  const mask = rowsAt(at, MASK, firstRow, scratch) + row * strideOf(at, MASK);
  // rows lie anywhere but at 0
  const lone = word(at, SIGN) == 0 ? mask : sign;
  countBlock(at, lone, mask, o, (count + TILE - 1) / TILE, padded, words, scratch + COUNTS);
  const base = signed(at, BASE) + ((word(at, MODE) & ROW_COUNTED) != 0 ? popcount(mask, words) : 0);
  const weightCounts: usize = word(at, WEIGHT_COUNTS);
  const factor = signed(at, FACTOR);
  const significance = signed(at, SIGNIFICANCE);
  // in steps of 16; what lies behind the last output is never looked at, and weight counts are padded
  const bytes: usize = ((count + 15) & ~15) << 2;
  if (isFirst && weightCounts == 0 && factor == -2 && significance == 1) {
    combineBinary(scratch + COUNTS, scratch + SUMS, bytes, base);
    return;
  }
  combine(
    isFirst, scratch + COUNTS, scratch + SUMS, bytes, base,
    weightCounts == 0 ? 0 : weightCounts + (o << 2), factor, significance,
  );
}

function copySums(from: usize, to: usize, count: u32): void {
  let o: u32 = 0;
  for (; o + 16 <= count; o += 16) {
    const at = o << 2;
    v128.store(to + at, v128.load(from + at));
    v128.store(to + at, v128.load(from + at, 16), 16);
    v128.store(to + at, v128.load(from + at, 32), 32);
    v128.store(to + at, v128.load(from + at, 48), 48);
  }
  for (; o + 4 <= count; o += 4) v128.store(to + (o << 2), v128.load(from + (o << 2)));
  for (; o < count; o++) store<i32>(to + (o << 2), load<i32>(from + (o << 2)));
}

/** What becomes of the sums of one row and up to 64 outputs. */
function finish(command: usize, sums: usize, o: u32, count: u32, row: u32, firstRow: u32, scratch: usize): void {
  const sumsTo = rowsAt(command, SUMS_TO, firstRow, scratch);
  if (sumsTo != 0) copySums(sums, sumsTo + row * strideOf(command, SUMS_TO) + (o << 2), count);
  const thresholds: usize = word(command, THRESHOLDS);
  if (thresholds == 0) return;
  const padded: usize = word(command, PADDED);
  const steps = word(command, STEPS);
  const sign = rowsAt(command, SIGN_TO, firstRow, scratch);
  const mask = rowsAt(command, MASK_TO, firstRow, scratch);
  if (sign != 0) {
    const valid: u64 = count == 64 ? ~(<u64>0) : (<u64>1 << count) - 1;
    const at = o >> 3;
    thresholdsToPlanes(
      sums, thresholds, padded, o, steps, valid,
      sign + row * strideOf(command, SIGN_TO) + at, mask == 0 ? 0 : mask + row * strideOf(command, MASK_TO) + at,
    );
  }
  const codes = rowsAt(command, CODES_TO, firstRow, scratch);
  if (codes == 0) return;
  thresholdsToCodes(
    sums, count, thresholds, padded, o, steps, signed(command, MINIMUM), signed(command, STEP),
    codes + row * strideOf(command, CODES_TO) + (o << 1),
  );
}

export function matrix(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const words = (word(command, INPUTS) + 63) >> 6;
  const outputs = word(command, OUTPUTS);
  const padded = (outputs + TILE - 1) / TILE * TILE;
  const products = word(command, PRODUCTS);
  const firstProduct = command + (FIRST_PRODUCT << 2);
  for (let group: u32 = 0; group < rows; group += GROUP) {
    const last = min(rows, group + GROUP);
    for (let o: u32 = 0; o < outputs; o += BLOCK) {
      const count = min(outputs - o, BLOCK);
      for (let row = group; row < last; row++) {
        for (let p: u32 = 0; p < products; p++) {
          const at = firstProduct + ((p * PRODUCT_WORDS) << 2);
          product(at, p == 0, row, firstRow, o, count, padded, words, scratch);
        }
        for (let part: u32 = 0; part < count; part += 64) {
          const sums = scratch + SUMS + (part << 2);
          finish(command, sums, o + part, min(count - part, 64), row, firstRow, scratch);
        }
      }
    }
  }
  return 0;
}
