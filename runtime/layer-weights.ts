import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import type { Key } from "../compiler/random.ts";
import type { FlipList, PackedWeights } from "./kernels/commands.ts";
import { planeBytes } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import { flipList } from "./kernels/flips.ts";
import type { DigitChanges } from "./kernels/patch-weights.ts";
import { patchDigits } from "./kernels/patch-weights.ts";
import { weightTerm } from "./kernels/weights.ts";
import type { LayerFaults } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** A matrix layer's weights as the kernels read them in one trial. */
export interface LayerWeights {
  /** one for each group of outputs */
  readonly packed: readonly PackedWeights[];
  /** marginal cells, drawn anew at each read */
  readonly flips: readonly FlipList[];
  /** key of the read draws */
  readonly key: Key;
}

/** Packs a layer as it is stored. */
export function packStored(engine: Engine, stored: StoredLayer): LayerWeights {
  const { placement, groups } = stored;
  const { encoding, inputs } = placement;
  const outputs = placement.outputs / groups;
  const packed = Array.from({ length: groups }, (_, group) => ({
    inputs,
    outputs,
    terms: groupSlices(stored, group).map((slice, s) =>
      weightTerm(engine, slice, outputs, inputs, encoding.senses[s].significance),
    ),
  }));
  return { packed, flips: [], key: [0, 0] };
}

/** Digits of a group's outputs, as views. */
function groupSlices({ slices, groups }: StoredLayer, group: number): readonly Int8Array[] {
  const size = slices[0].length / groups;
  return slices.map((slice) => slice.subarray(group * size, (group + 1) * size));
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
  const { placement, groups } = stored;
  const { inputs, encoding } = placement;
  const packed = clean.packed.map(({ terms, outputs }, group): PackedWeights => {
    const slices = groupSlices(stored, group);
    const patched = terms.map((term, s) => {
      const changes = changesOf(
        faults,
        { slice: s, slices: slices.length, group, groups },
        placement,
      );
      if (changes.weight.length === 0) return term;
      const quick = patchDigits(engine, term, outputs, inputs, changes);
      if (quick) return quick;
      const digits = slices[s].slice();
      for (let k = 0; k < changes.weight.length; k++) digits[changes.weight[k]] = changes.digit[k];
      return weightTerm(engine, digits, outputs, inputs, encoding.senses[s].significance);
    });
    return { inputs, outputs, terms: patched };
  });
  return { packed, flips: flipsOf(engine, placement, faults.marginal, groups), key };
}

interface Part {
  readonly slice: number;
  readonly slices: number;
  readonly group: number;
  readonly groups: number;
}

/** The changed digits of one slice of one group, numbered within the group. */
function changesOf(
  { changed }: LayerFaults,
  { slice, slices, group, groups }: Part,
  { inputs, outputs }: LayerPlacement,
): DigitChanges {
  if (slices === 1 && groups === 1) return changed;
  const size = (inputs * outputs) / groups;
  const first = group * size;
  const own = (_: number, k: number) =>
    changed.slice[k] === slice && changed.weight[k] >= first && changed.weight[k] < first + size;
  return {
    weight: changed.weight.filter(own).map((weight) => weight - first),
    digit: changed.digit.filter(own),
  };
}

/** A layer's marginal senses for the flip kernel. */
export function flipsOf(
  engine: Engine,
  { inputs, outputs, encoding }: Pick<LayerPlacement, "inputs" | "outputs" | "encoding">,
  marginal: LayerFaults["marginal"],
  groups = 1,
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
    // the groups of a window's row begin at words of their own
    const group = Math.floor((output * groups) / outputs);
    cells.inputs[k] = group * planeBytes(inputs) * 8 + weight[from] - output * inputs;
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
