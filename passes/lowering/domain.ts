import type { CodeRange } from "../../compiler/ir/network.ts";

/**
 * What is known of the numbers that a value can take: that they lie between two bounds, and, for a
 * quantized value, that each is offset + scale·code (to float32 rounding) with a code of the range.
 * While the rules run, a range may be without end (Round of any float): a Clip may bound it later.
 */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly codes: {
    readonly scale: number;
    readonly offset: number;
    readonly range: CodeRange;
  } | null;
}

export const unknown: Domain = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  codes: null,
};

export const integers = (minimum: number, maximum: number): Domain =>
  grid(1, 0, { minimum, maximum, step: 1 });

export const truth = integers(0, 1);

export const isEndless = ({ minimum, maximum }: CodeRange): boolean =>
  !Number.isFinite(maximum - minimum);

/**
 * A quantized domain in its plainest form: the offset moved into the codes where it is a whole or a half
 * multiple of the scale, so that {0, 1}·2 − 1 reads as the codes −1 and +1.
 */
export function grid(scale: number, offset: number, range: CodeRange): Domain {
  if (scale < 0) {
    return grid(-scale, offset, {
      minimum: 0 - range.maximum,
      maximum: 0 - range.minimum,
      step: range.step,
    });
  }
  let codes = { scale, offset, range };
  const shift = Math.round((2 * offset) / scale) / 2;
  if (offset !== 0 && !isEndless(range) && Math.abs(offset / scale - shift) < 1e-5) {
    codes = Number.isInteger(shift)
      ? { scale, offset: 0, range: moved(range, 1, shift) }
      : { scale: scale / 2, offset: 0, range: moved(range, 2, 2 * shift) };
  }
  const { minimum, maximum } = codes.range;
  const gap = codes.range.step;
  // Codes that share a factor are the same set at a larger scale: {−2, 0, 2} is {−1, 0, 1}.
  if (codes.offset === 0 && gap > 1 && minimum % gap === 0) {
    codes = {
      scale: codes.scale * gap,
      offset: 0,
      range: { minimum: minimum / gap, maximum: maximum / gap, step: 1 },
    };
  }
  const value = (code: number) => codes.offset + codes.scale * code;
  return { low: value(codes.range.minimum), high: value(codes.range.maximum), codes };
}

function moved(range: CodeRange, factor: number, by: number): CodeRange {
  return {
    minimum: range.minimum * factor + by,
    maximum: range.maximum * factor + by,
    step: range.step * factor,
  };
}
