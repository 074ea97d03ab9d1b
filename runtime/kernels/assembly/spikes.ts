// Spiking layers: the weight rows of the inputs that spike, and neurons that integrate and fire.
import { HEADER, rowsAt, strideOf, word } from "./program";

const MASK: usize = HEADER;
const SUMS_TO: usize = HEADER + 3;
const INPUTS: usize = HEADER + 6;
const OUTPUTS: usize = HEADER + 7;
const WEIGHT_ROWS: usize = HEADER + 8; // i8[block of 64 outputs][input][64]
const EVERY: usize = HEADER + 9; // 1: adds every row, times its bit

/** Adds 64 weights of ±1 to 64 sums; an int16 holds them for at most 32,767 rows. */
@inline
function stored(
  to: usize, left: u32,
  a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, a7: v128,
): void {
  if (left >= 64) {
    eight(to, a0); eight(to + 32, a1); eight(to + 64, a2); eight(to + 96, a3);
    eight(to + 128, a4); eight(to + 160, a5); eight(to + 192, a6); eight(to + 224, a7);
    return;
  }
  part(to, left, a0); part(to + 32, left - 8, a1); part(to + 64, left - 16, a2); part(to + 96, left - 24, a3);
  part(to + 128, left - 32, a4); part(to + 160, left - 40, a5); part(to + 192, left - 48, a6); part(to + 224, left - 56, a7);
}

@inline
function eight(to: usize, sums: v128): void {
  v128.store(to, i32x4.extend_low_i16x8_s(sums));
  v128.store(to, i32x4.extend_high_i16x8_s(sums), 16);
}

