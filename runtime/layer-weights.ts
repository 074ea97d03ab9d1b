import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import { replicasOf } from "../compiler/ir/replicas.ts";
import type { Key } from "../compiler/random.ts";
import type { AnalogWeights } from "./analog/packed-analog.ts";
import { kernelDigits } from "./kernel-digits.ts";
import type { FlipList, PackedWeights, WeightRows } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import { blocksAfter, flipList } from "./kernels/flips.ts";
import type { DigitChanges } from "./kernels/patch-weights.ts";
import { patchDigits } from "./kernels/patch-weights.ts";
import { planeBytes } from "./kernels/rows.ts";
import { canAddRows, weightRows } from "./kernels/weight-rows.ts";
import { weightTerm } from "./kernels/weights.ts";
import type { LayerFaults } from "./senses.ts";
import { faultsOfReplica, isUnchanged } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** A matrix layer's weights as the kernels read them in one trial. */
export interface LayerWeights {
  /** one for each group of outputs */
  readonly packed: readonly PackedWeights[];
  /** where inputs are spikes: the weights of each input side by side */
  readonly rows: WeightRows | null;
  /** marginal cells, drawn anew at each read */
  readonly flips: readonly FlipList[];
  /** key of the read draws */
  readonly key: Key;
  /** of a layer that is summed in the analog domain; its terms are none then */
  readonly analog: AnalogWeights | null;
  /** of a layer whose copies read differently, each copy's own, for every so-many-th position; none: one serves all positions */
  readonly replicas: readonly LayerWeights[];
}

/** Packs a layer as it is stored. */
export function packStored(engine: Engine, stored: StoredLayer): LayerWeights {
  const { placement, groups } = stored;
  const { encoding, inputs } = placement;
  const { significances } = kernelDigits(encoding);
  const outputs = placement.outputs / groups;
  const packed = Array.from({ length: groups }, (_, group) => ({
    inputs,
    outputs,
    terms: groupSlices(stored, group).map((slice, s) =>
      weightTerm(engine, slice, outputs, inputs, significances[s]),
    ),
  }));
  return {
    packed,
    rows: spikingRows(engine, stored, stored.slices[0]),
    flips: [],
    key: [0, 0],
    analog: null,
    replicas: [],
  };
}

/** Rows of events, where a layer's inputs are spikes and its weights ±1. */
function spikingRows(
  engine: Engine,
  { placement, isSpiking, groups }: StoredLayer,
  digits: Int8Array,
): WeightRows | null {
  const { inputs, outputs, encoding } = placement;
  const [{ significance }] = encoding.senses;
  const fits = groups === 1 && encoding.senses.length === 1 && canAddRows(inputs, significance);
  return isSpiking && fits ? weightRows(engine, digits, outputs, inputs, significance) : null;
}

/** The digits of a layer of one slice in one trial. */
function changedDigits({ slices }: StoredLayer, { changed }: LayerFaults): Int8Array {
  const digits = slices[0].slice();
  changed.weight.forEach((weight, k) => {
    digits[weight] = changed.digit[k];
  });
  return digits;
}

/** Digits of a group's outputs, as views. */
function groupSlices({ slices, groups }: StoredLayer, group: number): readonly Int8Array[] {
  const size = slices[0].length / groups;
  return slices.map((slice) => slice.subarray(group * size, (group + 1) * size));
}

/**
 * A layer's weights in one trial: those stored, with the changed digits in a copy of their own, for each copy of the matrix.
 * @param clean of `packStored`; not written
 * @param keyOf of the read draws of each copy
 */
export function packTrial(
  engine: Engine,
  stored: StoredLayer,
  clean: LayerWeights,
  faults: LayerFaults,
  keyOf: (replica: number) => Key,
): LayerWeights {
  const { placement } = stored;
  const copies = replicasOf(placement);
  if (copies === 1 || isUnchanged(faults)) return packCopy(engine, stored, clean, faults, keyOf(0));
  const replicas = Array.from({ length: copies }, (_, r) =>
    packCopy(engine, stored, clean, faultsOfReplica(faults, placement, r), keyOf(r)),
  );
  return { ...replicas[0], replicas };
}

function packCopy(
  engine: Engine,
  stored: StoredLayer,
  clean: LayerWeights,
  faults: LayerFaults,
  key: Key,
): LayerWeights {
  const { placement, groups } = stored;
  const { inputs, encoding } = placement;
  const { significances } = kernelDigits(encoding);
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
      return weightTerm(engine, digits, outputs, inputs, significances[s]);
    });
    return { inputs, outputs, terms: patched };
  });
  return {
    packed,
    rows: clean.rows && spikingRows(engine, stored, changedDigits(stored, faults)),
    flips: flipsOf(engine, placement, faults.marginal, groups),
    key,
    analog: null,
    replicas: [],
  };
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

/** A layer's marginal senses for the flip kernel, a list for each significance, numbered one after the other. */
export function flipsOf(
  engine: Engine,
  { inputs, outputs, encoding }: Pick<LayerPlacement, "inputs" | "outputs" | "encoding">,
  { weight, slice, digit, below, belowOrZero }: LayerFaults["marginal"],
  groups = 1,
): readonly FlipList[] {
  const lists: FlipList[] = [];
  const { significances } = kernelDigits(encoding);
  for (const significance of new Set(significances)) {
    const isOwn = significances.map((own) => own === significance);
    const order = byOutput(weight, outputs, inputs, (k) => isOwn[slice[k]]);
    if (order.length === 0) continue;
    const cells = {
      significance,
      outputs: new Uint32Array(order.length),
      inputs: new Uint32Array(order.length),
      digits: new Int8Array(order.length),
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
      cells.digits[k] = digit[from];
      cells.below[k] = below[from];
      cells.belowOrZero[k] = belowOrZero[from];
    }
    const last = lists.at(-1);
    lists.push(flipList(engine, cells, last && blocksAfter(last)));
  }
  return lists;
}

/** Some marginal senses by output, and as they stand within it. */
function byOutput(
  weights: Int32Array,
  outputs: number,
  inputs: number,
  isOwn: (sense: number) => boolean,
): Uint32Array {
  const next = new Uint32Array(outputs + 1);
  for (let k = 0; k < weights.length; k++)
    if (isOwn(k)) next[Math.floor(weights[k] / inputs) + 1]++;
  for (let o = 0; o < outputs; o++) next[o + 1] += next[o];
  const order = new Uint32Array(next[outputs]);
  for (let k = 0; k < weights.length; k++)
    if (isOwn(k)) order[next[Math.floor(weights[k] / inputs)]++] = k;
  return order;
}
