import { XbcError } from "../../compiler/errors.ts";

/** Which part of an activation's values a quantizer spans. */
export type ActivationRange =
  | { readonly kind: "percentile"; readonly share: number; readonly name: string }
  | { readonly kind: "mse"; readonly name: string };

export interface Span {
  readonly low: number;
  readonly high: number;
}

/** @throws BAD_OPTION */
export function activationRangeOf(text: string): ActivationRange {
  if (text === "auto" || text === "mse") return { kind: "mse", name: "least squares" };
  if (text === "max") return { kind: "percentile", share: 1, name: "all of them" };
  const percent = Number(/^percentile:([\d.]+)$/.exec(text)?.[1]);
  if (percent > 50 && percent <= 100)
    return { kind: "percentile", share: percent / 100, name: `${percent} % of them` };
  throw new XbcError(
    "BAD_OPTION",
    `--activation-range ${text}: needs auto, max, percentile:P of 50 to 100, or mse; for example percentile:99.9`,
  );
}

/** shares of the whole span that are tried, and values that they are tried on at most */
const CANDIDATES = 40;
const SMALLEST = 0.2;
const MOST_TRIED = 8192;

/**
 * The span of sorted values: all but a tail at each end, or what `2^bits` evenly spaced codes (from 0 where no value is
 * below it, else to both sides of 0) lose least by in squares.
 */
export function spanOf(sorted: Float64Array, rule: ActivationRange, bits: number): Span {
  const last = sorted.length - 1;
  if (rule.kind === "percentile") {
    const tail = Math.floor(sorted.length * (1 - rule.share));
    return { low: sorted[tail], high: sorted[last - tail] };
  }
  const whole = { low: sorted[0], high: sorted[last] };
  const every = Math.ceil(sorted.length / MOST_TRIED);
  const tried = every === 1 ? sorted : sorted.filter((_, k) => k % every === 0 || k === last);
  let best = whole;
  let least = Number.POSITIVE_INFINITY;
  for (let k = CANDIDATES; k > 0; k--) {
    const share = SMALLEST + ((1 - SMALLEST) * k) / CANDIDATES;
    const span = { low: whole.low * share, high: whole.high * share };
    const lost = squaredLoss(tried, span, bits);
    if (lost < least) [least, best] = [lost, span];
  }
  return best;
}

function squaredLoss(values: Float64Array, { low, high }: Span, bits: number): number {
  const isSigned = low < 0;
  const top = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const scale = Math.max(Math.abs(low), Math.abs(high)) / top || 1;
  const bottom = isSigned ? -top - 1 : 0;
  let sum = 0;
  for (const x of values) {
    const code = Math.min(top, Math.max(bottom, Math.round(x / scale)));
    sum += (x - code * scale) ** 2;
  }
  return sum;
}
