/**
 * A multilevel OxRAM cell (R1–R4): how a SET spreads, which conductances count as a level, and how a cell relaxes.
 * Source: Esmanhotto 2022; equations and parameters in `targets/rram-1t1r.ts`.
 */
import { exp, log10 } from "../math.ts";
import { type Siemens, siemens } from "../units.ts";
import type { Values } from "./condition.ts";

export interface MultilevelLaws {
  /** conducting levels above the low-conductance state */
  readonly levels: number;
  readonly lowest_S: number;
  readonly highest_S: number;
  /** of each range's pitch, left out at both ends */
  readonly guard: number;
  /** `spread`: ranges equal in √G; `centres`: aims equally far apart, ranges as wide as the spread allows (R2) */
  readonly layout: "spread" | "centres";
  readonly lcs_S: number;
  /** of ln G of the low-conductance state, which does not relax */
  readonly lcsSpread: number;
  /** σ of a single SET at the reference conductance; grows as its square root */
  readonly setSpread_S: number;
  readonly setReference_S: number;
  readonly relaxation: RelaxationLaws;
}

/** G(t) = G_p + s·[x·(1 − e^(−t/τ)) + λ·x³·log10(1 + t/T_1) − m·log10(1 + t/T_1)], x a normal a programming. */
export interface RelaxationLaws {
  /** s at the reference conductance; grows as its fourth root */
  readonly scale_S: number;
  readonly reference_S: number;
  /** λ: the slow movement of the few cells with a large x */
  readonly tail: number;
  /** m: fall of all cells alike */
  readonly fall: number;
  /** τ and T_1 */
  readonly fast_s: number;
  readonly slow_s: number;
  /** conductances stay within */
  readonly least_S: number;
  readonly most_S: number;
}

/** What a verify of a level accepts, and what its SET aims at. */
export interface LevelRange {
  readonly low_S: Siemens;
  readonly aim_S: Siemens;
  readonly high_S: Siemens;
}

/** The ranges of the conducting levels, ascending. */
export function levelRanges(laws: MultilevelLaws): readonly LevelRange[] {
  return laws.layout === "spread" ? equalInRoot(laws) : equalCentres(laws);
}

/** Borders √G_lo + j·pitch: the pitch follows the spread of a SET, which grows as √G. The aim is the middle. */
function equalInRoot({ levels, lowest_S, highest_S, guard }: MultilevelLaws): LevelRange[] {
  const first = Math.sqrt(lowest_S);
  const pitch = (Math.sqrt(highest_S) - first) / levels;
  return Array.from({ length: levels }, (_, j) => {
    const low = (first + (j + guard) * pitch) ** 2;
    const high = (first + (j + 1 - guard) * pitch) ** 2;
    return rangeOf(low, (low + high) / 2, high);
  });
}

/** Aims at the middles of equal parts of [G_lo, G_hi]; the highest range fills its part but for the guards. */
function equalCentres({ levels, lowest_S, highest_S, guard }: MultilevelLaws): LevelRange[] {
  const pitch = (highest_S - lowest_S) / levels;
  const aims = Array.from({ length: levels }, (_, j) => lowest_S + (j + 0.5) * pitch);
  const widest = pitch * (1 - 2 * guard);
  const top = aims[levels - 1];
  return aims.map((aim) => {
    const half = (widest / 2) * Math.sqrt(aim / top);
    return rangeOf(aim - half, aim, aim + half);
  });
}

const rangeOf = (low: number, aim: number, high: number): LevelRange => ({
  low_S: siemens(low),
  aim_S: siemens(aim),
  high_S: siemens(high),
});

/** σ of a single SET that aims at a conductance: its coefficient of variation falls as the root (R2). */
export const setSpread = (laws: MultilevelLaws, aim_S: number): Siemens =>
  siemens(laws.setSpread_S * Math.sqrt(aim_S / laws.setReference_S));

/** s of a cell that was aimed at a conductance: more movement in siemens, less against the range, for high levels (R4). */
export const relaxationScale = ({ relaxation }: MultilevelLaws, aim_S: number): Siemens =>
  siemens(relaxation.scale_S * Math.sqrt(Math.sqrt(aim_S / relaxation.reference_S)));

/** How much of x and of x³ a cell has moved by at a time, in units of its scale; and the common fall. */
export interface Movement {
  readonly linear: number;
  readonly cubic: number;
  readonly constant: number;
}

/** @param elapsed_s from the end of the pulse */
export function movementAt(relaxation: RelaxationLaws, elapsed_s: number): Movement {
  const decades = log10(1 + elapsed_s / relaxation.slow_s);
  return {
    linear: 1 - exp(-elapsed_s / relaxation.fast_s),
    cubic: relaxation.tail * decades,
    constant: -relaxation.fall * decades,
  };
}

/** Movement of the cell with normal x, in units of its scale. */
export const moved = ({ linear, cubic, constant }: Movement, x: number): number =>
  x * (linear + cubic * x * x) + constant;

/** The laws of a technology's values. */
export function multilevelLaws(values: Values, layout: MultilevelLaws["layout"]): MultilevelLaws {
  return {
    levels: values("levels") - 1,
    lowest_S: values("lowestConductance"),
    highest_S: values("highestConductance"),
    guard: values("guard"),
    layout,
    lcs_S: values("lcsConductance"),
    lcsSpread: values("lcsSpread"),
    setSpread_S: values("setSpread"),
    setReference_S: values("setReference"),
    relaxation: {
      scale_S: values("relaxationScale"),
      reference_S: values("relaxationReference"),
      tail: values("relaxationTail"),
      fall: values("relaxationFall"),
      fast_s: values("fastTime"),
      slow_s: values("slowTime"),
      least_S: values("leastConductance"),
      most_S: values("mostConductance"),
    },
  };
}
