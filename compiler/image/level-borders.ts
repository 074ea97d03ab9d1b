import type { LevelProgramming, ProgrammingDescription } from "../define.ts";

/** Which level a conductance counts as. */
export interface LevelBorders {
  /** of the level whose range is nearest */
  readonly levelOf: (conductance_S: number) => number;
  /** within what a verify of the level accepts */
  readonly isInRange: (level: number, conductance_S: number) => boolean;
  /** how far beyond the border of its level a cell is, as a ratio of conductances; 1 or less where it is within */
  readonly beyond: (level: number, conductance_S: number) => number;
}

/** Borders lie in the middle of the gap between the ranges of neighbouring levels, in the square root of G. */
export function levelBorders({ levels }: ProgrammingDescription): LevelBorders {
  const ascending = [...levels].sort((a, b) => a.range.aim_S - b.range.aim_S);
  const borders = ascending.slice(1).map((upper, k) => borderOf(ascending[k], upper));
  const byLevel = new Map(
    ascending.map(({ level, range }, k) => [
      level,
      { range, low: borders[k - 1] ?? 0, high: borders[k] ?? Number.POSITIVE_INFINITY },
    ]),
  );
  return {
    levelOf: (g) => {
      let k = 0;
      while (k < borders.length && g >= borders[k]) k++;
      return ascending[k].level;
    },
    isInRange: (level, g) => {
      const own = byLevel.get(level)?.range;
      return own !== undefined && g >= own.low_S && g <= own.high_S;
    },
    beyond: (level, g) => {
      const own = byLevel.get(level);
      return own ? Math.max(own.low / g, g / own.high) : 1;
    },
  };
}

function borderOf(lower: LevelProgramming, upper: LevelProgramming): number {
  if (lower.range.high_S === upper.range.low_S) return upper.range.low_S;
  return ((Math.sqrt(lower.range.high_S) + Math.sqrt(upper.range.low_S)) / 2) ** 2;
}
