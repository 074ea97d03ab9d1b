// The reads of marginal cells: a byte for every cell that often leaves the digit held, and the few that do
// among those that rarely leave it. `Flip` in ../commands.ts says which words decide.
import { BYTES, HEADER, KEYS, SUMS as SCRATCH_SUMS, WORDS, rowsAt, strideOf, word } from "./program";
import { philoxBlock, philoxBlocks, philoxEight, roundKeys } from "./philox";

const SUMS: usize = HEADER; // rows of the sums
const SIGN: usize = HEADER + 3; // rows of the term's planes
const MASK: usize = HEADER + 6;
const DIGITS: usize = HEADER + 9; // room for the digits of one row
const INPUTS: usize = HEADER + 12;
const SIGNIFICANCE: usize = HEADER + 13; // of the term and the list
const FREQUENT: usize = HEADER + 14;
const FIRST_FREQUENT: usize = HEADER + 15;
const FREQUENT_CELLS: usize = HEADER + 16;
const RARE: usize = HEADER + 17;
const FIRST_RARE: usize = HEADER + 18;
const RARE_CELLS: usize = HEADER + 19;
const LIMITS: usize = HEADER + 20;
const TABLES: usize = HEADER + 21;
const SAMPLE_BASE: usize = HEADER + 22;
const SAMPLE_LIST: usize = HEADER + 23; // u32[samples], 0: they count from the base
const PLANE: usize = HEADER + 24;
const KEY0: usize = HEADER + 25;
const KEY1: usize = HEADER + 26;

// of a block of frequent cells
const FREQUENT_BYTES: usize = 1280;
const SECOND_BYTE: usize = 64;
const FIRST_CHANGE: usize = 128;
const SECOND_CHANGE: usize = 192;
const WIRES: usize = 256;
const FIRST_LAST: usize = 768;
const SECOND_LAST: usize = 1024;

/** blocks whose cells stay in the nearest cache for all rows of the chunk */
const FREQUENT_STRETCH: u32 = 32;
const RARE_STRETCH: u32 = 256;
/** chance of a candidate in a block, in units of 2^-32: 1/8 */
const WORTH_FETCHING: u32 = 1 << 29;

// added to the plane: which words are drawn
const RARE_WORDS: u32 = 1 << 30;
const LOW_BITS: u32 = 2 << 30;
const CANDIDATES: u32 = 3 << 30;

// within WORDS: changes of 64 cells, one block of Philox, four blocks
const CHANGES: usize = WORDS;
const BLOCK_WORDS: usize = WORDS + 64;
const LOW_WORDS: usize = WORDS + 128;
/** u32[256]: cells whose byte leaves the digit open, from the first of the stretch on, x 256 + byte */
const OPEN: usize = SCRATCH_SUMS;
const MOST_OPEN: u32 = 256 - 64;
/** of a rare cell's input and output, below its changes */
const WIRE: i32 = (1 << 28) - 1;

/** What a row's reads need. */
let sums: usize = 0;
let digits: usize = 0;
let sample: u32 = 0;
let position: u32 = 0;

/** Sixteen bits as bytes 0 and -1. */
@inline
function spread(bits: usize): v128 {
  const each = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  const both = v128.load16_splat(bits);
  const byte = i8x16.swizzle(both, i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1));
  return i8x16.eq(v128.and(byte, each), each);
}

/** The digits of a row of x, a byte each. */
function expand(sign: usize, mask: usize, inputs: u32, to: usize): void {
  for (let i: u32 = 0; i < inputs; i += 16) {
    const counts = mask == 0 ? i8x16.splat(1) : v128.and(spread(mask + (i >> 3)), i8x16.splat(1));
    const negative = sign == 0 ? i8x16.splat(0) : spread(sign + (i >> 3));
    v128.store(to + i, i8x16.sub(v128.xor(counts, negative), negative));
  }
}

/** Adds a change of one cell to its sum; `wire` is the place of its input and output. */
@inline
function change(wire: usize, by: i32, rowSums: usize, rowDigits: usize): void {
  const to = rowSums + (<usize>load<u32>(wire, 4) << 2);
  store<i32>(to, load<i32>(to) + by * load<i8>(rowDigits + load<u32>(wire)));
}

/** What a word gives of two changes and none, without a branch: it would be mispredicted at every other word. */
@inline
function changeOf(w: u32, firstLast: u32, secondLast: u32, first: i32, second: i32): i32 {
  return select<i32>(first, select<i32>(second, 0, w <= secondLast), w <= firstLast);
}

/**
 * Looks at the bytes of 16 cells, `at` the first one's place in its block's first list: which surely change their
 * cells, in the low half; which leave it open, in the high half.
 */
