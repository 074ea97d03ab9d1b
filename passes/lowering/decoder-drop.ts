import type { ProgrammingDescription } from "../../compiler/define.ts";
import { fillBank } from "../../compiler/ir/bank-codes.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { CodeMatrix, Presentation } from "../../compiler/ir/network.ts";
import { blocksOf, referenceCells, tileOfBank } from "../../compiler/ir/placement.ts";

/** Segments are tried in multiples of this many word lines (P4: 16, 32, 64, 128). */
export const FINEST = 16;

/** Largest conductance that one bit line has on at once, by size of segment. */
export interface LargestSums {
  /** siemens, over the bit lines of weights */
  readonly weights: Map<number, number>;
  /** and over those of reference cells */
  readonly references: Map<number, number>;
}

/** Sizes of segments that are tried, from the largest: the whole bank, then powers of two times the finest. */
export function segmentSizes(wordLines: number): readonly number[] {
  const sizes = new Set([wordLines]);
  for (let size = FINEST; size < wordLines; size *= 2) sizes.add(size);
  for (let size = FINEST / 2; size >= 1; size /= 2) if (size < wordLines) sizes.add(size);
  return [...sizes].sort((a, b) => b - a);
}

/**
 * The largest sum of cell conductances on a bit line over samples, with the layer's own cells at their mean
 * conductance: what draws the ideal current, drops left out (P4).
 * @param inputs [samples x inputs] codes
 */
export function largestSums(
  placement: LayerPlacement,
  codes: CodeMatrix,
  programming: ProgrammingDescription,
  presentation: Presentation,
  inputs: ArrayLike<number>,
): LargestSums {
  const conductance = new Float64Array(256);
  for (const { level, range } of programming.levels) conductance[level] = range.aim_S;
  conductance[UNUSED] = 0;
  const { bankWordLines, bankBitLines, alwaysOn } = placement;
  const width = placement.inputs - alwaysOn;
  const samples = inputs.length / width;
  const planes = presentation.kind === "planes" ? presentation.significances.length : 1;
  const sizes = segmentSizes(bankWordLines);
  const found: LargestSums = { weights: new Map(), references: new Map() };
  const levels = new Uint8Array(bankWordLines * bankBitLines);
  const firstReference = bankBitLines - referenceCells(placement.encoding);
  const sums = new Float64Array(bankBitLines);
  for (let bank = 0; bank < placement.banks; bank++) {
    fillBank(placement, codes, bank, levels);
    const cells = Float64Array.from(levels, (level) => conductance[level]);
    const first = Math.floor(bank / blocksOf(placement).outputs) * placement.tileInputs;
    const { count } = tileOfBank(placement, bank).inputs;
    for (let s = 0; s < samples; s++) {
      for (let plane = 0; plane < planes; plane++) {
        const isOn = (w: number): boolean => {
          if (first + w >= width) return plane === 0;
          const code = inputs[s * width + first + w];
          return presentation.kind === "planes" ? ((code >> plane) & 1) === 1 : code > 0;
        };
        for (const size of sizes) {
          for (let from = 0; from < count; from += size) {
            sums.fill(0);
            for (let w = from; w < Math.min(from + size, count); w++) {
              if (!isOn(w)) continue;
              const at = w * bankBitLines;
              for (let b = 0; b < bankBitLines; b++) sums[b] += cells[at + b];
            }
            note(found, size, sums, firstReference);
          }
        }
      }
    }
  }
  return found;
}

function note(found: LargestSums, size: number, sums: Float64Array, firstReference: number): void {
  let weights = found.weights.get(size) ?? 0;
  let references = found.references.get(size) ?? 0;
  for (let b = 0; b < firstReference; b++) if (sums[b] > weights) weights = sums[b];
  for (let b = firstReference; b < sums.length; b++) if (sums[b] > references) references = sums[b];
  found.weights.set(size, weights);
  found.references.set(size, references);
}
