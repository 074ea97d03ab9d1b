import type { EngineMemory } from "./memory.ts";
import type { Rows } from "./rows.ts";

/** Typed arrays over the rows of one run; local rows live in arrays of their own. */
export interface Views {
  readonly memory: EngineMemory;
  /** bytes of one row */
  readonly row: (rows: Rows, row: number, positions: number, length: number) => Uint8Array;
}

export const int16 = (bytes: Uint8Array): Int16Array =>
  new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);

export const int32 = (bytes: Uint8Array): Int32Array =>
  new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

export const bitOf = (bytes: Uint8Array, i: number): number => (bytes[i >>> 3] >>> (i & 7)) & 1;

export function setBits(plane: Uint8Array, count: number, isSet: (i: number) => boolean): void {
  plane.fill(0);
  for (let i = 0; i < count; i++) if (isSet(i)) plane[i >>> 3] |= 1 << (i & 7);
}
