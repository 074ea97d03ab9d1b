/** One row for each (sample, position), sample by sample. */
export interface Rows {
  /** address in engine memory; of local rows, the bytes of one sample before them */
  readonly at: number;
  /** bytes from one row to the next */
  readonly stride: number;
  /** true: lives only while a chunk of samples runs, in the cache of its thread */
  readonly local: boolean;
  /** bytes from a row's begin to the part that is meant; 0 where it is left out */
  readonly offset?: number;
}

/** A part of each row that begins so many bytes after the row. */
export const within = (rows: Rows, bytes: number): Rows =>
  bytes === 0 ? rows : { ...rows, offset: (rows.offset ?? 0) + bytes };

/**
 * One digit of each activation as bit planes of 64-bit words, bit i of a row for input i, padding 0.
 * A sign bit of 1 is negative, a mask bit of 1 counts. Without a mask every input counts; without a
 * sign a counting input is +1. A sign bit is 0 where the mask bit is. Value: significance x digit.
 */
export interface PlaneTerm {
  readonly sign: Rows | null;
  readonly mask: Rows | null;
  readonly significance: number;
}

/** code = minimum + step x (thresholds passed) */
export interface CodeScale {
  readonly minimum: number;
  readonly step: number;
}

/** Channel of element e: floor(e / inner) mod channels. */
export interface Channels {
  readonly channels: number;
  readonly inner: number;
}

/** 64-bit words of a plane of n bits. */
export const planeWords = (n: number): number => Math.ceil(n / 64);

/** Bytes of a plane of n bits: its least stride. */
export const planeBytes = (n: number): number => planeWords(n) * 8;

/** Bytes of a window's row: each group in words of its own. */
export const windowBytes = (inputs: number, groups: number): number => planeBytes(inputs) * groups;
