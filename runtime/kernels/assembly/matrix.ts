// Bit planes times weights: eight rows are laid out in pairs, then every 64 outputs are counted for them.
import { countPair } from "./popcount.generated";
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
const PRODUCT_WORDS: usize = 14;
const MODE: usize = 0;
const SIGN: usize = 1; // rows of the term's planes
const MASK: usize = 4;
const STAGE: usize = 7; // where in the scratch the term's rows are laid out
const IS_FIRST: usize = 8; // 1: the first product of its term
const WEIGHTS: usize = 9;
const WEIGHT_COUNTS: usize = 10; // i32[padded to 64], popcounts of the weights' masks, or 0
const BASE: usize = 11; // constant part of n
const FACTOR: usize = 12; // of the counts
const SIGNIFICANCE: usize = 13;

const ROW_COUNTED: u32 = 16; // added to the mode: n starts at the popcount of the row's mask
const MODE_BITS: u32 = 15;
const TWO_PLANES: u32 = 32; // added to the mode: weights of a sign and a mask

/** Rows that are laid out together, as pairs. */
const GROUP: u32 = 8;
/** A stage begins with i32[8] popcounts of the rows' masks. */
const STAGE_HEADER: usize = 64;

/**
 * Lays rows `row` ... of a term out as [pair][word][plane][2 rows], with the popcounts of their masks;
 * a missing second row repeats the first.
 */
function layOut(at: usize, row: u32, rows: u32, firstRow: u32, words: u32, scratch: usize): void {
  const sign = rowsAt(at, SIGN, firstRow, scratch);
  const mask = rowsAt(at, MASK, firstRow, scratch);
  const stage = scratch + word(at, STAGE);
  const wordBytes: usize = sign != 0 && mask != 0 ? 32 : 16;
  const last = rows - 1;
  for (let r: u32 = 0; r < ((rows + 1) & ~1); r++) {
    const source = row + min(r, last);
    let to = stage + STAGE_HEADER + (r >> 1) * words * wordBytes + ((r & 1) << 3);
    let count: u64 = 0;
    const s = sign + source * strideOf(at, SIGN);
    const m = mask + source * strideOf(at, MASK);
    for (let k: usize = 0; k < words; k++, to += wordBytes) {
      if (sign != 0) store<u64>(to, load<u64>(s + (k << 3)));
      if (mask != 0) {
        const bits = load<u64>(m + (k << 3));
        count += popcnt<u64>(bits);
        store<u64>(to + wordBytes - 16, bits);
      }
    }
    store<i32>(stage + (r << 2), <i32>count);
  }
}

/** sums[64] = base - 2 counts: most networks have one binary product. */
@inline
function combineBinary(counts: usize, sums: usize, base: i32): void {
  const b = i32x4.splat(base);
  for (let at: usize = 0; at < 256; at += 64) {
    const c0 = v128.load(counts + at), c1 = v128.load(counts + at, 16);
    const c2 = v128.load(counts + at, 32), c3 = v128.load(counts + at, 48);
    v128.store(sums + at, i32x4.sub(b, i32x4.shl(c0, 1)));
    v128.store(sums + at, i32x4.sub(b, i32x4.shl(c1, 1)), 16);
    v128.store(sums + at, i32x4.sub(b, i32x4.shl(c2, 1)), 32);
    v128.store(sums + at, i32x4.sub(b, i32x4.shl(c3, 1)), 48);
  }
}

/** sums[64] (+)= significance * (base + weight counts + factor * counts) */
@inline
function combine(first: bool, counts: usize, sums: usize, base: i32, weightCounts: usize, factor: i32, significance: i32): void {
  const b = i32x4.splat(base);
  const f = i32x4.splat(factor);
  const s = i32x4.splat(significance);
  for (let at: usize = 0; at < 256; at += 16) {
    let n = i32x4.add(b, i32x4.mul(f, v128.load(counts + at)));
    if (weightCounts != 0) n = i32x4.add(n, v128.load(weightCounts + at));
    if (significance != 1) n = i32x4.mul(n, s);
    v128.store(sums + at, first ? n : i32x4.add(n, v128.load(sums + at)));
  }
}

/** Local rows may begin at any place but 0, as do all others. */
@inline
function hasPlane(at: usize, index: usize): bool {
  return word(at, index) != 0;
}

/** One product for the pair of rows from `r` of the group on and the 64 outputs from `o` on. */
function product(at: usize, isFirst: bool, r: u32, o: u32, tiles: i32, words: u32, scratch: usize): void {
  const flags = word(at, MODE);
  const stage = scratch + word(at, STAGE);
  const wordBytes: usize = hasPlane(at, SIGN) && hasPlane(at, MASK) ? 32 : 16;
  const x = stage + STAGE_HEADER + (r >> 1) * words * wordBytes;
  const tileBytes = words * ((flags & TWO_PLANES) != 0 ? 32 : 16);
  const weights = <usize>word(at, WEIGHTS) + (o >> 1) * tileBytes;
  countPair(flags & MODE_BITS, x, weights, words, tiles, scratch + COUNTS);
  const weightCounts: usize = word(at, WEIGHT_COUNTS);
  const factor = signed(at, FACTOR);
  const significance = signed(at, SIGNIFICANCE);
  const isBinary = isFirst && weightCounts == 0 && factor == -2 && significance == 1;
  for (let half: u32 = 0; half < 2; half++) {
    const from = <usize>half << 8;
    const base = signed(at, BASE) + ((flags & ROW_COUNTED) != 0 ? load<i32>(stage + ((r + half) << 2)) : 0);
    if (isBinary) combineBinary(scratch + COUNTS + from, scratch + SUMS + from, base);
    else combine(
      isFirst, scratch + COUNTS + from, scratch + SUMS + from, base,
      weightCounts == 0 ? 0 : weightCounts + (o << 2), factor, significance,
    );
  }
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

/** What becomes of the sums of one row and block of outputs. */
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
  const products = word(command, PRODUCTS);
  const firstProduct = command + (FIRST_PRODUCT << 2);
  for (let row: u32 = 0; row < rows; row += GROUP) {
    const group = min(rows - row, GROUP);
    for (let p: u32 = 0; p < products; p++) {
      const at = firstProduct + ((p * PRODUCT_WORDS) << 2);
      if (word(at, IS_FIRST) != 0) layOut(at, row, group, firstRow, words, scratch);
    }
    for (let o: u32 = 0; o < outputs; o += 64) {
      const count = min(outputs - o, 64);
      for (let r: u32 = 0; r < group; r += 2) {
        for (let p: u32 = 0; p < products; p++) {
          const at = firstProduct + ((p * PRODUCT_WORDS) << 2);
          product(at, p == 0, r, o, (count + 1) >> 1, words, scratch);
        }
        finish(command, scratch + SUMS, o, count, row + r, firstRow, scratch);
        if (r + 1 < group) finish(command, scratch + SUMS + 256, o, count, row + r + 1, firstRow, scratch);
      }
    }
  }
  return 0;
}
