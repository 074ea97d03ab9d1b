import { exp, log, normalDistribution, upperTail } from "../../compiler/math.ts";
import { type AmplifierLaws, type CellLaws, hrsNormal } from "../../compiler/physics/oxram-pair.ts";
import { wordOfNormal } from "../../compiler/random.ts";
import { ohms } from "../../compiler/units.ts";
import { CERTAIN_Z } from "./compare-pair.ts";

/**
 * Bounds on the 32-bit words of cells within which a pair's reading is certain to 2^−32, so that nothing
 * but integers need be compared. By bins of the amplifier's offset: a pair of LRS and HRS is in doubt if
 * the LRS word is at or above `lrsFrom`, or the HRS word at or below `hrsTo`; a pair of HRS and HRS if
 * either word is at or below `zeroTo`. Doubt may be unfounded, never missing.
 */
export interface SenseScreen {
  /** of |offset|, in ln R: bin b holds b·width … (b + 1)·width */
  readonly binWidth: number;
  readonly lrsFrom: Uint32Array;
  readonly hrsTo: Uint32Array;
  readonly zeroTo: number;
}

/** of ln R: far above what float32 conductances lose */
const SLACK = 1e-5;
/** no word gives a normal beyond it: Q⁻¹(2^−33) = 6.34 */
const LARGEST_NORMAL = 6.4;
const BINS = 64;

/** The screen for cells that obey `cell` when they are read. */
export function senseScreen(
  cell: CellLaws,
  amplifier: AmplifierLaws,
  digits: "binary" | "ternary",
): SenseScreen {
  const binWidth = Math.max((LARGEST_NORMAL * amplifier.offsetSpread) / BINS, 1e-9);
  const guard = CERTAIN_Z * amplifier.convergenceSpread + SLACK;
  const border = log(amplifier.convergence_Ohm);
  const highest = digits === "ternary" ? border - guard : Number.POSITIVE_INFINITY;
  const lrsFrom = new Uint32Array(BINS);
  const hrsTo = new Uint32Array(BINS);
  for (let b = 0; b < BINS; b++) {
    const margin = (b + 1) * binWidth + CERTAIN_Z * amplifier.readSpread + SLACK;
    const split = bestSplit(cell, margin, highest);
    lrsFrom[b] = split === null ? 0 : atOrAbove(split.lrs);
    hrsTo[b] = split === null ? 0xffffffff : atOrBelow(split.hrs);
  }
  // a binary read of two HRS cells has no right answer: always looked at
  const zeroTo = digits === "ternary" ? atOrBelow(hrsNormalAt(cell, border + guard)) : 0xffffffff;
  return { binWidth, lrsFrom, hrsTo, zeroTo };
}

/** First word whose normal may reach z. */
const atOrAbove = (z: number) => Math.min(wordOfNormal(z), 0xffffffff);
/** Last word whose normal may lie below z. */
const atOrBelow = (z: number) => Math.min(wordOfNormal(z), 0xffffffff);

/** How far LRS may go up and HRS down while they stay `margin` apart, with the least pairs in doubt. */
function bestSplit(
  cell: CellLaws,
  margin: number,
  highest: number,
): { readonly lrs: number; readonly hrs: number } | null {
  const median = log(cell.lrsMedian_Ohm);
  let best: { readonly lrs: number; readonly hrs: number } | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let lrs = 1; lrs < LARGEST_NORMAL; lrs += 0.1) {
    const top = median + cell.lrsSpread * lrs;
    if (top > highest) break;
    const hrs = hrsNormalAt(cell, top + margin);
    const doubt = upperTail(lrs) + normalDistribution(hrs);
    if (doubt >= least) continue;
    least = doubt;
    best = { lrs, hrs };
  }
  return best;
}

/** The normal at which HRS has ln R = x; without spread, all of HRS is on one side of it. */
function hrsNormalAt(cell: CellLaws, x: number): number {
  const normal = hrsNormal(cell, ohms(exp(x)));
  return Number.isNaN(normal) ? Number.POSITIVE_INFINITY : normal;
}
