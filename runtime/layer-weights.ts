import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import type { Key } from "../compiler/random.ts";
import type { FlipList, PackedWeights } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import { flipList } from "./kernels/flips.ts";
import type { DigitChanges } from "./kernels/patch-weights.ts";
import { patchDigits } from "./kernels/patch-weights.ts";
import { weightTerm } from "./kernels/weights.ts";
import type { LayerFaults } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** A matrix layer's weights as the kernels read them in one trial. */
export interface LayerWeights {
  readonly packed: PackedWeights;
  /** marginal cells, drawn anew at each read */
  readonly flips: readonly FlipList[];
  /** key of the read draws */
  readonly key: Key;
}

/** Packs a layer as it is stored. */
export function packStored(engine: Engine, { placement, slices }: StoredLayer): LayerWeights {
  const { encoding, inputs, outputs } = placement;
  const terms = slices.map((slice, s) =>
    weightTerm(engine, slice, outputs, inputs, encoding.senses[s].significance),
  );
  return { packed: { inputs, outputs, terms }, flips: [], key: [0, 0] };
}

/**
 * A layer's weights in one trial: those stored, with the changed digits in a copy.
 * @param clean of `packStored`; not written
 */
export function packTrial(
  engine: Engine,
  stored: StoredLayer,
  clean: LayerWeights,
  faults: LayerFaults,
  key: Key,
): LayerWeights {
  const { placement, slices } = stored;
  const { inputs, outputs, encoding } = placement;
  const terms = clean.packed.terms.map((term, s) => {
    const changes = changesOf(faults, s, slices.length);
    if (changes.weight.length === 0) return term;
    const patched = patchDigits(engine, term, outputs, inputs, changes);
    if (patched) return patched;
    const digits = slices[s].slice();
    for (let k = 0; k < changes.weight.length; k++) digits[changes.weight[k]] = changes.digit[k];
    return weightTerm(engine, digits, outputs, inputs, encoding.senses[s].significance);
  });
  return {
    packed: { inputs, outputs, terms },
    flips: flipsOf(engine, placement, faults.marginal),
    key,
  };
}

function changesOf({ changed }: LayerFaults, slice: number, slices: number): DigitChanges {
  if (slices === 1) return changed;
  const own = (_: number, k: number) => changed.slice[k] === slice;
  return { weight: changed.weight.filter(own), digit: changed.digit.filter(own) };
}

/** A layer's marginal senses for the flip kernel. */
export function flipsOf(
  engine: Engine,
  { inputs, outputs, encoding }: Pick<LayerPlacement, "inputs" | "outputs" | "encoding">,
  marginal: LayerFaults["marginal"],
): readonly FlipList[] {
  const { weight, slice } = marginal;
  if (weight.length === 0) return [];
  const order = byOutput(weight, inputs, outputs);
  const cells = {
    outputs: new Uint32Array(order.length),
    inputs: new Uint32Array(order.length),
    digits: new Int8Array(order.length),
    significances: new Int32Array(order.length),
    below: new Float64Array(order.length),
    belowOrZero: new Float64Array(order.length),
  };
  for (let k = 0; k < order.length; k++) {
    const from = order[k];
    const output = Math.floor(weight[from] / inputs);
    cells.outputs[k] = output;
    cells.inputs[k] = weight[from] - output * inputs;
    cells.digits[k] = marginal.digit[from];
    cells.significances[k] = encoding.senses[slice[from]].significance;
    cells.below[k] = marginal.below[from];
    cells.belowOrZero[k] = marginal.belowOrZero[from];
  }
  return [flipList(engine, cells)];
}

/** The order that numbers marginal senses for their reads: by output, and as they stand within it. */
function byOutput(weights: Int32Array, inputs: number, outputs: number): Uint32Array {
  const next = new Uint32Array(outputs + 1);
  for (const weight of weights) next[Math.floor(weight / inputs) + 1]++;
  for (let o = 0; o < outputs; o++) next[o + 1] += next[o];
  const order = new Uint32Array(weights.length);
  for (let k = 0; k < weights.length; k++) order[next[Math.floor(weights[k] / inputs)]++] = k;
  return order;
}