@inline
function look(at: usize, from: usize, changes: usize): u32 {
  const bytes = v128.load(from);
  const first = v128.load(at);
  const second = v128.load(at, SECOND_BYTE);
  const open = v128.or(i8x16.eq(bytes, first), i8x16.eq(bytes, second));
  const one = v128.load(at, FIRST_CHANGE);
  const two = v128.load(at, SECOND_CHANGE);
  // a byte that equals a limit is open: so <= does where < is meant, in fewer instructions
  v128.store(changes, v128.bitselect(one, two, i8x16.le_u(bytes, first)));
  return <u32>i8x16.bitmask(v128.andnot(i8x16.le_u(bytes, second), open)) | (<u32>i8x16.bitmask(open) << 16);
}

/** An open cell, noted with its byte, of low bits `low`. */
@inline
function settleOne(blocks: usize, noted: u32, low: u32, significance: i32): void {
  const c: usize = (noted >> 8) & 63;
  const block = blocks + <usize>(noted >> 14) * FREQUENT_BYTES;
  const by = changeOf(
    (noted << 24) | low, load<u32>(block + (c << 2), FIRST_LAST), load<u32>(block + (c << 2), SECOND_LAST),
    load<i8>(block + c, FIRST_CHANGE), load<i8>(block + c, SECOND_CHANGE),
  );
  change(block + WIRES + (c << 3), by * significance, sums, digits);
}

/** Draws the low bits of the open cells, four at a time. */
function settle(command: usize, firstBlock: u32, open: u32, scratch: usize): void {
  const plane = word(command, PLANE) + LOW_BITS;
  const first = i32x4.splat((word(command, FIRST_FREQUENT) + firstBlock) << 4);
  const blocks = <usize>word(command, FREQUENT_CELLS) + <usize>firstBlock * FREQUENT_BYTES;
  const significance = <i32>word(command, SIGNIFICANCE);
  for (let i: u32 = 0; i < open; i += 4) {
    const noted = scratch + OPEN + (<usize>i << 2);
    const counters = i32x4.add(first, i32x4.shr_u(v128.load(noted), 10));
    philoxBlocks(counters, sample, position, plane, scratch + KEYS, scratch + LOW_WORDS);
    for (let k: usize = 0; k < min(open - i, 4); k++) {
      const one = load<u32>(noted + (k << 2));
      const low = load<u32>(scratch + LOW_WORDS + (k << 4) + ((one >> 6) & 12)) >> 8;
      settleOne(blocks, one, low, significance);
    }
  }
}

function frequentRow(command: usize, firstBlock: u32, lastBlock: u32, scratch: usize): void {
  const changes = scratch + CHANGES;
  const significance = <i32>word(command, SIGNIFICANCE);
  const rowSums = sums;
  const rowDigits = digits;
  const counter = (word(command, FIRST_FREQUENT) + firstBlock) << 2;
  let bytes = scratch + BYTES;
  for (let i: u32 = 0; i < (lastBlock - firstBlock) << 2; i += 8) {
    philoxEight(counter + i, sample, position, word(command, PLANE), scratch + KEYS, bytes + (i << 4));
  }
  let waiting: u32 = 0;
  let cells = <usize>word(command, FREQUENT_CELLS) + <usize>firstBlock * FREQUENT_BYTES;
  for (let block = firstBlock; block < lastBlock; block++, bytes += 64, cells += FREQUENT_BYTES) {
    const a = look(cells, bytes, changes);
    const b = look(cells + 16, bytes + 16, changes + 16);
    const c = look(cells + 32, bytes + 32, changes + 32);
    const d = look(cells + 48, bytes + 48, changes + 48);
    let sure = <u64>(a & 0xffff | b << 16) | (<u64>(c & 0xffff | d << 16) << 32);
    for (; sure != 0; sure &= sure - 1) {
      const lane = <usize>ctz(sure);
      change(cells + WIRES + (lane << 3), significance * load<i8>(changes + lane), rowSums, rowDigits);
    }
    let open = <u64>(a >> 16 | b & 0xffff0000) | (<u64>(c >> 16 | d & 0xffff0000) << 32);
    for (; open != 0; open &= open - 1) {
      const lane = <u32>ctz(open);
      store<u32>(scratch + OPEN + (<usize>waiting << 2), (((block - firstBlock) << 6) + lane) << 8 | load<u8>(bytes + lane));
      waiting++;
    }
    if (waiting > MOST_OPEN) {
      settle(command, firstBlock, waiting, scratch);
      waiting = 0;
    }
  }
  settle(command, firstBlock, waiting, scratch);
}

/** What a candidate of word w does to its sum. */
@inline
function changeRare(command: usize, cell: usize, w: u32): void {
  const input = load<i32>(cell, 8);
  const output = load<i32>(cell, 12);
  const by = changeOf(w, load<u32>(cell), load<u32>(cell, 4), input >> 28, output >> 28);
  const to = sums + (<usize>(output & WIRE) << 2);
  const x = <i32>load<i8>(digits + (input & WIRE));
  store<i32>(to, load<i32>(to) + by * x * <i32>word(command, SIGNIFICANCE));
}

/** The words of two attempts. */
@inline
function drawAttempts(command: usize, counter: u32, scratch: usize): void {
  const plane = word(command, PLANE) + CANDIDATES;
  philoxBlock(counter, sample, position, plane, word(command, KEY0), word(command, KEY1), scratch + BLOCK_WORDS);
}

