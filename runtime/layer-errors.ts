import { replicasOf } from "../compiler/ir/replicas.ts";
import type { WeightNoise } from "./analog/weight-noise.ts";
import { kernelDigits } from "./kernel-digits.ts";
import type { LayerFaults } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** How often a read of one layer's weights is wrong, by the types of L5. */
export interface LayerErrors {
  /** share of senses that read another digit than stored */
  readonly weightErrorRate: number;
  /** stored ±1 read as ∓1, of those stored ±1 */
  readonly type1: number;
  /** stored ±1 read as 0, of those stored ±1 */
  readonly type2: number;
  /** stored 0 read as ±1, of those stored 0 */
  readonly type3: number;
  /** of the weights of an analog layer; null where senses read digits */
  readonly signalToNoise_dB: number | null;
}

/** An analog layer has no digits: how often a weight lies nearer to another level, and its noise. */
export const analogErrors = (noise: WeightNoise): LayerErrors => ({
  ...none,
  ...noise,
});

const none: LayerErrors = {
  weightErrorRate: 0,
  type1: 0,
  type2: 0,
  type3: 0,
  signalToNoise_dB: null,
};

const TOTAL = 2 ** 32;

/** Expected errors of a read, from the senses that changed and the chances of those drawn at each read. */
export function weightErrors(stored: StoredLayer, faults: LayerFaults | null): LayerErrors {
  const { slices, zeros, placement } = stored;
  if (!faults || slices.length === 0) return none;
  const { isBit, reading } = kernelDigits(placement.encoding);
  // every copy of the matrix has senses of its own
  const copies = replicasOf(placement);
  const size = slices[0].length;
  const signs = copies * (slices.length * size - zeros);
  const storedAt = (slice: number, weight: number) => reading(slices[slice][weight % size]);
  const tally = { type1: 0, type2: 0, type3: 0 };
  const add = (was: number, now: number, chance: number) => {
    if (was === now) return;
    if (was === 0) tally.type3 += chance;
    else if (now === 0) tally.type2 += chance;
    else tally.type1 += chance;
  };
  const { changed, marginal } = faults;
  for (let k = 0; k < changed.weight.length; k++)
    add(storedAt(changed.slice[k], changed.weight[k]), reading(changed.digit[k]), 1);
  for (let k = 0; k < marginal.weight.length; k++) {
    const was = storedAt(marginal.slice[k], marginal.weight[k]);
    const minus = isBit ? marginal.belowOrZero[k] : marginal.below[k];
    // where the digit held is not the stored one, it stands among those changed
    add(was, reading(marginal.digit[k]), -1);
    add(was, -1, minus / TOTAL);
    add(was, 0, (marginal.belowOrZero[k] - minus) / TOTAL);
    add(was, 1, 1 - marginal.belowOrZero[k] / TOTAL);
  }
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    weightErrorRate: (tally.type1 + tally.type2 + tally.type3) / (copies * zeros + signs),
    type1: share(tally.type1, signs),
    type2: share(tally.type2, signs),
    type3: share(tally.type3, copies * zeros),
    signalToNoise_dB: null,
  };
}

/** Mean over trials, layer by layer. */
export function meanErrors(trials: readonly (readonly LayerErrors[])[]): readonly LayerErrors[] {
  const [first] = trials;
  return first.map((_, layer) => {
    const mean = (pick: (errors: LayerErrors) => number) =>
      trials.reduce((sum, errors) => sum + pick(errors[layer]), 0) / trials.length;
    return {
      weightErrorRate: mean((e) => e.weightErrorRate),
      type1: mean((e) => e.type1),
      type2: mean((e) => e.type2),
      type3: mean((e) => e.type3),
      signalToNoise_dB:
        first[layer].signalToNoise_dB === null ? null : mean((e) => e.signalToNoise_dB ?? 0),
    };
  });
}
