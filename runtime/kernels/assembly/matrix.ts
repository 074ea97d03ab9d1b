// Bit planes times weights, four rows and 64 outputs at a time.
import { countRows } from "./popcount.generated";
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
const PRODUCT_WORDS: usize = 13;
const MODE: usize = 0;
const X: usize = 1; // rows of the first plane
const MASK: usize = 4; // rows of the mask plane, where the mode reads one
const WEIGHTS: usize = 7;
const WEIGHT_COUNTS: usize = 8; // i32[padded to 64], weight mask's popcounts, or 0
const TILE_BYTES: usize = 9; // of a tile of four outputs
const BASE: usize = 10; // constant part of n
const FACTOR: usize = 11; // of the counts
const SIGNIFICANCE: usize = 12;
const ROW_COUNTED: u32 = 16; // added to the mode: n starts at pop of the row's mask (or only) plane

function popcountOf(plane: usize, words: i32): i32 {
  let sum: u64 = 0;
  for (let k = 0; k < words; k++) sum += popcnt<u64>(load<u64>(plane + (<usize>k << 3)));
  return <i32>sum;
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

/** One product for up to four rows and the 64 outputs from `o` on. */
function product(
  at: usize, first: bool, o: u32, tiles: i32, row: u32, rows: u32, firstRow: u32, words: i32, scratch: usize,
): void {
  const flags = word(at, MODE);
  const mode = flags & 15;
  const stride = strideOf(at, X);
  const x = rowsAt(at, X, firstRow, scratch) + row * stride;
  const mask = rowsAt(at, MASK, firstRow, scratch);
  const distance = mask == 0 ? 0 : mask + row * strideOf(at, MASK) - x;
  const weights = word(at, WEIGHTS) + (<usize>o >> 2) * word(at, TILE_BYTES);
  const d1 = rows > 1 ? stride : 0;
  const d2 = rows > 2 ? stride << 1 : 0;
  const d3 = rows > 3 ? stride * 3 : 0;
  countRows(mode, x, distance, d1, d2, d3, weights, words, tiles, scratch + COUNTS);
  const weightCounts: usize = word(at, WEIGHT_COUNTS);
  for (let r: u32 = 0; r < rows; r++) {
    const from = <usize>r << 8;
    const plane = x + r * stride + distance;
    const base = signed(at, BASE) + ((flags & ROW_COUNTED) != 0 ? popcountOf(plane, words) : 0);
    combine(
      first, scratch + COUNTS + from, scratch + SUMS + from, base,
      weightCounts == 0 ? 0 : weightCounts + (o << 2), signed(at, FACTOR), signed(at, SIGNIFICANCE),
    );
  }
}

function copySums(from: usize, to: usize, count: u32): void {
  let o: u32 = 0;
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
  const words = <i32>((word(command, INPUTS) + 63) >> 6);
  const outputs = word(command, OUTPUTS);
  const products = word(command, PRODUCTS);
  for (let o: u32 = 0; o < outputs; o += 64) {
    const count = min(outputs - o, 64);
    const tiles = <i32>((count + 3) >> 2);
    for (let row: u32 = 0; row < rows; row += 4) {
      const some = min(rows - row, 4);
      for (let p: u32 = 0; p < products; p++) {
        const at = command + ((FIRST_PRODUCT + p * PRODUCT_WORDS) << 2);
        product(at, p == 0, o, tiles, row, some, firstRow, words, scratch);
      }
      for (let r: u32 = 0; r < some; r++) {
        finish(command, scratch + SUMS + (<usize>r << 8), o, count, row + r, firstRow, scratch);
      }
    }
  }
  return 0;
}
