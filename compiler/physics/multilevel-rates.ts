/**
 * Rates of program and verify and of retention, by quadrature over the normal x of a programming (R3, R4).
 */
import { normalDistribution } from "../math.ts";
import {
  type LevelRange,
  levelRanges,
  type Movement,
  type MultilevelLaws,
  moved,
  movementAt,
  relaxationScale,
  setSpread,
} from "./multilevel-cell.ts";
import { normalMean } from "./quadrature.ts";

/** How a level is verified: at once alone, or again after a wait, with or without a limit on the movement. */
export interface Verify {
  readonly wait_s: number;
  /** in units of a level's relaxation scale; null: the range alone counts */
  readonly movementLimit: number | null;
}

export const standardVerify: Verify = { wait_s: 0, movementLimit: null };

interface Level {
  readonly range: LevelRange;
  readonly spread_S: number;
  readonly scale_S: number;
}

const levelAt = (laws: MultilevelLaws, k: number): Level => {
  const range = levelRanges(laws)[k];
  return {
    range,
    spread_S: setSpread(laws, range.aim_S),
    scale_S: relaxationScale(laws, range.aim_S),
  };
};

/** P(a SET lands between two conductances). */
function chanceBetween({ range, spread_S }: Level, low: number, high: number): number {
  if (high <= low) return 0;
  const at = (g: number) => normalDistribution((g - range.aim_S) / spread_S);
  return at(high) - at(low);
}

/** P(in range at once, and still there after movements by d, e …). */
function chanceStaying(level: Level, movements: readonly number[]): number {
  const { low_S, high_S } = level.range;
  const least = Math.min(0, ...movements);
  const most = Math.max(0, ...movements);
  return chanceBetween(level, low_S - least, high_S - most);
}

const movementsOf = (level: Level, times: readonly Movement[], x: number) =>
  times.map((time) => level.scale_S * moved(time, x));

/** Whether a cell with normal x counts as stable at the verify. */
const isStill = ({ movementLimit }: Verify, wait: Movement, x: number): boolean =>
  movementLimit === null || Math.abs(moved(wait, x)) <= movementLimit;

/** P(one SET of level k, from 0, passes its verify). */
export function passChance(laws: MultilevelLaws, k: number, verify: Verify): number {
  const level = levelAt(laws, k);
  if (verify.wait_s === 0) return chanceStaying(level, []);
  const wait = movementAt(laws.relaxation, verify.wait_s);
  return normalMean((x) =>
    isStill(verify, wait, x) ? chanceStaying(level, movementsOf(level, [wait], x)) : 0,
  );
}

/** Iterations that a level takes on average. */
export const iterationsOf = (laws: MultilevelLaws, k: number, verify: Verify): number =>
  1 / passChance(laws, k, verify);

/** Mean over the conducting levels, each as often. */
export function meanIterations(laws: MultilevelLaws, verify: Verify): number {
  const all = Array.from({ length: laws.levels }, (_, k) => iterationsOf(laws, k, verify));
  return all.reduce((sum, n) => sum + n, 0) / laws.levels;
}

/** Share of the cells of level k, from 0, that passed their verify and lie in its range at a time after it began. */
export function keptInRange(
  laws: MultilevelLaws,
  k: number,
  verify: Verify,
  elapsed_s: number,
): number {
  const level = levelAt(laws, k);
  const wait = movementAt(laws.relaxation, verify.wait_s);
  const then = movementAt(laws.relaxation, elapsed_s);
  const times = verify.wait_s > 0 ? [wait] : [];
  const { low_S, high_S } = level.range;
  const kept = normalMean((x) => {
    if (verify.wait_s > 0 && !isStill(verify, wait, x)) return 0;
    const passed = movementsOf(level, times, x);
    const low = low_S - Math.min(0, ...passed);
    const high = high_S - Math.max(0, ...passed);
    const [end] = movementsOf(level, [then], x);
    return chanceBetween(level, Math.max(low, low_S - end), Math.min(high, high_S - end));
  });
  return kept / passChance(laws, k, verify);
}
