import { internal } from "../compiler/errors.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import { weightOfCell } from "../compiler/ir/placement.ts";
import type { Key } from "../compiler/random.ts";
import type { FlipList, PackedWeights } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import { flipList } from "./kernels/flips.ts";
import { weightTerm } from "./kernels/weights.ts";
import type { LayerFaults, StoredLayer } from "./senses.ts";

/** A matrix layer's weights as the kernels read them in one trial. */
export interface LayerWeights {
  readonly packed: PackedWeights;
  /** marginal cells, drawn anew at each read */
  readonly flips: readonly FlipList[];
  /** key of the read draws */
  readonly key: Key;
}

/** Digits of one slice of every weight, [outputs x inputs], as stored. */
export function sliceDigits({ placement, digits, perBank }: StoredLayer): readonly Int8Array[] {
  const { encoding, inputs, outputs, banks, bankWordLines, bankBitLines } = placement;
  const slices = encoding.senses.map(() => new Int8Array(outputs * inputs));
  const perLine = perBank / bankWordLines;
  const count = encoding.senses.length;
  for (let bank = 0; bank < banks; bank++) {
    for (let w = 0; w < bankWordLines; w++) copyLine(bank, w);
  }
  return slices;

  /** Weights of a word line are consecutive inputs of one output, or consecutive outputs of one input. */
  function copyLine(bank: number, wordLine: number): void {
    const first = weightOfCell(placement, bank, wordLine, 0);
    if (!first) return;
    const stride = lineStride(placement);
    let weight = first.output * inputs + first.input;
    const base = bank * perBank + wordLine * perLine;
    for (let a = 0; a < perLine; a += count) {
      if (digits[base + a] === 2) break;
      for (let s = 0; s < count; s++) slices[s][weight] = digits[base + a + s];
      weight += stride;
    }
    if (bankBitLines < encoding.cellsPerWeight) throw internal("weights", "a bank narrower than a weight");
  }
}

/** How far apart two neighbouring weights of a word line are in [outputs x inputs]. */
export const lineStride = ({ configuration, inputs }: LayerPlacement): number => (configuration === "gated" ? inputs : 1);

/**
 * Packs a layer for one trial.
 * @param base digits as stored, by slice; not written
 */
export function packTrial(
  engine: Engine,
  placement: LayerPlacement,
  base: readonly Int8Array[],
  faults: LayerFaults | null,
  key: Key,
): LayerWeights {
  const { encoding, inputs, outputs } = placement;
  const digits = faults && faults.changed.weight.length > 0 ? base.map((slice) => slice.slice()) : base;
  if (faults) {
    const { weight, slice, digit } = faults.changed;
    for (let k = 0; k < weight.length; k++) digits[slice[k]][weight[k]] = digit[k];
  }
  const terms = digits.map((slice, s) => weightTerm(engine, slice, outputs, inputs, encoding.senses[s].significance));
  return { packed: { inputs, outputs, terms }, flips: faults ? flipsOf(engine, placement, faults) : [], key };
}

export function flipsOf(engine: Engine, { inputs, encoding }: LayerPlacement, { marginal }: LayerFaults): readonly FlipList[] {
  if (marginal.weight.length === 0) return [];
  return [
    flipList(engine, {
      senses: marginal.sense,
      outputs: Uint32Array.from(marginal.weight, (w) => Math.floor(w / inputs)),
      inputs: Uint32Array.from(marginal.weight, (w) => w % inputs),
      digits: marginal.digit,
      significances: Int32Array.from(marginal.slice, (s) => encoding.senses[s].significance),
      below: marginal.below,
      belowOrZero: marginal.belowOrZero,
    }),
  ];
}
