/**
 * Error rates of a pair in closed form, each one integral over a standard normal: rare errors are never
 * found by brute force.
 * Source: H6–H11 and L5, L6 under the laws of `oxram-pair.ts`.
 */
import { exp, log, normalDistribution, upperTail } from "../math.ts";
import { type Ohms, ohms } from "../units.ts";
import {
  type CellLaws,
  hrsMedian,
  hrsNormal,
  hrsResistance,
  lrsNormal,
  type PairDevice,
} from "./oxram-pair.ts";
import { minimumOf, normalMean } from "./quadrature.ts";

/** Geometric mean of the two medians: the reference of H6 and H8. */
export function midReference(cell: CellLaws): Ohms {
  return ohms(Math.sqrt(cell.lrsMedian_Ohm * hrsMedian(cell)));
}

/** BER of one cell compared, without noise, with a reference; both states equally frequent. */
export function singleCellBer(cell: CellLaws, reference: Ohms): number {
  return (
    0.5 * (upperTail(lrsNormal(cell, reference)) + normalDistribution(hrsNormal(cell, reference)))
  );
}

/** The reference with the least BER of one cell; that of H9. */
export function bestReference(cell: CellLaws): Ohms {
  // compared by the logarithm, which still bends where the rate underflows to nothing
  const x = minimumOf(
    (x) => log(singleCellBer(cell, ohms(exp(x))) + 1e-300),
    log(cell.lrsMedian_Ohm),
    log(hrsMedian(cell)),
  );
  return ohms(exp(x));
}

/** All that blurs the comparison of a pair, of ln R: LRS, offset and read noise together. */
export function comparisonSpread({ cell, amplifier }: PairDevice): number {
  return Math.sqrt(cell.lrsSpread ** 2 + amplifier.offsetSpread ** 2 + amplifier.readSpread ** 2);
}

/** BER of pairs over all cells and amplifiers. */
export function pairBer(device: PairDevice): number {
  return signErrors(device.cell, comparisonSpread(device), 0);
}

/** BER of pairs read by an amplifier without offset and noise (H9). */
export function idealPairBer(cell: CellLaws): number {
  return signErrors(cell, cell.lrsSpread, 0);
}

/** BER of pairs on one amplifier of known offset, half of them in each orientation. */
export function amplifierBer({ cell, amplifier }: PairDevice, offset: number): number {
  const spread = Math.sqrt(cell.lrsSpread ** 2 + amplifier.readSpread ** 2);
  return 0.5 * (signErrors(cell, spread, offset) + signErrors(cell, spread, -offset));
}

/** P(x_H − x_L + offset + noise < 0). */
function signErrors(cell: CellLaws, spread: number, offset: number): number {
  const lrs = log(cell.lrsMedian_Ohm);
  return normalMean((u) => upperTail((log(hrsResistance(cell, u)) - lrs + offset) / spread));
}

/**
 * How often, per read, an amplifier errs on a pair whose resistances differ by more than `ratio` (H7).
 */
export function errorsBeyondRatio(device: PairDevice, ratio: number): number {
  const { cell, amplifier } = device;
  const noise = Math.sqrt(amplifier.offsetSpread ** 2 + amplifier.readSpread ** 2);
  const border = log(ratio);
  const lrs = log(cell.lrsMedian_Ohm);
  // the integrand jumps at the border: a coarse grid is exact to a few per cent, enough for a count
  return normalMean((u) => {
    const hrs = log(hrsResistance(cell, u));
    return normalMean((v) => {
      const difference = Math.abs(hrs - lrs - cell.lrsSpread * v);
      return difference > border ? upperTail(difference / noise) : 0;
    }, 0.02);
  }, 0.05);
}

/** The border of convergence at its normal deviate c. */
function border({ amplifier }: PairDevice, c: number): Ohms {
  return ohms(amplifier.convergence_Ohm * exp(amplifier.convergenceSpread * c));
}

/** P(+1 read as −1 or back): a wrong sign that converged in time. */
export function typeOne(device: PairDevice): number {
  const { cell } = device;
  const spread = comparisonSpread(device);
  const lrs = log(cell.lrsMedian_Ohm);
  const noise = Math.sqrt(device.amplifier.offsetSpread ** 2 + device.amplifier.readSpread ** 2);
  const late = typeTwoBound(device);
  // an LRS that is always in time leaves the BER of pairs as it is
  if (late < 1e-12) return pairBer(device);
  return normalMean((u) => {
    const hrs = hrsResistance(cell, u);
    const x = log(hrs);
    if (upperTail((x - lrs) / spread) < 1e-30) return 0;
    return normalMean((v) => {
      const low = lrs + cell.lrsSpread * v;
      return upperTail((x - low) / noise) * inTime(device, Math.min(x, low));
    }, 0.05);
  }, 0.02);
}

/** P(LRS above the border). */
function typeTwoBound(device: PairDevice): number {
  return normalMean((c) => upperTail(lrsNormal(device.cell, border(device, c))));
}

/** P(a pair converges in time), given ln of its lower resistance. */
export function inTime({ amplifier }: PairDevice, lower: number): number {
  return upperTail((lower - log(amplifier.convergence_Ohm)) / amplifier.convergenceSpread);
}

/** P(±1 read as 0): neither cell is below the border. */
export function typeTwo(device: PairDevice): number {
  return normalMean((c) => {
    const at = border(device, c);
    return upperTail(lrsNormal(device.cell, at)) * upperTail(hrsNormal(device.cell, at));
  });
}

/** P(0 read as ±1): at least one of two HRS cells is below the border. */
export function typeThree(device: PairDevice): number {
  return normalMean((c) => {
    const above = upperTail(hrsNormal(device.cell, border(device, c)));
    return 1 - above * above;
  });
}
