import type { Spread } from "./report.ts";

/** two-sided 95 % */
const normalQuantile = 1.959963984540054;

/**
 * Mean, spread and 95 % interval of trial means: Student's t over trials, cut off at 0 and 1 where all values are
 * shares; for a single trial Wilson's, of a share over `samples` samples.
 * @param isShare whether the metric is a share, such as an accuracy; others have no bounds
 */
export function spreadOf(trials: readonly number[], samples: number, isShare: boolean): Spread {
  const count = trials.length;
  const mean = count === 0 ? Number.NaN : trials.reduce((sum, value) => sum + value, 0) / count;
  const squares = trials.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return spreadFrom(
    { mean, std: count > 1 ? Math.sqrt(squares / (count - 1)) : 0, trials: count },
    samples,
    isShare,
  );
}

export type Moments = Pick<Spread, "mean" | "std" | "trials">;

/** The interval of a mean whose spread is known. */
export function spreadFrom(
  { mean, std, trials }: Moments,
  samples: number,
  isShare: boolean,
): Spread {
  if (trials <= 1)
    return { mean, std: 0, ci95: isShare ? wilson(mean, samples) : [mean, mean], trials };
  const half = (studentQuantile(trials - 1) * std) / Math.sqrt(trials);
  const [low, high] = [mean - half, mean + half];
  return { mean, std, ci95: isShare ? [Math.max(0, low), Math.min(1, high)] : [low, high], trials };
}

/** Moments of several groups of trials together (Chan's formula). */
export function pooled(groups: readonly Moments[]): Moments {
  const trials = groups.reduce((sum, group) => sum + group.trials, 0);
  const mean = groups.reduce((sum, group) => sum + group.mean * group.trials, 0) / trials;
  const squares = groups.reduce(
    (sum, group) =>
      sum + group.std ** 2 * (group.trials - 1) + group.trials * (group.mean - mean) ** 2,
    0,
  );
  return { mean, std: trials > 1 ? Math.sqrt(squares / (trials - 1)) : 0, trials };
}

/**
 * Wilson's 95 % interval of a share; of a value outside 0 … 1, which is no share, the value itself.
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
 */
export function wilson(share: number, samples: number): readonly [number, number] {
  if (!(share >= 0 && share <= 1) || samples === 0) return [share, share];
  const z2 = normalQuantile ** 2;
  const scale = 1 + z2 / samples;
  const centre = (share + z2 / (2 * samples)) / scale;
  const half =
    (normalQuantile / scale) * Math.sqrt((share * (1 - share)) / samples + z2 / (4 * samples ** 2));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** t with 97.5 % of Student's distribution below it, by bisection on its closed form. */
export function studentQuantile(degrees: number): number {
  let low = 0;
  let high = 13;
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (within(middle, degrees) < 0.95) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** the series ends where its terms no longer change the sum */
const negligible = 1e-18;

/**
 * P(|T| < t) for whole degrees of freedom.
 * Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
 */
function within(t: number, degrees: number): number {
  const sine = t / Math.sqrt(degrees + t * t);
  const cosine2 = degrees / (degrees + t * t);
  const odd = degrees % 2 === 1;
  let term = odd ? Math.sqrt(cosine2) : 1;
  let sum = degrees > 1 ? term : 0;
  for (let k = odd ? 3 : 2; k <= degrees - 2 && term > negligible; k += 2) {
    term *= (cosine2 * (k - 1)) / k;
    sum += term;
  }
  if (!odd) return sine * sum;
  const angle = Math.atan(t / Math.sqrt(degrees));
  return (2 / Math.PI) * (angle + sine * sum);
}
