/**
 * The rates of `pair-rates.ts` again, by sampling: an independent check of the integrals. Plain sampling
 * above 1e−4; below it the normals are shifted to the failures' nearest point and weighted back.
 */
import { exp, log } from "../math.ts";
import { deriveKey, fillWords, normalOf } from "../random.ts";
import { type Ohms, ohms } from "../units.ts";
import {
  type CellLaws,
  hrsNormal,
  hrsResistance,
  lrsNormal,
  lrsResistance,
  type PairDevice,
} from "./oxram-pair.ts";
import { comparisonSpread } from "./pair-rates.ts";
import { minimumOf } from "./quadrature.ts";

/** An estimate with its 95 % interval. */
export interface Sampled {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly samples: number;
  readonly method: string;
}

export interface Sampling {
  readonly seed: number;
  readonly samples: number;
}

const Z95 = 1.959963984540054;
const CHUNK = 4096;

/** Wilson's interval for `hits` of `samples`. */
export function wilson(hits: number, samples: number, method = "plain sampling"): Sampled {
  const p = hits / samples;
  const z2 = (Z95 * Z95) / samples;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Z95 * Math.sqrt((p * (1 - p)) / samples + z2 / (4 * samples))) / (1 + z2);
  return {
    value: p,
    low: hits === 0 ? 0 : centre - half,
    high: hits === samples ? 1 : centre + half,
    samples,
    method,
  };
}

/** Mean of weights w(normals), n normals a sample, with the interval of its standard error. */
function meanOf(
  name: string,
  { seed, samples }: Sampling,
  normals: number,
  weight: (z: Float64Array) => number,
): { readonly sum: number; readonly squares: number } {
  const key = deriveKey(seed, `characterize/${name}`, 0, 0);
  const words = new Uint32Array(CHUNK * normals);
  const z = new Float64Array(normals);
  let sum = 0;
  let squares = 0;
  for (let first = 0, chunk = 0; first < samples; first += CHUNK, chunk++) {
    fillWords(key, chunk, 0, 0, words);
    const count = Math.min(CHUNK, samples - first);
    for (let i = 0; i < count; i++) {
      for (let n = 0; n < normals; n++) z[n] = normalOf(words[i * normals + n]);
      const w = weight(z);
      sum += w;
      squares += w * w;
    }
  }
  return { sum, squares };
}

function weighted(sum: number, squares: number, samples: number): Sampled {
  const value = sum / samples;
  const error = Math.sqrt(Math.max(squares / samples - value * value, 0) / samples);
  return {
    value,
    low: Math.max(value - Z95 * error, 0),
    high: value + Z95 * error,
    samples,
    method: "importance sampling",
  };
}

/** Density of N(0, 1) over that of N(shift, 1), at z + shift. */
const likelihood = (z: number, shift: number) => exp(-shift * z - 0.5 * shift * shift);

/** Sampled BER of one cell against a reference: each sample is one cell in LRS and one in HRS. */
export function sampleSingleCellBer(
  cell: CellLaws,
  reference: Ohms,
  expected: number,
  options: Sampling,
): Sampled {
  const { samples } = options;
  if (expected > 1e-4) {
    const { sum } = meanOf("1T1R", options, 2, ([a, b]) => {
      const wrong = lrsResistance(cell, a) > reference;
      return (wrong ? 1 : 0) + (hrsResistance(cell, b) < reference ? 1 : 0);
    });
    return wilson(sum, 2 * samples);
  }
  const high = lrsNormal(cell, reference);
  const low = Math.max(hrsNormal(cell, reference), -40);
  const { sum, squares } = meanOf("1T1R", options, 2, ([a, b]) => {
    const lrs = lrsResistance(cell, a + high) > reference ? likelihood(a, high) : 0;
    const hrs = hrsResistance(cell, b + low) < reference ? likelihood(b, low) : 0;
    return 0.5 * (lrs + hrs);
  });
  return weighted(sum, squares, samples);
}

/** The failure nearest to the origin: HRS's normal u, and that of LRS and amplifier together. */
export function designPoint(device: PairDevice): { readonly u: number; readonly v: number } {
  const spread = comparisonSpread(device);
  const lrs = log(device.cell.lrsMedian_Ohm);
  const at = (u: number) => (log(hrsResistance(device.cell, u)) - lrs) / spread;
  const u = minimumOf((u) => u * u + at(u) ** 2, -12, 0);
  return { u, v: at(u) };
}

/** Sampled BER of pairs: HRS, LRS and amplifier drawn apart where failures are frequent. */
export function samplePairBer(device: PairDevice, expected: number, options: Sampling): Sampled {
  const { cell, amplifier } = device;
  const { samples } = options;
  if (expected > 1e-4) {
    const { sum } = meanOf("2T2R", options, 4, ([a, b, c, d]) => {
      const margin = log(hrsResistance(cell, a)) - log(lrsResistance(cell, b));
      return margin + amplifier.offsetSpread * c + amplifier.readSpread * d < 0 ? 1 : 0;
    });
    return wilson(sum, samples);
  }
  const spread = comparisonSpread(device);
  const lrs = log(cell.lrsMedian_Ohm);
  const { u, v } = designPoint(device);
  const { sum, squares } = meanOf("2T2R", options, 2, ([a, b]) => {
    const wrong = log(hrsResistance(cell, a + u)) - lrs < spread * (b + v);
    return wrong ? likelihood(a, u) * likelihood(b, v) : 0;
  });
  return weighted(sum, squares, samples);
}

/** Sampled chance that a pair with these states, bit line first, converges in time. */
function sampleConvergence(
  name: string,
  device: PairDevice,
  first: "LRS" | "HRS",
  options: Sampling,
): number {
  const { cell, amplifier } = device;
  const { sum } = meanOf(name, options, 3, ([a, b, c]) => {
    const one = first === "LRS" ? lrsResistance(cell, a) : hrsResistance(cell, a);
    const lower = ohms(Math.min(one, hrsResistance(cell, b)));
    const border = amplifier.convergence_Ohm * exp(amplifier.convergenceSpread * c);
    return lower < border ? 1 : 0;
  });
  return sum;
}

/** Sampled Type 2 (±1 → 0). */
export function sampleTypeTwo(device: PairDevice, options: Sampling): Sampled {
  const converged = sampleConvergence("type 2", device, "LRS", options);
  return wilson(options.samples - converged, options.samples);
}

/** Sampled Type 3 (0 → ±1). */
export function sampleTypeThree(device: PairDevice, options: Sampling): Sampled {
  return wilson(sampleConvergence("type 3", device, "HRS", options), options.samples);
}
