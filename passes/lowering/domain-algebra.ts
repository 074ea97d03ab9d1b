import type { Domain } from "./domain.ts";
import { grid, isEndless } from "./domain.ts";

/** Values outside the bounds move to the bound; codes survive where the bound is one of them. */
export function clip(domain: Domain, low: number, high: number): Domain {
  const bounds = { low: Math.max(domain.low, low), high: Math.min(domain.high, high), codes: null };
  if (!domain.codes) return bounds;
  const { scale, offset, range } = domain.codes;
  const minimum = low > domain.low ? codeAt(domain.codes, low) : range.minimum;
  const maximum = high < domain.high ? codeAt(domain.codes, high) : range.maximum;
  if (minimum === null || maximum === null || maximum < minimum) return bounds;
  return grid(scale, offset, { minimum, maximum, step: range.step });
}

/** The code whose value a number is, or null where it lies between codes. */
function codeAt(
  { scale, offset, range }: NonNullable<Domain["codes"]>,
  value: number,
): number | null {
  const exact = (value - offset) / scale;
  const code = Math.round(exact);
  const isOnGrid = Number.isFinite(range.minimum)
    ? (code - range.minimum) % range.step === 0
    : range.step === 1;
  return Math.abs(exact - code) < 1e-4 && isOnGrid ? code : null;
}

/** x·factor + term for constants. */
export function affine(domain: Domain, factor: number, term: number): Domain | null {
  if (factor === 0 || !Number.isFinite(factor) || !Number.isFinite(term)) return null;
  if (domain.codes) {
    const { scale, offset, range } = domain.codes;
    return grid(scale * factor, offset * factor + term, range);
  }
  const ends = [domain.low * factor + term, domain.high * factor + term];
  return { low: Math.min(...ends), high: Math.max(...ends), codes: null };
}

/** The sum of two quantized values on one grid, such as a residual connection. */
export function sum(a: Domain, b: Domain, sign: 1 | -1): Domain | null {
  const right = sign === 1 ? b : affine(b, -1, 0);
  if (!right) return null;
  const bounds = { low: a.low + right.low, high: a.high + right.high, codes: null };
  if (!a.codes || !right.codes) return bounds;
  if (a.codes.scale !== right.codes.scale || a.codes.offset !== 0 || right.codes.offset !== 0)
    return bounds;
  return grid(a.codes.scale, 0, {
    minimum: a.codes.range.minimum + right.codes.range.minimum,
    maximum: a.codes.range.maximum + right.codes.range.maximum,
    step: a.codes.range.step === right.codes.range.step ? a.codes.range.step : 1,
  });
}

/** Codes times codes: their products lie between the corners, at steps that divide all of them. */
export function product(a: Domain, b: Domain): Domain | null {
  if (!a.codes || !b.codes || a.codes.offset !== 0 || b.codes.offset !== 0) return null;
  const [left, right] = [a.codes.range, b.codes.range];
  if (isEndless(left) || isEndless(right)) return null;
  const corners = [left.minimum, left.maximum].flatMap((x) =>
    [right.minimum, right.maximum].map((y) => x * y),
  );
  const steps = [left.step * right.minimum, right.step * left.minimum, left.step * right.step];
  return grid(a.codes.scale * b.codes.scale, 0, {
    minimum: Math.min(...corners),
    maximum: Math.max(...corners),
    step: steps.reduce(greatestDivisor),
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);
}

export function levelsIfScalar(domain: Domain, value: number | null): Domain {
  if (value === null) return domain;
  return value === 0
    ? grid(1, 0, { minimum: 0, maximum: 0, step: 1 })
    : grid(Math.abs(value), 0, { minimum: Math.sign(value), maximum: Math.sign(value), step: 1 });
}

/** Two levels: ±b are the codes ±1, {0, b} and {−b, 0} the codes 0 and ±1, else an offset remains. */
export function twoLevels(low: number, high: number): Domain {
  // a level too close to the other one, or an infinite one, is not where the grid puts it
  if (high - low + low !== high) return { low, high, codes: null };
  if (low === -high) return grid(high, 0, { minimum: -1, maximum: 1, step: 2 });
  return grid(high - low, low, { minimum: 0, maximum: 1, step: 1 });
}

export function union(domains: readonly Domain[]): Domain | null {
  const low = Math.min(...domains.map((d) => d.low));
  const high = Math.max(...domains.map((d) => d.high));
  const [first, ...rest] = domains.map((d) => d.codes);
  const grids = [first, ...rest];
  if (grids.some((g) => g === null || g.offset !== 0)) return { low, high, codes: null };
  const scales = new Set(
    grids.flatMap((g) => (g && (g.range.minimum !== 0 || g.range.maximum !== 0) ? [g.scale] : [])),
  );
  if (scales.size !== 1) return { low, high, codes: null };
  const [scale] = scales;
  const ranges = grids.flatMap((g) => (g ? [g.range] : []));
  const minimum = Math.min(...ranges.map((r) => r.minimum));
  const maximum = Math.max(...ranges.map((r) => r.maximum));
  // A single number is on any step that reaches it.
  const steps = new Set(ranges.flatMap((r) => (r.minimum < r.maximum ? [r.step] : [])));
  const [step = 1] = steps;
  const aligned = steps.size === 1 && ranges.every((r) => (r.minimum - minimum) % step === 0);
  return grid(scale, 0, { minimum, maximum, step: aligned ? step : 1 });
}
