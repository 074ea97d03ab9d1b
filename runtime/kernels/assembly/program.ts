// The words of a program and of a thread's scratch; `../encode.ts` writes them.

/** Words of every command: opcode, length in words, positions; then what is its own. */
export const HEADER: usize = 3;

// A thread's scratch begins with these, SCRATCH_HEADER bytes of `../encode.ts`; then come local rows.
/** i32: code of the first error (0: none), sample, element, index of the command */
export const ERROR: usize = 0;
/** i32[256]: sums of a row and 256 outputs */
export const SUMS: usize = 64;
/** u32[256]: random words of 64 blocks */
export const WORDS: usize = 1088;
/** u32[11][2][4]: round keys of Philox and its multipliers, each four times */
export const KEYS: usize = 2112;
/** i32[256]: minus the popcounts of a row and 256 outputs */
export const COUNTS: usize = 3072;
/** u8[2048]: random bytes */
export const BYTES: usize = 4096;

export const NOT_A_NUMBER: i32 = 1;
export const OUTSIDE_TABLE: i32 = 2;

@inline
export function word(command: usize, index: usize): u32 {
  return load<u32>(command + (index << 2));
}

@inline
export function signed(command: usize, index: usize): i32 {
  return load<i32>(command + (index << 2));
}

/**
 * Where the first row of a chunk lies: three words hold a place, a stride and whether the place counts
 * from the thread's scratch. 0 where there are no such rows.
 */
@inline
export function rowsAt(command: usize, index: usize, firstRow: u32, scratch: usize): usize {
  const at: usize = word(command, index);
  if (word(command, index + 2) != 0) return scratch + at;
  return at == 0 ? 0 : at + firstRow * word(command, index + 1);
}

@inline
export function strideOf(command: usize, index: usize): usize {
  return word(command, index + 1);
}

/** Notes an error; the caller stops the chunk. */
export function fail(scratch: usize, code: i32, sample: u32, element: u32): i32 {
  store<i32>(scratch + ERROR, code);
  store<u32>(scratch + ERROR, sample, 4);
  store<u32>(scratch + ERROR, element, 8);
  return code;
}
