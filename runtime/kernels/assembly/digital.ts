// Integer work between matrices: codes from floats, bytes and sums; other orders.
import { HEADER, NOT_A_NUMBER, OUTSIDE_TABLE, fail, rowsAt, signed, strideOf, word } from "./program";
import { thresholdRun, thresholdsToCodes, thresholdsToPlanes } from "./thresholds";

const FROM: usize = HEADER;
const TO: usize = HEADER + 3;
const ELEMENTS: usize = HEADER + 6;
const CHANNELS: usize = HEADER + 7;
const INNER: usize = HEADER + 8;
const TABLE: usize = HEADER + 9; // thresholds, table or order
const STEPS: usize = HEADER + 10;
const MINIMUM: usize = HEADER + 11;
const STEP: usize = HEADER + 12;
const DIRECTIONS: usize = HEADER + 13;
const PADDED: usize = HEADER + 13;

function isAnyNaN(x: usize, elements: u32): bool {
  let found = i32x4.splat(0);
  let e: u32 = 0;
  for (; e + 4 <= elements; e += 4) {
    const v = v128.load(x + (e << 2));
    found = v128.or(found, f32x4.ne(v, v));
  }
  for (; e < elements; e++) if (isNaN(load<f32>(x + (e << 2)))) return true;
  return v128.any_true(found);
}

function firstNaN(x: usize): u32 {
  let e: u32 = 0;
  while (!isNaN(load<f32>(x + (e << 2)))) e++;
  return e;
}

/** How many of `steps` thresholds x passes. */
@inline
function passes(x: f32, thresholds: usize, steps: u32, rising: bool): i32 {
  let count = 0;
  for (let k: u32 = 0; k < steps; k++) {
    const t = load<f32>(thresholds + (k << 2));
    count += rising ? i32(x >= t) : i32(x <= t);
  }
  return count;
}

/** Codes of a run of floats that share one channel. */
function floatRun(x: usize, count: u32, thresholds: usize, steps: u32, rising: bool, minimum: i32, step: i32, to: usize): void {
  const min4 = i32x4.splat(minimum);
  const step4 = i32x4.splat(step);
  let e: u32 = 0;
  for (; e + 4 <= count; e += 4) {
    const v = v128.load(x + (e << 2));
    let sum = i32x4.splat(0);
    for (let k: u32 = 0; k < steps; k++) {
      const t = v128.load32_splat(thresholds + (k << 2));
      sum = i32x4.sub(sum, rising ? f32x4.ge(v, t) : f32x4.le(v, t));
    }
    const codes = i32x4.add(min4, i32x4.mul(sum, step4));
    v128.store_lane<u64>(to + (e << 1), i16x8.narrow_i32x4_s(codes, codes), 0);
  }
  for (; e < count; e++) {
    store<i16>(to + (e << 1), <i16>(minimum + step * passes(load<f32>(x + (e << 2)), thresholds, steps, rising)));
  }
}

export function thresholdFloat(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const elements = word(command, ELEMENTS);
  const channels = word(command, CHANNELS);
  const inner = channels == 1 ? elements : word(command, INNER);
  const steps = word(command, STEPS);
  const minimum = signed(command, MINIMUM);
  const step = signed(command, STEP);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    if (isAnyNaN(x, elements)) {
      return fail(scratch, NOT_A_NUMBER, begin + row / positions, (row % positions) * elements + firstNaN(x));
    }
    let channel: u32 = 0;
    for (let e: u32 = 0; e < elements; e += inner) {
      const thresholds = word(command, TABLE) + ((channel * steps) << 2);
      const rising = load<i8>(word(command, DIRECTIONS) + channel) > 0;
      floatRun(x + (e << 2), min(inner, elements - e), thresholds, steps, rising, minimum, step, y + (e << 1));
      if (++channel == channels) channel = 0;
    }
  }
  return 0;
}

/** uint8 values to codes through a table of 256 codes per channel. */
export function thresholdBytes(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const elements = word(command, ELEMENTS);
  const channels = word(command, CHANNELS);
  const inner = channels == 1 ? elements : word(command, INNER);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    let channel: u32 = 0;
    for (let e: u32 = 0; e < elements; e += inner) {
      const table = word(command, TABLE) + (channel << 9);
      const last = min(e + inner, elements);
      for (let i = e; i < last; i++) {
        store<i16>(y + (i << 1), load<i16>(table + (<u32>load<u8>(x + i) << 1)));
      }
      if (++channel == channels) channel = 0;
    }
  }
  return 0;
}

