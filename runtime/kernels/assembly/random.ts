// Random words in bulk.
import { HEADER, KEYS, WORDS, word } from "./program";
import { philoxBlocks, philoxEight, roundKeys } from "./philox";

const TO: usize = HEADER;
const PER_SAMPLE: usize = HEADER + 1;
const COUNT: usize = HEADER + 2;
const FIRST: usize = HEADER + 3;
const C1: usize = HEADER + 4;
const C2: usize = HEADER + 5;
const C3: usize = HEADER + 6;
const K0: usize = HEADER + 7;
const K1: usize = HEADER + 8;
/** The 16 words from index `i` (a multiple of 16) on. */
@inline
function words16(command: usize, i: u32, keys: usize, to: usize): void {
  const block = word(command, FIRST) + (i >> 2);
  const blocks = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  philoxBlocks(blocks, word(command, C1), word(command, C2), word(command, C3), keys, to);
}

export function words(command: usize, begin: u32, end: u32, scratch: usize): i32 {
  const per = word(command, PER_SAMPLE);
  const from = begin * per;
  const last = min(end * per, word(command, COUNT));
  const to: usize = word(command, TO);
  roundKeys(word(command, K0), word(command, K1), scratch + KEYS);
  let i = from;
  for (; i + 32 <= last; i += 32) {
    const block = word(command, FIRST) + (i >> 2);
    philoxEight(block, word(command, C1), word(command, C2), word(command, C3), scratch + KEYS, to + (i << 2));
  }
  for (; i + 16 <= last; i += 16) words16(command, i, scratch + KEYS, to + (i << 2));
  if (i < last) {
    words16(command, i, scratch + KEYS, scratch + WORDS);
    memory.copy(to + (i << 2), scratch + WORDS, (last - i) << 2);
  }
  return 0;
}
