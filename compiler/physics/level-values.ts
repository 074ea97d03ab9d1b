import type { LevelRange } from "./multilevel-cell.ts";

/** Integer values of levels, and the conductance that one of them stands for. */
export interface LevelValues {
  /** by level, ascending from 0 */
  readonly values: readonly number[];
  readonly lsb_S: number;
}

/** codes have at most 12 bits: a difference of two values fits with its sign */
const MOST_VALUE = 2047;

/**
 * Integers for the aims of levels, above the lowest: the largest LSB of the form (aim 1 − aim 0)/m for which no
 * value lies further from its aim than `rounding` of the distance to the nearer neighbour.
 */
export function levelValues(ranges: readonly LevelRange[], rounding: number): LevelValues {
  const above = ranges.map(({ aim_S }) => aim_S - ranges[0].aim_S);
  const top = above[above.length - 1];
  for (let m = 1; ; m++) {
    const lsb_S = above[1] / m;
    const values = above.map((g) => Math.round(g / lsb_S));
    const isLast = (top / above[1]) * (m + 1) > MOST_VALUE;
    if (
      isLast ||
      above.every((g, k) => Math.abs(values[k] * lsb_S - g) <= rounding * gapAt(above, k))
    )
      return { values, lsb_S };
  }
}

/** Distance of a level to its nearer neighbour. */
function gapAt(above: readonly number[], k: number): number {
  const below = k > 0 ? above[k] - above[k - 1] : Number.POSITIVE_INFINITY;
  const beyond = k + 1 < above.length ? above[k + 1] - above[k] : Number.POSITIVE_INFINITY;
  return Math.min(below, beyond);
}
