import type { Alphabet } from "../../compiler/ir/network.ts";

/** Rounds to the levels of an alphabet. */
export interface LevelGrid {
  readonly largest: number;
  /** the level nearest to x, of two equally near ones the higher */
  readonly nearest: (x: number) => number;
}

export function levelGrid({ levels }: Alphabet): LevelGrid {
  const largest = levels.reduce((top, level) => Math.max(top, Math.abs(level)), 0);
  const step = levels[1] - levels[0];
  const even = levels.every((level, k) => level === levels[0] + k * step);
  const last = levels.length - 1;
  const nearest = even
    ? (x: number) => levels[Math.min(last, Math.max(0, Math.floor((x - levels[0]) / step + 0.5)))]
    : (x: number) => {
        let low = 0;
        let high = last;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (x >= (levels[middle] + levels[middle + 1]) / 2) low = middle + 1;
          else high = middle;
        }
        return levels[low];
      };
  return { largest, nearest };
}
