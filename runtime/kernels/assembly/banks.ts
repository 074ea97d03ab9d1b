// What the words of whole banks say: where they lie below a threshold, and which pairs they leave in doubt.
import { HEADER, KEYS, WORDS, word } from "./program";
import { philoxEight, roundKeys } from "./philox";

/** The 32 words of a bank from index `i`, a multiple of 4, on. */
@inline
function words32(i: u32, bank: u32, keys: usize, to: usize): void {
  philoxEight(i >> 2, bank, 0, 0, keys, to);
}

const HITS: usize = HEADER;
const HIT_COUNTS: usize = HEADER + 1;
const LOOKED_AT: usize = HEADER + 2; // words of a bank, or 0
const PER_BANK: usize = HEADER + 3;
const LAST_BELOW: usize = HEADER + 4; // threshold - 1
const FIRST_BANK: usize = HEADER + 5;

/** Index and value of the words below a threshold, bank by bank. */
export function compare(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const count = word(command, LOOKED_AT);
  const limit = i32x4.splat(word(command, LAST_BELOW));
  const buffer = scratch + WORDS;
  roundKeys(word(command, HEADER + 6), word(command, HEADER + 7), scratch + KEYS);
  for (let bank = begin; bank < end; bank++) {
    const first: usize = <usize>word(command, HITS) + <usize>bank * word(command, PER_BANK) * 8;
    let to = first;
    for (let i: u32 = 0; i < count; i += 32) {
      words32(i, word(command, FIRST_BANK) + bank, scratch + KEYS, buffer);
      let bits: u32 = 0;
      for (let q: u32 = 0; q < 8; q++) {
        bits |= <u32>i32x4.bitmask(i32x4.le_u(v128.load(buffer + (q << 4)), limit)) << (q << 2);
      }
      if (count - i < 32) bits &= (1 << (count - i)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        const k = <u32>ctz(bits);
        store<u32>(to, i + k);
        store<u32>(to, load<u32>(buffer + (<usize>k << 2)), 4);
        to += 8;
      }
    }
    store<u32>(<usize>word(command, HIT_COUNTS) + (<usize>bank << 2), <u32>(to - first) >> 3);
  }
  return 0;
}

const BANK: usize = HEADER;
const WORD_LINES: usize = HEADER + 1;
const BIT_LINES: usize = HEADER + 2;
const PAIRS: usize = HEADER + 3;
const LEVELS: usize = HEADER + 4;
const LRS_FROM: usize = HEADER + 5;
const HRS_TO: usize = HEADER + 6;
const ZERO_TO: usize = HEADER + 7;
const DOUBTS: usize = HEADER + 8;
const DOUBT_COUNTS: usize = HEADER + 9;

/** pairs whose words are made together: with 3 words before the first and 31 after the last they fit WORDS */
const STRETCH: u32 = 96;

/** Levels of a pair as one number: first cell in the low byte. */
const FIRST_LOW: u32 = 0x0001;
const SECOND_LOW: u32 = 0x0100;
const BOTH_LOW: u32 = 0x0101;

/** Which of four pairs are in doubt. `bound` is the pairs' distance from the begin of each list of bounds. */
@inline
function doubtful(command: usize, words: usize, levels: usize, bound: usize): u32 {
  const left = v128.load(words);
  const right = v128.load(words, 16);
  const one = v128.shuffle<i32>(left, right, 0, 2, 4, 6);
  const two = v128.shuffle<i32>(left, right, 1, 3, 5, 7);
  const pair = v128.load_ext<u16>(levels);
  const firstLow = i32x4.eq(pair, i32x4.splat(FIRST_LOW));
  const unlike = v128.or(firstLow, i32x4.eq(pair, i32x4.splat(SECOND_LOW)));
  const lrs = v128.bitselect(one, two, firstLow);
  const hrs = v128.bitselect(two, one, firstLow);
  const close = v128.or(
    i32x4.ge_u(lrs, v128.load(<usize>word(command, LRS_FROM) + bound)),
    i32x4.le_u(hrs, v128.load(<usize>word(command, HRS_TO) + bound)),
  );
  const zeroTo = v128.load(<usize>word(command, ZERO_TO) + bound);
  const low = v128.or(i32x4.le_u(one, zeroTo), i32x4.le_u(two, zeroTo));
  const zero = v128.and(low, i32x4.eq(pair, i32x4.splat(0)));
  const both = i32x4.eq(pair, i32x4.splat(BOTH_LOW));
  return <u32>i32x4.bitmask(v128.or(v128.or(v128.and(unlike, close), zero), both));
}

/** Pairs in doubt, bank by bank: pair and the words of its cells. */
export function scanPairs(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const wordLines = word(command, WORD_LINES);
  const bitLines = word(command, BIT_LINES);
  const pairs = word(command, PAIRS);
  const buffer = scratch + WORDS;
  roundKeys(word(command, HEADER + 10), word(command, HEADER + 11), scratch + KEYS);
  for (let bank = begin; bank < end; bank++) {
    const levels = <usize>word(command, LEVELS) + <usize>bank * wordLines * bitLines;
    const bounds = (<usize>bank * pairs) << 2;
    const first = <usize>word(command, DOUBTS) + <usize>bank * wordLines * pairs * 12;
    let to = first;
    for (let w: u32 = 0; w < wordLines; w++) {
      for (let a: u32 = 0; a < pairs; a += STRETCH) {
        const stop = min(a + STRETCH, pairs);
        const cell = w * bitLines + 2 * a;
        const from = cell & ~3;
        const last = w * bitLines + 2 * stop;
        for (let i = from; i < last; i += 32) {
          words32(i, word(command, BANK) + bank, scratch + KEYS, buffer + (<usize>(i - from) << 2));
        }
        const words = buffer + (<usize>(cell - from) << 2);
        for (let p = a; p < stop; p += 4) {
          const own = words + (<usize>(p - a) << 3);
          let bits = doubtful(command, own, levels + w * bitLines + 2 * p, bounds + (<usize>p << 2));
          if (stop - p < 4) bits &= (1 << (stop - p)) - 1;
          for (; bits != 0; bits &= bits - 1) {
            const k = <u32>ctz(bits);
            store<u32>(to, w * pairs + p + k);
            store<u64>(to, load<u64>(own + (<usize>k << 3)), 4);
            to += 12;
          }
        }
      }
    }
    store<u32>(<usize>word(command, DOUBT_COUNTS) + (<usize>bank << 2), <u32>(to - first) / 12);
  }
  return 0;
}