/** The candidates of a block of rare cells, whose word is w. */
function rareBlock(command: usize, block: u32, w: u32, scratch: usize): void {
  const number = word(command, FIRST_RARE) + block;
  const cells = <usize>word(command, RARE_CELLS) + (<usize>block << 10);
  let table: usize = load<u32>(<usize>word(command, TABLES) + (<usize>block << 2));
  let seen: u64 = 0;
  for (let attempt: u32 = 0; w < load<u32>(table); attempt++) {
    if ((attempt & 1) == 0) drawAttempts(command, (number << 6) + (attempt >> 1), scratch);
    const words = scratch + BLOCK_WORDS + ((attempt & 1) << 3);
    const cell = load<u32>(words) & 63;
    const bit = <u64>1 << cell;
    if ((seen & bit) != 0) continue;
    seen |= bit;
    table += 4;
    changeRare(command, cells + (<usize>cell << 4), load<u32>(words, 4));
  }
}

function rareRow(command: usize, firstBlock: u32, lastBlock: u32, scratch: usize): void {
  const words = scratch + BYTES;
  const plane = word(command, PLANE) + RARE_WORDS;
  for (let block = firstBlock; block < lastBlock; block += 32) {
    const counter = (word(command, FIRST_RARE) + block) >> 2;
    philoxEight(counter, sample, position, plane, scratch + KEYS, words);
    let some: u32 = 0;
    for (let q: usize = 0; q < 8; q++) {
      const limits = v128.load(<usize>word(command, LIMITS) + (<usize>block << 2) + (q << 4));
      some |= <u32>i32x4.bitmask(i32x4.lt_u(v128.load(words + (q << 4)), limits)) << <u32>(q << 2);
    }
    for (; some != 0; some &= some - 1) {
      const k = <u32>ctz(some);
      rareBlock(command, block + k, load<u32>(words + (<usize>k << 2)), scratch);
    }
  }
}

/** Reads a line of the cache after the other, so that what comes back in any order is there. */
function fetch(from: usize, bytes: usize, scratch: usize): void {
  let sum: u32 = 0;
  for (let at: usize = 0; at < bytes; at += 64) sum += load<u32>(from + at);
  // a sum that nobody needs would not be made
  store<u32>(scratch + BLOCK_WORDS, sum);
}

/** Of the rare cells, those of blocks that most chunks find candidates in. */
function fetchRare(command: usize, first: u32, last: u32, scratch: usize): void {
  for (let block = first; block < last; block++) {
    if (load<u32>(<usize>word(command, LIMITS) + (<usize>block << 2)) < WORTH_FETCHING) return;
    fetch(<usize>word(command, RARE_CELLS) + (<usize>block << 10), 1 << 10, scratch);
  }
}

/** One stretch of blocks for all rows of the chunk. */
function flipRows(command: usize, isRare: bool, first: u32, last: u32, begin: u32, end: u32, scratch: usize): void {
  const positions = word(command, 2);
  const firstRow = begin * positions;
  const sign = rowsAt(command, SIGN, firstRow, scratch);
  const mask = rowsAt(command, MASK, firstRow, scratch);
  const list: usize = word(command, SAMPLE_LIST);
  sums = rowsAt(command, SUMS, firstRow, scratch);
  digits = rowsAt(command, DIGITS, firstRow, scratch);
  if (isRare) fetchRare(command, first, last, scratch);
  else fetch(<usize>word(command, FREQUENT_CELLS) + <usize>first * FREQUENT_BYTES, <usize>(last - first) * FREQUENT_BYTES, scratch);
  let row: usize = 0;
  for (let s = begin; s < end; s++) {
    sample = list == 0 ? word(command, SAMPLE_BASE) + s : load<u32>(list + (<usize>s << 2));
    for (position = 0; position < positions; position++, row++) {
      const xs = sign == 0 ? 0 : sign + row * strideOf(command, SIGN);
      const xm = mask == 0 ? 0 : mask + row * strideOf(command, MASK);
      expand(xs, xm, word(command, INPUTS), digits);
      if (isRare) rareRow(command, first, last, scratch);
      else frequentRow(command, first, last, scratch);
      sums += strideOf(command, SUMS);
    }
  }
}

/**
 * Read-time flips of marginal cells: sums[output] += significance * x[input] * (digit now - digit held).
 * Blocks outermost, so that a stretch of them stays in cache for all rows of the chunk.
 */
export function flip(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  roundKeys(word(command, KEY0), word(command, KEY1), scratch + KEYS);
  const frequent = word(command, FREQUENT);
  for (let first: u32 = 0; first < frequent; first += FREQUENT_STRETCH) {
    flipRows(command, false, first, min(first + FREQUENT_STRETCH, frequent), begin, end, scratch);
  }
  const rare = word(command, RARE);
  for (let first: u32 = 0; first < rare; first += RARE_STRETCH) {
    flipRows(command, true, first, min(first + RARE_STRETCH, rare), begin, end, scratch);
  }
  return 0;
}
