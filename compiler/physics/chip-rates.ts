import { exp, log } from "../math.ts";
import { deriveKey, fillWords, normalOf } from "../random.ts";
import type { PairDevice } from "./oxram-pair.ts";
import { amplifierBer } from "./pair-rates.ts";

/** BER of pairs over chips, each with its own few amplifiers. */
export interface ChipRates {
  readonly median: number;
  /** 95th percentile */
  readonly high: number;
}

const GRID = 0.1;
const END = 6.4;

/**
 * How the BER of one chip differs from the population's: a few amplifiers with large offsets carry it, and
 * most chips have none. Amplifiers' rates are interpolated in ln BER on a grid of 0.1 σ_o, to about 1 %.
 */
export function chipRates(
  device: PairDevice,
  amplifiers: number,
  { seed, chips }: { readonly seed: number; readonly chips: number },
): ChipRates {
  const spread = device.amplifier.offsetSpread;
  const grid = Array.from({ length: Math.round(END / GRID) + 2 }, (_, i) =>
    log(amplifierBer(device, i * GRID * spread)),
  );
  const berAt = (z: number) => {
    const place = Math.abs(z) / GRID;
    const i = Math.floor(place);
    return exp(grid[i] + (place - i) * (grid[i + 1] - grid[i]));
  };
  const key = deriveKey(seed, "characterize/chips", 0, 0);
  const words = new Uint32Array(amplifiers);
  const rates = Float64Array.from({ length: chips }, (_, chip) => {
    fillWords(key, chip, 0, 0, words);
    let sum = 0;
    for (const word of words) sum += berAt(normalOf(word));
    return sum / amplifiers;
  }).sort();
  return { median: rates[Math.floor(chips / 2)], high: rates[Math.floor(0.95 * chips)] };
}
