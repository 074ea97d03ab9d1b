// Sliding windows: bit planes of images to bit planes of windows, and the largest or smallest code of each window.
// An image is its lines, pixel after pixel, channels last; a window's inputs are tap by tap, its channels together.
import { HEADER, rowsAt, signed, strideOf, word } from "./program";

// words of both commands: rows, then the geometry on three axes
const FROM: usize = HEADER;
const TO: usize = HEADER + 3;
const INPUT: usize = HEADER + 6;
const KERNEL: usize = HEADER + 9;
const STRIDES: usize = HEADER + 12;
const DILATIONS: usize = HEADER + 15;
const PADS: usize = HEADER + 18;
const OUTPUT: usize = HEADER + 21;
// of a gather
const CHANNELS: usize = HEADER + 24; // of a group
const GROUPS: usize = HEADER + 25;
const GROUP_BYTES: usize = HEADER + 26;
// of a pooling
const POOLED: usize = HEADER + 24; // channels
const FLIPS: usize = HEADER + 25; // i16[channels padded to 8] 0: largest, -1: smallest

@inline
function size3(command: usize, index: usize): u32 {
  return word(command, index) * word(command, index + 1) * word(command, index + 2);
}

/** Up to 64 bits of a plane from a bit on; those behind the last one are of what follows within its word. */
@inline
function bitsAt(plane: usize, bit: u32, count: u32): u64 {
  const at = plane + ((bit >> 6) << 3);
  const shift = bit & 63;
  let bits = load<u64>(at) >> shift;
  if (shift + count > 64) bits |= load<u64>(at, 8) << (64 - shift);
  return bits;
}

/**
 * One group of one window: runs of bits that follow each other in a line of the image, and zeros for what lies outside.
 * `image` is 0 for the mask of what lies inside.
 */
function gatherOne(command: usize, image: usize, stride: usize, z: i32, y: i32, x: i32, first: u32, to: usize): void {
  const channels = word(command, CHANNELS);
  const pixelBits = channels * word(command, GROUPS);
  const depth = signed(command, INPUT), height = signed(command, INPUT + 1), width = signed(command, INPUT + 2);
  const kz = signed(command, KERNEL), ky = signed(command, KERNEL + 1), kx = signed(command, KERNEL + 2);
  const dz = signed(command, DILATIONS), dy = signed(command, DILATIONS + 1), dx = signed(command, DILATIONS + 2);
  // taps beside each other are one run; left of it and right of it lies what is outside
  const isRun = pixelBits == channels && dx == 1;
  const left = min(max(-x, 0), kx);
  const right = min(max(x + kx - width, 0), kx - left);
  const parts = isRun ? 3 : kx;
  let open: u64 = 0;
  let filled: u32 = 0;
  for (let a = 0; a < kz; a++) {
    const iz = z + a * dz;
    for (let b = 0; b < ky; b++) {
      const iy = y + b * dy;
      const isLine = <u32>iz < <u32>depth && <u32>iy < <u32>height;
      const line: usize = image + <usize>(iz * height + iy) * stride;
      for (let part = 0; part < parts; part++) {
        let count = channels;
        let ix = x + part * dx;
        let inside = isLine && <u32>ix < <u32>width;
        if (isRun) {
          count = (part == 0 ? left : part == 1 ? kx - left - right : right) * channels;
          ix = x + left;
          inside = isLine && part == 1;
        }
        if (!inside) {
          filled += count;
          while (filled >= 64) {
            store<u64>(to, open);
            to += 8;
            open = 0;
            filled -= 64;
          }
          continue;
        }
        let bit = <u32>ix * pixelBits + first;
        while (count > 0) {
          const now = min(count, 64);
          const valid = ~(<u64>0) >> (64 - now);
          const bits = image == 0 ? valid : bitsAt(line, bit, now) & valid;
          open |= bits << filled;
          filled += now;
          if (filled >= 64) {
            store<u64>(to, open);
            to += 8;
            filled -= 64;
            // a shift by 64 would be one by 0
            open = filled == 0 ? 0 : bits >> (now - filled);
          }
          count -= now;
          bit += now;
        }
      }
    }
  }
  if (filled > 0) store<u64>(to, open);
}

/** Planes of the windows of every position; without a plane of the image the mask of what lies inside the image. */
export function windows(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const lines = word(command, INPUT) * word(command, INPUT + 1);
  const positions = size3(command, OUTPUT);
  const from = rowsAt(command, FROM, begin * lines, scratch);
  const to = rowsAt(command, TO, begin * positions, scratch);
  const groups = word(command, GROUPS);
  const deep = word(command, OUTPUT), high = word(command, OUTPUT + 1), wide = word(command, OUTPUT + 2);
  const stride = strideOf(command, FROM);
  for (let sample: u32 = 0; sample < end - begin; sample++) {
    const image = from == 0 ? 0 : from + <usize>(sample * lines) * stride;
    let row = to + <usize>(sample * positions) * strideOf(command, TO);
    for (let oz: u32 = 0; oz < deep; oz++) {
      const z = <i32>(oz * word(command, STRIDES)) - signed(command, PADS);
      for (let oy: u32 = 0; oy < high; oy++) {
        const y = <i32>(oy * word(command, STRIDES + 1)) - signed(command, PADS + 1);
        for (let ox: u32 = 0; ox < wide; ox++) {
          const x = <i32>(ox * word(command, STRIDES + 2)) - signed(command, PADS + 2);
          for (let g: u32 = 0; g < groups; g++) {
            const at = row + <usize>(g * word(command, GROUP_BYTES));
            gatherOne(command, image, stride, z, y, x, g * word(command, CHANNELS), at);
          }
          row += strideOf(command, TO);
        }
      }
    }
  }
  return 0;
}

