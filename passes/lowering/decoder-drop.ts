import type { EncodingLayout, ProgrammingDescription } from "../../compiler/define.ts";
import { fillBank } from "../../compiler/ir/bank-codes.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { CodeMatrix, Presentation } from "../../compiler/ir/network.ts";
import { blocksOf, inputAt, referenceCells, tileOfBank } from "../../compiler/ir/placement.ts";

/** Segments are tried in multiples of this many word lines (P4: 16, 32, 64, 128). */
export const FINEST = 16;

/** Largest conductance that one bit line has on at once, by size of segment. */
export interface LargestSums {
  /** siemens, over the bit lines of weights */
  readonly weights: Map<number, number>;
  /** and over those of reference cells */
  readonly references: Map<number, number>;
  /** and as it would be over those of reference cells that took the other layout (alternating, straight) */
  readonly otherLayout: Map<number, number>;
}

/** What an analog layer reads over some data. */
export interface LayerInputs {
  readonly codes: CodeMatrix;
  readonly presentation: Presentation;
  /** [samples x inputs] codes */
  readonly inputs: ArrayLike<number>;
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
 * @param sizes  of segments, powers of two times a number and the whole bank
 */
export function largestSums(
  placement: LayerPlacement,
  { codes, presentation, inputs }: LayerInputs,
  programming: ProgrammingDescription,
  sizes: readonly number[],
): LargestSums {
  const conductance = new Float64Array(256);
  for (const { level, range } of programming.levels) conductance[level] = range.aim_S;
  conductance[UNUSED] = 0;
  const { bankWordLines, bankBitLines, alwaysOn } = placement;
  const width = placement.inputs - alwaysOn;
  const samples = inputs.length / width;
  const planes = presentation.kind === "planes" ? presentation.significances.length : 1;
  const found: LargestSums = {
    weights: new Map(),
    references: new Map(),
    otherLayout: new Map(),
  };
  const levels = new Uint8Array(bankWordLines * bankBitLines);
  const count = referenceCells(placement.encoding);
  const other = otherLayout(placement.encoding);
  // behind the lines of the bank those of references in the other layout
  const wide = bankBitLines + count;
  const cells = new Float64Array(bankWordLines * wide);
  const sums = nestedSums(
    [...sizes].sort((a, b) => a - b),
    wide,
    (size, own) => {
      note(found.weights, size, own, 0, bankBitLines - count);
      note(found.references, size, own, bankBitLines - count, bankBitLines);
      note(found.otherLayout, size, own, bankBitLines, wide);
    },
  );
  for (let bank = 0; bank < placement.banks; bank++) {
    fillBank(placement, codes, bank, levels);
    for (let w = 0; w < bankWordLines; w++) {
      for (let b = 0; b < bankBitLines; b++)
        cells[w * wide + b] = conductance[levels[w * bankBitLines + b]];
      for (let b = 0; b < count; b++)
        cells[w * wide + bankBitLines + b] = conductance[other[w % other.length][b]];
    }
    const first = Math.floor(bank / blocksOf(placement).outputs) * placement.tileInputs;
    const { count: lines } = tileOfBank(placement, bank).inputs;
    for (let s = 0; s < samples; s++) {
      for (let plane = 0; plane < planes; plane++) {
        for (let w = 0; w < lines; w++) {
          const input = inputAt(placement, first + w);
          const code = input < width ? inputs[s * width + input] : 0;
          const isOn =
            input >= width
              ? plane === 0
              : presentation.kind === "planes"
                ? ((code >> plane) & 1) === 1
                : code > 0;
          if (isOn) sums.add(cells, w * wide);
          sums.endLine(w + 1, w + 1 === lines);
        }
      }
    }
  }
  return found;
}

/**
 * Sums of lines over segments of several sizes at once: a segment's sums go on to the next larger size when it ends, each
 * size being a multiple of the one before (the largest, of all lines, may be any).
 */
function nestedSums(
  sizes: readonly number[],
  width: number,
  ended: (size: number, sums: Float64Array) => void,
) {
  const sums = sizes.map(() => new Float64Array(width));
  const isUsed = sizes.map(() => false);
  return {
    add: (cells: Float64Array, at: number): void => {
      const own = sums[0];
      for (let b = 0; b < width; b++) own[b] += cells[at + b];
      isUsed[0] = true;
    },
    endLine: (lines: number, isLast: boolean): void => {
      for (let k = 0; k < sizes.length; k++) {
        if (!isLast && lines % sizes[k] !== 0) return;
        if (!isUsed[k]) continue;
        const own = sums[k];
        ended(sizes[k], own);
        const next = sums[k + 1];
        if (next) {
          for (let b = 0; b < width; b++) next[b] += own[b];
          isUsed[k + 1] = true;
        }
        own.fill(0);
        isUsed[k] = false;
      }
    },
  };
}

/** The reference cells of word lines, in turn, if they lay alternating instead of straight, or the other way. */
function otherLayout({ reference }: EncodingLayout): readonly (readonly number[])[] {
  if (!reference) return [[]];
  const { patterns } = reference;
  const [first] = patterns;
  if (patterns.length > 1) return [first];
  const half = first.length / 2;
  return [first, [...first.slice(half), ...first.slice(0, half)]];
}

function note(
  found: Map<number, number>,
  size: number,
  sums: Float64Array,
  first: number,
  end: number,
): void {
  let most = found.get(size) ?? 0;
  for (let b = first; b < end; b++) if (sums[b] > most) most = sums[b];
  found.set(size, most);
}
