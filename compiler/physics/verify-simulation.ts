import { exp } from "../math.ts";
import { type Key, normalOf, philox, wordOfNormal } from "../random.ts";
import {
  levelRanges,
  type MultilevelLaws,
  moved,
  movementAt,
  relaxationScale,
  setSpread,
} from "./multilevel-cell.ts";
import type { Verify } from "./multilevel-rates.ts";

/** One cell after program and verify. */
export interface CellOutcome {
  iterations: number;
  passed: boolean;
  /** just after its last pulse */
  conductance_S: number;
  /** x of its last programming: how it relaxes */
  normal: number;
}

/** A level as the loop needs it: which words of a SET land in range, which of a relaxation are still. */
interface VerifiedLevel {
  readonly aim: number;
  readonly spread: number;
  readonly scale: number;
  readonly low: number;
  readonly high: number;
  readonly landsFrom: number;
  readonly landsBelow: number;
  readonly stillFrom: number;
  readonly stillBelow: number;
}

const ALL = 2 ** 32;

/**
 * Program and verify of one cell (R3): SET, read, and after the wait read again; RESET and once more until it
 * passes, at most so often. Attempt a of a cell takes the words 2(a & 1) and 2(a & 1) + 1 of Philox at counter
 * (cell, bank, a >> 1, 0): where the SET lands, and how the cell relaxes.
 * @returns a function of the level (0 is the low-conductance state, which takes one RESET), bank and cell, which
 *          writes what came out
 */
export function verifySimulation(
  laws: MultilevelLaws,
  verify: Verify,
  mostIterations: number,
  key: Key,
): (level: number, bank: number, cell: number, out: CellOutcome) => void {
  const wait = movementAt(laws.relaxation, verify.wait_s);
  const levels = levelRanges(laws).map((range): VerifiedLevel => {
    const spread = setSpread(laws, range.aim_S);
    const wordAt = (g: number) => (spread === 0 ? 0 : wordOfNormal((g - range.aim_S) / spread));
    const limit = verify.movementLimit;
    const waits = verify.wait_s > 0 && limit !== null;
    return {
      aim: range.aim_S,
      spread,
      scale: relaxationScale(laws, range.aim_S),
      low: range.low_S,
      high: range.high_S,
      landsFrom: wordAt(range.low_S),
      landsBelow: spread === 0 ? ALL : wordAt(range.high_S),
      stillFrom: waits ? firstWord((x) => moved(wait, x) >= -limit) : 0,
      stillBelow: waits ? firstWord((x) => moved(wait, x) > limit) : ALL,
    };
  });
  const words = new Uint32Array(4);
  const [k0, k1] = key;
  return (level, bank, cell, out) => {
    if (level === 0) {
      philox(cell, bank, 0, 0, k0, k1, words);
      out.iterations = 1;
      out.passed = true;
      out.conductance_S = laws.lcs_S * exp(laws.lcsSpread * normalOf(words[0]));
      out.normal = 0;
      return;
    }
    const at = levels[level - 1];
    for (let attempt = 0; ; attempt++) {
      const half = attempt & 1;
      if (half === 0) philox(cell, bank, attempt >>> 1, 0, k0, k1, words);
      const landed = words[2 * half];
      const still = words[2 * half + 1];
      const isLast = attempt + 1 === mostIterations;
      const mayPass =
        landed >= at.landsFrom &&
        landed < at.landsBelow &&
        still >= at.stillFrom &&
        still < at.stillBelow;
      if (!mayPass && !isLast) continue;
      const g = at.aim + at.spread * normalOf(landed);
      const x = normalOf(still);
      const later = verify.wait_s > 0 ? g + at.scale * moved(wait, x) : g;
      const passed = mayPass && later >= at.low && later <= at.high;
      if (!passed && !isLast) continue;
      out.iterations = attempt + 1;
      out.passed = passed;
      out.conductance_S = g;
      out.normal = x;
      return;
    }
  };
}

/** The first word whose normal fulfils what, once fulfilled, stays so; 2^32 if none does. */
function firstWord(holds: (x: number) => boolean): number {
  let low = 0;
  let high = ALL;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(normalOf(middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}