/** Codes of one pixel into the best so far; the order of falling channels is turned by their flips. */
@inline
function better(pixel: usize, flips: usize, channels: u32, to: usize, isFirst: bool): void {
  let c: usize = 0;
  const bytes: usize = channels << 1;
  for (; c + 16 <= bytes; c += 16) {
    const v = v128.xor(v128.load(pixel + c), v128.load(flips + c));
    v128.store(to + c, isFirst ? v : i16x8.max_s(v, v128.load(to + c)));
  }
  for (; c < bytes; c += 2) {
    const v = <i16>(load<i16>(pixel + c) ^ load<i16>(flips + c));
    store<i16>(to + c, isFirst ? v : max(v, load<i16>(to + c)));
  }
}

/** The largest (or, where flipped, smallest) code of each channel in each window; int16 codes, channels last. */
export function pool(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const pixels = size3(command, INPUT);
  const positions = size3(command, OUTPUT);
  const channels = word(command, POOLED);
  const flips: usize = word(command, FLIPS);
  const from = rowsAt(command, FROM, begin, scratch);
  const to = rowsAt(command, TO, begin, scratch);
  const depth = signed(command, INPUT), height = signed(command, INPUT + 1), width = signed(command, INPUT + 2);
  const kz = signed(command, KERNEL), ky = signed(command, KERNEL + 1), kx = signed(command, KERNEL + 2);
  const high = word(command, OUTPUT + 1), wide = word(command, OUTPUT + 2);
  const bytes: usize = channels << 1;
  for (let sample: u32 = 0; sample < end - begin; sample++) {
    const image = from + <usize>sample * strideOf(command, FROM);
    let best = to + <usize>sample * strideOf(command, TO);
    for (let p: u32 = 0; p < positions; p++, best += bytes) {
      const z = <i32>(p / (high * wide) * word(command, STRIDES)) - signed(command, PADS);
      const y = <i32>(p / wide % high * word(command, STRIDES + 1)) - signed(command, PADS + 1);
      const x = <i32>(p % wide * word(command, STRIDES + 2)) - signed(command, PADS + 2);
      let isFirst = true;
      for (let a = 0; a < kz; a++) {
        const iz = z + a * signed(command, DILATIONS);
        if (<u32>iz >= <u32>depth) continue;
        for (let b = 0; b < ky; b++) {
          const iy = y + b * signed(command, DILATIONS + 1);
          if (<u32>iy >= <u32>height) continue;
          for (let c = 0; c < kx; c++) {
            const ix = x + c * signed(command, DILATIONS + 2);
            if (<u32>ix >= <u32>width) continue;
            const pixel = image + <usize>((iz * height + iy) * width + ix) * bytes;
            better(pixel, flips, channels, best, isFirst);
            isFirst = false;
          }
        }
      }
      for (let c: usize = 0; c < bytes; c += 2) store<i16>(best + c, load<i16>(best + c) ^ load<i16>(flips + c));
    }
  }
  return 0;
}

const ROWS: usize = HEADER + 6;
const COLUMNS: usize = HEADER + 7;
const BYTES: usize = HEADER + 8;

@inline
function turn<T>(x: usize, y: usize, rows: u32, columns: u32): void {
  for (let c: u32 = 0; c < columns; c++) {
    let at = x + <usize>c * sizeof<T>();
    for (let r: u32 = 0; r < rows; r++, y += sizeof<T>(), at += <usize>columns * sizeof<T>()) store<T>(y, load<T>(at));
  }
}

/** [rows x columns] of every sample to [columns x rows]. */
export function transpose(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const from = rowsAt(command, FROM, begin, scratch);
  const to = rowsAt(command, TO, begin, scratch);
  const rows = word(command, ROWS);
  const columns = word(command, COLUMNS);
  for (let sample: u32 = 0; sample < end - begin; sample++) {
    const x = from + <usize>sample * strideOf(command, FROM);
    const y = to + <usize>sample * strideOf(command, TO);
    switch (word(command, BYTES)) {
      case 1: turn<u8>(x, y, rows, columns); break;
      case 2: turn<i16>(x, y, rows, columns); break;
      default: turn<i32>(x, y, rows, columns); break;
    }
  }
  return 0;
}
