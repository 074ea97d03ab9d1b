import type { Claim, ClaimResult, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { type PairDevice, pairDevice } from "./oxram-pair.ts";
import type { Sampled, Sampling } from "./pair-sampling.ts";

/** What a claim asks of a value: from ≤ value < below. */
export interface Bound {
  readonly from: number;
  readonly below: number;
}

export const below = (limit: number): Bound => ({ from: Number.NEGATIVE_INFINITY, below: limit });
export const between = (from: number, to: number): Bound => ({ from, below: to });

/** A value held to what is claimed; a miss says by how much. */
export function judge(
  value: number,
  bound: Bound,
  sampled: Sampled | null = null,
  note = "",
): ClaimResult {
  const met = value >= bound.from && value < bound.below;
  const ratio = value >= bound.below ? value / bound.below : bound.from / value;
  return { value, sampled, met, missedBy: met ? "" : `a factor ${ratio.toPrecision(3)}`, note };
}

export const deviceOf = (technology: Technology, condition: string): PairDevice =>
  pairDevice(valuesOf(technology, condition));

/** A claim on a rate: where it stands, what it says. */
export interface Reading {
  readonly id: string;
  readonly condition: string;
  readonly quantity: string;
  readonly claimed: string;
  readonly bound: Bound;
  readonly note?: string;
}

export type Prepare = (device: PairDevice) => PairDevice;

/** A claim on a rate of a device, found by an integral and by sampling. */
export function rateClaim(
  { id, condition, quantity, claimed, bound, note = "" }: Reading,
  rate: (device: PairDevice) => number,
  sample: (device: PairDevice, expected: number, options: Sampling) => Sampled,
  prepare: Prepare = (device) => device,
): Claim {
  return {
    id,
    condition,
    quantity,
    claimed,
    evaluate: (technology, options) => {
      const device = prepare(deviceOf(technology, condition));
      const value = rate(device);
      return judge(value, bound, sample(device, value, options), note);
    },
  };
}

/** A claim on a number that a technology gives under a condition. */
export const claim = (
  id: string,
  condition: string,
  quantity: string,
  claimed: string,
  evaluate: (technology: Technology, condition: string, options: Sampling) => ClaimResult,
): Claim => ({
  id,
  condition,
  quantity,
  claimed,
  evaluate: (technology, options) => evaluate(technology, condition, options),
});
