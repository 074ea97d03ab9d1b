import type { EncodingLayout } from "../../compiler/define.ts";
import { defineEncoding } from "../../compiler/define.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { binaryAlphabet, integerAlphabet } from "../../compiler/ir/network.ts";
import differentialBinary from "./differential-binary.ts";
import singleBinary from "./single-binary.ts";

/** bits of a weight at most: its levels must be told apart by a table */
const MOST_BITS = 10;

/**
 * A two's complement integer as one binary weight a bit, least significant first, shifted and added (R8). A slice
 * reads as ±1, so that Σ x·w = Σ_k s_k/2 · Σ x·d_k − ½ Σ x with s_k = 2^k, the last one negative: one popcount of the
 * activations corrects all outputs.
 */
export default defineEncoding({
  name: "bit-sliced",
  summary: "An integer weight of 2 to 10 bits as one binary weight a bit, shifted and added",
  layout: (alphabet, technology) => {
    const bits = widthOf(alphabet);
    const base = [differentialBinary, singleBinary].find(({ name }) =>
      technology.encodings.includes(name),
    );
    const slice = base?.layout(binaryAlphabet, technology) ?? null;
    return bits && slice ? slicedLayout(alphabet, bits, slice) : null;
  },
  alphabetOf: (precision) => {
    const bits = Number(/^int([2-8])$/.exec(precision)?.[1] ?? 0);
    return bits > 0 ? integerAlphabet(bits) : null;
  },
});

/** Bits of an alphabet of all two's complement integers of a width; 0 for any other. */
function widthOf({ levels }: Alphabet): number {
  const bits = Math.log2(levels.length);
  const isWhole = Number.isInteger(bits) && bits >= 2 && bits <= MOST_BITS;
  const isDense = levels.every((level, k) => level === k - levels.length / 2);
  return isWhole && isDense ? bits : 0;
}

function slicedLayout(alphabet: Alphabet, bits: number, slice: EncodingLayout): EncodingLayout {
  const { cellsPerWeight: c, patterns } = slice;
  const weights = Array.from({ length: bits }, (_, k) => (k === bits - 1 ? -1 : 1) * 2 ** (k - 1));
  return {
    ...slice,
    name: "bit-sliced",
    alphabet,
    cellsPerWeight: c * bits,
    significance: weights.flatMap((weight) => slice.significance.map((s) => s * weight)),
    offset: -0.5,
    patterns: alphabet.levels.map((level) => weights.flatMap((_, k) => patterns[(level >> k) & 1])),
    senses: weights.flatMap((weight, k) =>
      slice.senses.map(({ cells, significance, digits }) => ({
        cells: cells.map((cell) => k * c + cell),
        significance: significance * weight,
        digits,
      })),
    ),
    convention: `${bits} bits, two's complement, least significant first; a bit of 1: ${slice.convention}`,
  };
}
