import type { Alphabet } from "../../compiler/ir/network.ts";

/** Numbers of a layer's outputs as weights of inputs that are always 1. */
export interface AlwaysOn {
  readonly rows: number;
  /** [outputs x rows] */
  readonly codes: Int16Array;
  /** [outputs] what the rows hold less what was asked */
  readonly errors: Float64Array;
}

/** More rows than this hold no threshold that a trained network has. */
const MOST_ROWS = 4096;

/**
 * The fewest rows, or one more where that rounds less, whose weights sum to the numbers asked for as nearly as may be. Levels
 * of odd numbers alone reach sums of one parity only, hence the rounding.
 * @param asked [outputs] real numbers in units of a code
 */
export function alwaysOnRows(asked: ArrayLike<number>, { levels }: Alphabet): AlwaysOn {
  const low = Math.min(levels[0], -1);
  const high = Math.max(levels[levels.length - 1], 1);
  const half = halfStep(levels);
  let rows = 0;
  for (let o = 0; o < asked.length; o++) {
    const sum = asked[o];
    // what lies within half a step of the largest sum of some rows is rounded to it
    rows = Math.max(rows, Math.ceil(sum > 0 ? (sum - half) / high : (sum + half) / low));
  }
  const fewest = Math.min(rows, MOST_ROWS);
  const first = spread(asked, fewest, levels);
  const second = spread(asked, fewest + 1, levels);
  return lost(second) < lost(first) ? second : first;
}

/** Half the smallest distance of two levels. */
function halfStep(levels: readonly number[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 1; k < levels.length; k++) least = Math.min(least, levels[k] - levels[k - 1]);
  return least / 2;
}

/** Sum of what was rounded away. */
export const lost = ({ errors }: AlwaysOn): number =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0);

/** Row by row the level nearest to an equal share of what is left. */
function spread(asked: ArrayLike<number>, rows: number, levels: readonly number[]): AlwaysOn {
  const codes = new Int16Array(asked.length * rows);
  const errors = new Float64Array(asked.length);
  for (let o = 0; o < asked.length; o++) {
    let left = asked[o];
    for (let r = 0; r < rows; r++) {
      const level = nearest(levels, left / (rows - r));
      codes[o * rows + r] = level;
      left -= level;
    }
    errors[o] = 0 - left;
  }
  return { rows, codes, errors };
}

const nearest = (levels: readonly number[], x: number): number =>
  levels.reduce((best, level) => (Math.abs(level - x) < Math.abs(best - x) ? level : best));
