import type { Alphabet } from "../../compiler/ir/network.ts";

/** Numbers of a layer's outputs as weights of inputs that are always 1. */
export interface AlwaysOn {
  readonly rows: number;
  /** [outputs x rows] */
  readonly codes: Int16Array;
  /** [outputs] what the rows hold less what was asked */
  readonly errors: Int32Array;
}

/** More rows than this hold no threshold that a trained network has. */
const MOST_ROWS = 4096;

/**
 * The fewest rows, or one more where that rounds less, whose weights sum to the numbers asked for. Levels of odd numbers
 * alone reach sums of one parity only, hence the rounding.
 */
export function alwaysOnRows(asked: Int32Array, { levels }: Alphabet): AlwaysOn {
  const low = levels[0];
  const high = levels[levels.length - 1];
  let rows = 0;
  for (const sum of asked)
    rows = Math.max(rows, Math.ceil(sum > 0 ? sum / Math.max(high, 1) : sum / Math.min(low, -1)));
  const fewest = Math.min(rows, MOST_ROWS);
  const first = spread(asked, fewest, levels);
  const second = spread(asked, fewest + 1, levels);
  return lost(second) < lost(first) ? second : first;
}

/** Sum of what was rounded away. */
export const lost = ({ errors }: AlwaysOn): number =>
  errors.reduce((sum, error) => sum + Math.abs(error), 0);

/** Row by row the level nearest to an equal share of what is left. */
function spread(asked: Int32Array, rows: number, levels: readonly number[]): AlwaysOn {
  const codes = new Int16Array(asked.length * rows);
  const errors = new Int32Array(asked.length);
  asked.forEach((sum, o) => {
    let left = sum;
    for (let r = 0; r < rows; r++) {
      const level = nearest(levels, left / (rows - r));
      codes[o * rows + r] = level;
      left -= level;
    }
    errors[o] = -left;
  });
  return { rows, codes, errors };
}

const nearest = (levels: readonly number[], x: number): number =>
  levels.reduce((best, level) => (Math.abs(level - x) < Math.abs(best - x) ? level : best));