/** The first `left` of eight sums, which may be none or all. */
function part(to: usize, left: u32, sums: v128): void {
  if (<i32>left <= 0) return;
  if (<i32>left >= 8) {
    eight(to, sums);
    return;
  }
  let low = i32x4.extend_low_i16x8_s(sums);
  let k: u32 = 0;
  if (left >= 4) {
    v128.store(to, low);
    low = i32x4.extend_high_i16x8_s(sums);
    k = 4;
  }
  for (; k < left; k++) {
    store<i32>(to + (<usize>k << 2), i32x4.extract_lane(low, 0));
    low = i8x16.shuffle(low, low, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
  }
}

/** sums[o] = Σ over inputs that spike of rows[input][o], 64 outputs at a time. */
export function addRows(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const mask = rowsAt(command, MASK, firstRow, scratch);
  const sums = rowsAt(command, SUMS_TO, firstRow, scratch);
  const outputs = word(command, OUTPUTS);
  const words = (word(command, INPUTS) + 63) >> 6;
  // the weights of a block stay in the nearest caches while the rows pass
  for (let o: u32 = 0; o < outputs; o += 64) {
    for (let row: u32 = 0; row < rows; row++) {
      const bits = mask + row * strideOf(command, MASK);
      const to = sums + row * strideOf(command, SUMS_TO) + (o << 2);
      if (word(command, EVERY) != 0) everyRow(command, bits, o, to, outputs - o);
      else spikingRows(command, bits, words, o, to, outputs - o);
    }
  }
  return 0;
}

function spikingRows(command: usize, bits: usize, words: u32, o: u32, to: usize, left: u32): void {
  const weights: usize = <usize>word(command, WEIGHT_ROWS) + <usize>o * word(command, INPUTS);
  let a0 = i16x8.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (let k: u32 = 0; k < words; k++) {
    for (let here = load<u64>(bits + (<usize>k << 3)); here != 0; here &= here - 1) {
      const from = weights + (((<usize>k << 6) + <usize>ctz(here)) << 6);
      const w0 = v128.load(from), w1 = v128.load(from, 16), w2 = v128.load(from, 32), w3 = v128.load(from, 48);
      a0 = i16x8.add(a0, i16x8.extend_low_i8x16_s(w0)); a1 = i16x8.add(a1, i16x8.extend_high_i8x16_s(w0));
      a2 = i16x8.add(a2, i16x8.extend_low_i8x16_s(w1)); a3 = i16x8.add(a3, i16x8.extend_high_i8x16_s(w1));
      a4 = i16x8.add(a4, i16x8.extend_low_i8x16_s(w2)); a5 = i16x8.add(a5, i16x8.extend_high_i8x16_s(w2));
      a6 = i16x8.add(a6, i16x8.extend_low_i8x16_s(w3)); a7 = i16x8.add(a7, i16x8.extend_high_i8x16_s(w3));
    }
  }
  stored(to, left, a0, a1, a2, a3, a4, a5, a6, a7);
}

/** The same with every row added, where an input does not spike as zeros: what events save is measured against it. */
function everyRow(command: usize, bits: usize, o: u32, to: usize, left: u32): void {
  const inputs = word(command, INPUTS);
  let from: usize = <usize>word(command, WEIGHT_ROWS) + <usize>o * inputs;
  let a0 = i16x8.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
  for (let i: u32 = 0; i < inputs; i++, from += 64) {
    const spikes = i8x16.splat(-<i8>((<u32>load<u8>(bits + (i >> 3)) >> (i & 7)) & 1));
    const w0 = v128.and(spikes, v128.load(from)), w1 = v128.and(spikes, v128.load(from, 16));
    const w2 = v128.and(spikes, v128.load(from, 32)), w3 = v128.and(spikes, v128.load(from, 48));
    a0 = i16x8.add(a0, i16x8.extend_low_i8x16_s(w0)); a1 = i16x8.add(a1, i16x8.extend_high_i8x16_s(w0));
    a2 = i16x8.add(a2, i16x8.extend_low_i8x16_s(w1)); a3 = i16x8.add(a3, i16x8.extend_high_i8x16_s(w1));
    a4 = i16x8.add(a4, i16x8.extend_low_i8x16_s(w2)); a5 = i16x8.add(a5, i16x8.extend_high_i8x16_s(w2));
    a6 = i16x8.add(a6, i16x8.extend_low_i8x16_s(w3)); a7 = i16x8.add(a7, i16x8.extend_high_i8x16_s(w3));
  }
  stored(to, left, a0, a1, a2, a3, a4, a5, a6, a7);
}

const FROM: usize = HEADER;
const TO: usize = HEADER + 3;
const STEPS: usize = HEADER + 6;
const NEURONS: usize = HEADER + 7;
const THRESHOLDS: usize = HEADER + 8;
const SUBTRACT: usize = HEADER + 9;

/** Sums [steps][neurons] of a row to int16 codes 0 or 1: at its threshold a neuron fires and is reset. */
export function integrateFire(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const steps = word(command, STEPS);
  const neurons = word(command, NEURONS);
  const thresholds: usize = word(command, THRESHOLDS);
  const subtract = word(command, SUBTRACT) != 0;
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    let n: u32 = 0;
    for (; n + 4 <= neurons; n += 4) {
      const threshold = v128.load(thresholds + (<usize>n << 2));
      let potential = i32x4.splat(0);
      for (let t: u32 = 0; t < steps; t++) {
        const at = <usize>(t * neurons + n);
        potential = i32x4.add(potential, v128.load(x + (at << 2)));
        const fires = i32x4.ge_s(potential, threshold);
        const ones = v128.and(fires, i32x4.splat(1));
        v128.store_lane<u64>(y + (at << 1), i16x8.narrow_i32x4_s(ones, ones), 0);
        potential = subtract
          ? i32x4.sub(potential, v128.and(fires, threshold))
          : v128.andnot(potential, fires);
      }
    }
    for (; n < neurons; n++) {
      const threshold = load<i32>(thresholds + (<usize>n << 2));
      let potential: i32 = 0;
      for (let t: u32 = 0; t < steps; t++) {
        const at = <usize>(t * neurons + n);
        potential += load<i32>(x + (at << 2));
        const fires = potential >= threshold;
        store<i16>(y + (at << 1), <i16>fires);
        if (fires) potential = subtract ? potential - threshold : 0;
      }
    }
  }
  return 0;
}