/** Sums to codes by thresholds. */
export function requantize(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const elements = word(command, ELEMENTS);
  const channels = word(command, CHANNELS);
  const inner = word(command, INNER);
  const thresholds: usize = word(command, TABLE);
  const padded: usize = word(command, PADDED);
  const steps = word(command, STEPS);
  const minimum = signed(command, MINIMUM);
  const step = signed(command, STEP);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    if (inner == 1) {
      for (let e: u32 = 0; e < elements; e += channels) {
        const count = min(channels, elements - e);
        thresholdsToCodes(x + (e << 2), count, thresholds, padded, 0, steps, minimum, step, y + (e << 1));
      }
    } else {
      let channel: u32 = 0;
      for (let e: u32 = 0; e < elements; e += inner) {
        const count = min(inner, elements - e);
        thresholdRun(x + (e << 2), count, thresholds, padded, channel, steps, minimum, step, y + (e << 1));
        if (++channel == channels) channel = 0;
      }
    }
  }
  return 0;
}

/** Sums to planes by thresholds, 64 of them a word. */
export function requantizePlanes(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const sign = rowsAt(command, HEADER + 3, firstRow, scratch);
  const mask = rowsAt(command, HEADER + 6, firstRow, scratch);
  const elements = word(command, HEADER + 9);
  const thresholds: usize = word(command, HEADER + 10);
  const padded: usize = word(command, HEADER + 11);
  const steps = word(command, HEADER + 12);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const s = sign + row * strideOf(command, HEADER + 3);
    const m = mask == 0 ? 0 : mask + row * strideOf(command, HEADER + 6);
    for (let e: u32 = 0; e < elements; e += 64) {
      const valid: u64 = elements - e >= 64 ? ~(<u64>0) : (<u64>1 << (elements - e)) - 1;
      const at = e >> 3;
      thresholdsToPlanes(x + (e << 2), thresholds, padded, e, steps, valid, s + at, m == 0 ? 0 : m + at);
    }
  }
  return 0;
}

/** Sums to codes through a table; `steps` holds the codes of a channel, `minimum` the sum of the first. */
export function requantizeTable(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const elements = word(command, ELEMENTS);
  const channels = word(command, CHANNELS);
  const inner = word(command, INNER);
  const size = word(command, STEPS);
  const minimum = signed(command, MINIMUM);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    let channel: u32 = 0;
    for (let e: u32 = 0; e < elements; e += inner) {
      const table = word(command, TABLE) + ((channel * size) << 1);
      const last = min(e + inner, elements);
      for (let i = e; i < last; i++) {
        const index = <u32>(load<i32>(x + (i << 2)) - minimum);
        if (index >= size) {
          return fail(scratch, OUTSIDE_TABLE, begin + row / positions, (row % positions) * elements + i);
        }
        store<i16>(y + (i << 1), load<i16>(table + (index << 1)));
      }
      if (++channel == channels) channel = 0;
    }
  }
  return 0;
}

@inline
function permuteRow<T>(x: usize, y: usize, order: usize, elements: u32, fill: i32): void {
  for (let i: u32 = 0; i < elements; i++) {
    const source = load<i32>(order + (i << 2));
    store<T>(y + i * sizeof<T>(), source < 0 ? <T>fill : load<T>(x + <usize>source * sizeof<T>()));
  }
}

/** to[i] = from[order[i]], or the fill where the order is negative; `channels` holds the bytes of an element. */
export function permute(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, TO, firstRow, scratch);
  const elements = word(command, ELEMENTS);
  const order: usize = word(command, TABLE);
  const fill = signed(command, MINIMUM);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, TO);
    switch (word(command, CHANNELS)) {
      case 1: permuteRow<u8>(x, y, order, elements, fill); break;
      case 2: permuteRow<i16>(x, y, order, elements, fill); break;
      default: permuteRow<i32>(x, y, order, elements, fill); break;
    }
  }
  return 0;
}

/** Two rows of codes to sums, each by its factor. */
export function join(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const beside = rowsAt(command, HEADER + 3, firstRow, scratch);
  const to = rowsAt(command, HEADER + 6, firstRow, scratch);
  const elements = word(command, HEADER + 9);
  const a = signed(command, HEADER + 10);
  const b = signed(command, HEADER + 11);
  const a4 = i32x4.splat(a);
  const b4 = i32x4.splat(b);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = beside + row * strideOf(command, HEADER + 3);
    const z = to + row * strideOf(command, HEADER + 6);
    let e: u32 = 0;
    for (; e + 4 <= elements; e += 4) {
      const left = i32x4.mul(v128.load_ext<i16>(x + (e << 1)), a4);
      const right = i32x4.mul(v128.load_ext<i16>(y + (e << 1)), b4);
      v128.store(z + (e << 2), i32x4.add(left, right));
    }
    for (; e < elements; e++) {
      const sum = <i32>load<i16>(x + (e << 1)) * a + <i32>load<i16>(y + (e << 1)) * b;
      store<i32>(z + (e << 2), sum);
    }
  }
  return 0;
}
