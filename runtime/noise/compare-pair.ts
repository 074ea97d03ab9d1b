import { log, upperTail } from "../../compiler/math.ts";
import type { AmplifierLaws } from "../../compiler/physics/oxram-pair.ts";

/** Chances, in units of 2^−32, that a read finds the first or the second cell low; the rest is undecided. */
export interface Chances {
  readonly firstLow: number;
  readonly secondLow: number;
}

const UNIT = 2 ** 32;

/** Beyond so many spreads a chance counts as none: Q = 4e−11, and two of them still round to 0 of 2^32. */
export const CERTAIN_Z = 6.5;

/**
 * One pair on one amplifier.
 * @param x0, x1  ln R of the cells on the bit line and on its complement
 * @param offset  of the amplifier, in ln R: it adds to the bit line's side
 * @param digits  `binary` waits until the amplifier has decided; `ternary` reads what has converged in time
 * Source: 2T2R sign and convergence, H7 and L3.
 */
export function comparePair(
  x0: number,
  x1: number,
  offset: number,
  amplifier: AmplifierLaws,
  digits: "binary" | "ternary",
): Chances {
  const difference = x0 - x1 + offset;
  const secondLow = Math.round(UNIT * chanceAbove(-difference, amplifier.readSpread));
  if (digits === "binary") return { firstLow: UNIT - secondLow, secondLow };
  const border = log(amplifier.convergence_Ohm);
  const inTime = chanceAbove(Math.min(x0, x1) - border, amplifier.convergenceSpread);
  const isSecond = chanceAbove(-difference, amplifier.readSpread);
  const isFirst = chanceAbove(difference, amplifier.readSpread);
  const second = Math.round(UNIT * inTime * isSecond);
  // both may round up where they sum to one
  return {
    firstLow: Math.min(Math.round(UNIT * inTime * isFirst), UNIT - second),
    secondLow: second,
  };
}

/**
 * P(spread · normal > x), to what 2^−32 resolves; without spread a step, ½ at the step itself.
 */
function chanceAbove(x: number, spread: number): number {
  if (x > CERTAIN_Z * spread) return 0;
  if (x < -CERTAIN_Z * spread) return 1;
  if (spread > 0) return upperTail(x / spread);
  return x === 0 ? 0.5 : x < 0 ? 1 : 0;
}
