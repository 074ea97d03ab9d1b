// Codes to bit planes.
import { HEADER, rowsAt, strideOf, word } from "./program";

const FROM: usize = HEADER;
const BYTES: usize = HEADER + 3; // 1: uint8 codes, 0: int16
const ELEMENTS: usize = HEADER + 4;
const PLANES: usize = HEADER + 5;
const FIRST_PLANE: usize = HEADER + 6;
// words of one plane
const PLANE_WORDS: usize = 6;
const TO: usize = 0;
const TEST: usize = 3;
const SHIFT: usize = 4;
const BIAS: usize = 5;

// what sets a bit; `../encode.ts` has the same numbers
const NEGATIVE: u32 = 0; // code < 0
const NEGATIVE_UNMASKED: u32 = 1; // code < 0, and not masked
const NONZERO: u32 = 2; // code is neither 0 nor masked
const BIT: u32 = 3; // bit 15 - shift of the code
const DIGIT: u32 = 4; // bit 15 - shift of (code + bias) / 2 is 0, and the code is not masked
const UNMASKED: u32 = 5;

const MASKED: i16 = -32768;

/** All ones (or the sign bit) in the lanes whose bit is set. */
@inline
function lanes(codes: v128, test: u32, shift: i32, bias: v128): v128 {
  const masked = i16x8.splat(MASKED);
  if (test == NEGATIVE) return codes;
  if (test == NEGATIVE_UNMASKED) return v128.and(codes, i16x8.ne(codes, masked));
  if (test == NONZERO) return v128.not(v128.or(i16x8.eq(codes, i16x8.splat(0)), i16x8.eq(codes, masked)));
  if (test == BIT) return i16x8.shl(codes, shift);
  if (test == DIGIT) {
    const half = i16x8.shr_u(i16x8.add(codes, bias), 1);
    return v128.andnot(i16x8.ne(codes, masked), i16x8.shl(half, shift));
  }
  return i16x8.ne(codes, masked);
}

@inline
function isSet(code: i32, test: u32, shift: i32, bias: i32): bool {
  if (test == NEGATIVE) return code < 0;
  if (test == NEGATIVE_UNMASKED) return code < 0 && code != MASKED;
  if (test == NONZERO) return code != 0 && code != MASKED;
  if (test == BIT) return ((code << shift) & 0x8000) != 0;
  if (test == DIGIT) return code != MASKED && (((((code + bias) & 0xffff) >>> 1) << shift) & 0x8000) == 0;
  return code != MASKED;
}

/** The sign bits of 16 lanes; narrowing saturates, so it keeps signs. */
@inline
function bits16(low: v128, high: v128): u16 {
  return <u16>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

@inline
function packRow(from: usize, bytes: bool, elements: u32, to: usize, test: u32, shift: i32, bias: i32): void {
  const bias8 = i16x8.splat(<i16>bias);
  let e: u32 = 0;
  for (; e + 16 <= elements; e += 16) {
    let low: v128, high: v128;
    if (bytes) {
      const codes = v128.load(from + e);
      low = i16x8.extend_low_i8x16_u(codes);
      high = i16x8.extend_high_i8x16_u(codes);
    } else {
      low = v128.load(from + (e << 1));
      high = v128.load(from + (e << 1), 16);
    }
    store<u16>(to + (e >> 3), bits16(lanes(low, test, shift, bias8), lanes(high, test, shift, bias8)));
  }
  finishWord(to, elements, e);
  for (; e < elements; e++) {
    const code = bytes ? <i32>load<u8>(from + e) : <i32>load<i16>(from + (e << 1));
    if (isSet(code, test, shift, bias)) setBit(to, e);
  }
}

/** Clears the bits from `e` (a multiple of 16) to the end of the last word. */
@inline
function finishWord(to: usize, elements: u32, e: u32): void {
  const end = ((elements + 63) >> 6) << 6;
  for (let at = e; at < end; at += 16) store<u16>(to + (at >> 3), 0);
}

@inline
function setBit(to: usize, e: u32): void {
  const at = to + (e >> 3);
  store<u8>(at, load<u8>(at) | <u8>(<u32>1 << (e & 7)));
}

@inline
function packRows(test: u32, from: usize, fromStride: usize, bytes: bool, elements: u32, rows: u32, to: usize, toStride: usize, shift: i32, bias: i32): void {
  for (let row: u32 = 0; row < rows; row++) {
    packRow(from + row * fromStride, bytes, elements, to + row * toStride, test, shift, bias);
  }
}

function packPlane(test: u32, from: usize, fromStride: usize, bytes: bool, elements: u32, rows: u32, to: usize, toStride: usize, shift: i32, bias: i32): void {
  switch (test) {
    case NEGATIVE: return packRows(NEGATIVE, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
    case NEGATIVE_UNMASKED: return packRows(NEGATIVE_UNMASKED, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
    case NONZERO: return packRows(NONZERO, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
    case BIT: return packRows(BIT, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
    case DIGIT: return packRows(DIGIT, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
    default: return packRows(UNMASKED, from, fromStride, bytes, elements, rows, to, toStride, shift, bias);
  }
}

export function pack(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const planes = word(command, PLANES);
  for (let p: u32 = 0; p < planes; p++) {
    const plane = command + ((FIRST_PLANE + p * PLANE_WORDS) << 2);
    packPlane(
      word(plane, TEST), from, strideOf(command, FROM), word(command, BYTES) != 0, word(command, ELEMENTS), rows,
      rowsAt(plane, TO, firstRow, scratch), strideOf(plane, TO), word(plane, SHIFT), word(plane, BIAS),
    );
  }
  return 0;
}

const SIGN_TO: usize = HEADER + 3;
const BYTE_ELEMENTS: usize = HEADER + 6;
const TABLE: usize = HEADER + 7; // 32 bytes: bit of each byte value

/** uint8 values to a sign plane through a table of 256 bits, 16 at a time by shuffles. */
export function packBytes(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const rows = (end - begin) * positions;
  const from = rowsAt(command, FROM, firstRow, scratch);
  const to = rowsAt(command, SIGN_TO, firstRow, scratch);
  const elements = word(command, BYTE_ELEMENTS);
  const table: usize = word(command, TABLE);
  const low = v128.load(table);
  const high = v128.load(table, 16);
  const powers = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const seven = i8x16.splat(7);
  const sixteen = i8x16.splat(16);
  for (let row: u32 = 0; row < rows; row++) {
    const x = from + row * strideOf(command, FROM);
    const y = to + row * strideOf(command, SIGN_TO);
    let e: u32 = 0;
    for (; e + 16 <= elements; e += 16) {
      const values = v128.load(x + e);
      const index = i8x16.shr_u(values, 3);
      // an index out of range gives 0, so the two halves of the table add up
      const byte = v128.or(i8x16.swizzle(low, index), i8x16.swizzle(high, i8x16.sub(index, sixteen)));
      const bit = v128.and(byte, i8x16.swizzle(powers, v128.and(values, seven)));
      store<u16>(y + (e >> 3), <u16>~i8x16.bitmask(i8x16.eq(bit, i8x16.splat(0))));
    }
    finishWord(y, elements, e);
    for (; e < elements; e++) {
      const value = load<u8>(x + e);
      if (((load<u8>(table + (value >> 3)) >> (value & 7)) & 1) != 0) setBit(y, e);
    }
  }
  return 0;
}
