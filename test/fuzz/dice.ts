import { deriveKey, wordAt } from "../../compiler/random.ts";

/** Choices of one case: a function of seed and case alone, so that a case can be made again by its number. */
export interface Dice {
  /** a whole number from 0 to n − 1 */
  readonly below: (n: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

export function diceOf(seed: number, index: number): Dice {
  const key = deriveKey(seed, "fuzz", index, 0);
  let draws = 0;
  const below = (n: number): number => {
    const word = wordAt(key, draws, 0, 0, 0);
    draws += 1;
    return word % Math.max(1, n);
  };
  return { below, pick: (list) => list[below(list.length)] };
}
