/**
 * What the paper states of multilevel cells (R3, R4), beside what the model gives: by quadrature, and by simulating
 * cells pulse by pulse. R4's ranges are the paper's: as wide as the spread (R2).
 */
import type { Claim, Technology } from "../define.ts";
import { deriveKey } from "../random.ts";
import { type Bound, below, between, judge } from "./claim.ts";
import { valuesOf } from "./condition.ts";
import {
  levelRanges,
  type MultilevelLaws,
  moved,
  movementAt,
  relaxationScale,
} from "./multilevel-cell.ts";
import { keptInRange, meanIterations, standardVerify, type Verify } from "./multilevel-rates.ts";
import { multilevelOf } from "./multilevel-technology.ts";
import { type Sampled, type Sampling, wilson } from "./pair-sampling.ts";
import { verifySimulation } from "./verify-simulation.ts";

const withLevels = (technology: Technology, condition: string, levels: number): MultilevelLaws => ({
  ...multilevelOf(technology, condition),
  levels,
  layout: "spread",
});

function verifyOf(technology: Technology, condition: string): Verify {
  const values = valuesOf(technology, condition);
  const limit = values("movementLimit");
  return { wait_s: values("verifyWait"), movementLimit: limit === 0 ? null : limit };
}

interface Retention {
  readonly condition: string;
  readonly levels: number;
  /** from 1 */
  readonly level: number;
  readonly elapsed_s: number;
  readonly when: string;
  readonly claimed: string;
  readonly bound: Bound;
  readonly note?: string;
}

function retentionClaim(claim: Retention): Claim {
  const { condition, levels, level, elapsed_s, when, claimed, bound, note = "" } = claim;
  return {
    id: "R4",
    condition,
    quantity: `in range after ${when}, level ${level} of ${levels}`,
    claimed,
    evaluate: (technology, options) => {
      const laws = withLevels(technology, condition, levels);
      const verify = verifyOf(technology, condition);
      const value = keptInRange(laws, level - 1, verify, elapsed_s);
      return judge(value, bound, sampleKept(laws, level, verify, elapsed_s, options), note);
    },
  };
}

const MOST = 65535;
/** cells that are simulated for a claim: an interval of half a percent */
const CELLS = 40_000;

function sampleKept(
  laws: MultilevelLaws,
  level: number,
  verify: Verify,
  elapsed_s: number,
  { seed, samples }: Sampling,
): Sampled {
  const { low_S, aim_S, high_S } = levelRanges(laws)[level - 1];
  const scale = relaxationScale(laws, aim_S);
  const then = movementAt(laws.relaxation, elapsed_s);
  const simulate = verifySimulation(laws, verify, MOST, deriveKey(seed, "characterize/R4", 0, 0));
  const outcome = { iterations: 0, passed: false, conductance_S: 0, normal: 0 };
  const cells = Math.min(samples, CELLS);
  let kept = 0;
  for (let cell = 0; cell < cells; cell++) {
    simulate(level, 0, cell, outcome);
    const g = outcome.conductance_S + scale * moved(then, outcome.normal);
    if (g >= low_S && g <= high_S) kept++;
  }
  return wilson(kept, cells, "simulated pulse by pulse");
}

function iterationsClaim(condition: string, claimed: string, bound: Bound, note: string): Claim {
  return {
    id: "R3",
    condition,
    quantity: "iterations over the standard routine, 8 levels",
    claimed,
    evaluate: (technology, options) => {
      const laws = withLevels(technology, condition, 8);
      const verify = verifyOf(technology, condition);
      const standard = meanIterations(laws, standardVerify);
      const value = meanIterations(laws, verify) / standard;
      return judge(value, bound, sampleIterations(laws, verify, standard, options), note);
    },
  };
}

/** Mean iterations of simulated cells over those of the standard routine, with the interval of the mean. */
function sampleIterations(
  laws: MultilevelLaws,
  verify: Verify,
  standard: number,
  { seed, samples }: Sampling,
): Sampled {
  const simulate = verifySimulation(laws, verify, MOST, deriveKey(seed, "characterize/R3", 0, 0));
  const outcome = { iterations: 0, passed: false, conductance_S: 0, normal: 0 };
  const cells = Math.min(samples, CELLS);
  let [sum, squares] = [0, 0];
  for (let cell = 0; cell < cells; cell++) {
    simulate(1 + (cell % laws.levels), 0, cell, outcome);
    sum += outcome.iterations;
    squares += outcome.iterations ** 2;
  }
  const mean = sum / cells;
  const half = 1.96 * Math.sqrt((squares / cells - mean * mean) / cells);
  return {
    value: mean / standard,
    low: (mean - half) / standard,
    high: (mean + half) / standard,
    samples: cells,
    method: "simulated pulse by pulse",
  };
}

const HOUR = 3600;
const MONTHS = 60 * 24 * HOUR;
const stable = { levels: 8, level: 1, claimed: "stable", bound: between(0.98, 1) };
const spreads = { condition: "standard", levels: 8, level: 1 };

export const multilevelClaims: readonly Claim[] = [
  iterationsClaim(
    "smart",
    "3",
    between(2.95, 3.05),
    "in range at once and after 5 s, and not moved by more than q·s",
  ),
  iterationsClaim(
    "retest",
    "3",
    between(2.95, 3.05),
    "the plain re-test repeats only the range test after 5 s: with R4's 85 % it can give at most 1.18 (conflict of R3 and R4)",
  ),
  retentionClaim({
    ...{ condition: "standard", levels: 8, level: 1, elapsed_s: 60, when: "60 s" },
    ...{ claimed: "85 %", bound: between(0.845, 0.855) },
  }),
  retentionClaim({
    ...{ condition: "standard", levels: 15, level: 1, elapsed_s: 60, when: "60 s" },
    ...{ claimed: "70 %", bound: between(0.695, 0.705) },
  }),
  {
    id: "R4",
    condition: "standard",
    quantity: "in range after 60 s, worst of levels 2 to 8 minus level 1",
    claimed: "> 0: the lowest is worst",
    evaluate: (technology) => {
      const laws = withLevels(technology, "standard", 8);
      const kept = levelRanges(laws).map((_, k) => keptInRange(laws, k, standardVerify, 60));
      const next = Math.min(...kept.slice(1));
      return judge(next - kept[0], between(0, 1));
    },
  },
  retentionClaim({
    ...spreads,
    ...{ elapsed_s: 8, when: "8 s", claimed: "spread by then (< 100 %)", bound: below(0.95) },
  }),
  retentionClaim({
    ...spreads,
    ...{ elapsed_s: HOUR, when: "1 h", claimed: "spreads on (< at 60 s)", bound: below(0.85) },
  }),
  retentionClaim({
    ...spreads,
    ...{ elapsed_s: MONTHS, when: "60 d", claimed: "spreads on (< at 1 h)", bound: below(0.746) },
  }),
  retentionClaim({ condition: "smart", ...stable, elapsed_s: 60, when: "60 s" }),
  retentionClaim({ condition: "smart", ...stable, elapsed_s: 12 * HOUR, when: "12 h" }),
  retentionClaim({ condition: "smart", ...stable, elapsed_s: MONTHS, when: "60 d" }),
];
