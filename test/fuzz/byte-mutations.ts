/** Damage to bytes, of whatever file. A Buffer is copied too: its own `slice` would share its memory. */
import { concat } from "../../compiler/image/bytes.ts";
import type { Dice } from "./dice.ts";

export const truncated = (bytes: Uint8Array, dice: Dice): Uint8Array =>
  Uint8Array.from(bytes.subarray(0, dice.below(bytes.length)));

/** One bit turned over, somewhere in a range. */
export function flippedOnce(
  bytes: Uint8Array,
  dice: Dice,
  first = 0,
  end = bytes.length,
): Uint8Array {
  const out = Uint8Array.from(bytes);
  out[first + dice.below(end - first)] ^= 1 << dice.below(8);
  return out;
}

/** One to eight bits turned over: an odd number, so that they never cancel. */
export function flipped(bytes: Uint8Array, dice: Dice): Uint8Array {
  const flips = 1 + 2 * dice.below(4);
  let out = bytes;
  for (let k = 0; k < flips; k++) out = flippedOnce(out, dice);
  return out;
}

/** A run of bytes, each made another one. */
export function overwritten(bytes: Uint8Array, dice: Dice): Uint8Array {
  const out = Uint8Array.from(bytes);
  const first = dice.below(out.length);
  const end = Math.min(out.length, first + 1 + dice.below(32));
  for (let at = first; at < end; at++) out[at] ^= 1 + dice.below(255);
  return out;
}

/** A run of bytes cut out, or put in twice. */
export function spliced(bytes: Uint8Array, dice: Dice): Uint8Array {
  const first = dice.below(bytes.length);
  const end = Math.min(bytes.length, first + 1 + dice.below(64));
  return dice.below(2) === 0
    ? concat([bytes.subarray(0, first), bytes.subarray(end)])
    : concat([bytes.subarray(0, end), bytes.subarray(first)]);
}
