/**
 * What the engine can be told to do. A command runs over a range of samples; a sample has `positions`
 * rows (a layer applied at several positions), and every buffer is rows at a fixed distance.
 */

import type { WindowShape } from "../../compiler/ir/network.ts";
import type { Analog } from "./analog-command.ts";
import type { Channels, CodeScale, PlaneTerm, Rows } from "./rows.ts";

/** One digit of each weight, laid out by `weightTerm` for the matrix kernel. */
export interface WeightTerm {
  /** u64[block of 16 words][output, padded to 4][word of the block][plane]; sign plane before mask plane */
  readonly at: number;
  readonly sign: boolean;
  readonly mask: boolean;
  /** i32[outputs padded to 64], inputs that count; 0 without a mask */
  readonly counts: number;
  readonly significance: number;
}

export interface PackedWeights {
  readonly inputs: number;
  readonly outputs: number;
  readonly terms: readonly WeightTerm[];
}

/** Integer thresholds laid out by `thresholdTable`: directions, then a row of thresholds per step. */
export interface ThresholdTable {
  readonly at: number;
  readonly channels: number;
  /** channels, rounded up to 64 */
  readonly padded: number;
  readonly steps: number;
}

interface OverRows {
  readonly positions: number;
}

/** float32 -> int16 codes. NaN ends the run with an error that names sample and element. */
export interface ThresholdFloat extends OverRows, CodeScale, Channels {
  readonly kind: "threshold-float";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  /** float32[channels x steps] */
  readonly thresholds: number;
  readonly steps: number;
  /** int8[channels] 1: passed when x >= t, -1: when x <= t */
  readonly directions: number;
}

/** uint8 -> int16 codes through a table int16[channels x 256]. */
export interface ThresholdBytes extends OverRows, Channels {
  readonly kind: "threshold-bytes";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly table: number;
}

/** A code that counts for nothing, such as padding: 0 in every plane. Only `bipolar` cannot hold it. */
export const MASKED_CODE = -32768;

/** How codes become planes, least significant plane first. */
export type PlaneFormat =
  /** -1, +1: one sign plane */
  | { readonly kind: "bipolar"; readonly sign: Rows }
  /** -1, 0, +1: sign and mask; a masked code is 0 */
  | { readonly kind: "ternary"; readonly sign: Rows; readonly mask: Rows }
  /** bits of the code, at most 15: unsigned, or two's complement with the last plane negative */
  | { readonly kind: "bits"; readonly planes: readonly Rows[] }
  /** odd codes of b = planes digits +-1, at most 14: code = sum of 2^k digit_k; a mask where codes may be masked */
  | { readonly kind: "digits"; readonly planes: readonly Rows[]; readonly mask: Rows | null };

/** int16 or uint8 codes -> planes. */
export interface Pack extends OverRows {
  readonly kind: "pack";
  readonly from: Rows;
  readonly type: "int16" | "uint8";
  readonly elements: number;
  readonly format: PlaneFormat;
}

/** uint8 values -> one plane through a table of 256 bits (32 bytes, bit v & 7 of byte v >> 3). */
export interface PackBytes extends OverRows {
  readonly kind: "pack-bytes";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly table: number;
}

/** Planes x weights -> int32 sums, and by thresholds codes and planes (one step: bipolar, two: ternary). */
export interface Matrix extends OverRows {
  readonly kind: "matrix";
  readonly from: readonly PlaneTerm[];
  readonly weights: PackedWeights;
  readonly sums: Rows | null;
  readonly thresholds: ThresholdTable | null;
  readonly sign: Rows | null;
  readonly mask: Rows | null;
  readonly codes: (CodeScale & { readonly rows: Rows }) | null;
}

/** int32 sums -> int16 codes by thresholds. */
export interface Requantize extends OverRows, CodeScale {
  readonly kind: "requantize";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly inner: number;
  readonly thresholds: ThresholdTable;
}

/** int32 sums -> planes by thresholds, one sum a channel: one step gives -1, +1, two give -1, 0, +1. */
export interface RequantizePlanes extends OverRows {
  readonly kind: "requantize-planes";
  /** readable to 256 bytes behind each row */
  readonly from: Rows;
  readonly sign: Rows;
  readonly mask: Rows | null;
  readonly elements: number;
  readonly thresholds: ThresholdTable;
}

/** int32 sums -> int16 codes: table int16[channels x size], whose first entry is of the sum `first`. */
export interface RequantizeTable extends OverRows, Channels {
  readonly kind: "requantize-table";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly table: number;
  readonly size: number;
  readonly first: number;
}

/** to[i] = from[order[i]], or `fill` where order[i] < 0; elements of 1, 2 or 4 bytes. */
export interface Permute extends OverRows {
  readonly kind: "permute";
  readonly from: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly bytes: 1 | 2 | 4;
  /** int32[elements] */
  readonly order: number;
  readonly fill: number;
}

/** Two rows of int16 codes -> int32 sums: to[e] = factors[0]·from[e] + factors[1]·beside[e]. */
export interface Join extends OverRows {
  readonly kind: "join";
  readonly from: Rows;
  readonly beside: Rows;
  readonly to: Rows;
  readonly elements: number;
  readonly factors: readonly [number, number];
}

/**
 * Planes of images, a row for each line along the last axis with the channels of each pixel together, to planes of
 * windows, a row for each position: inputs tap by tap, the channels of a tap together, each group in words of its own.
 * What lies outside the image is 0.
 */
export interface Window {
  readonly kind: "window";
  /** null: a 1 for all that lies inside the image */
  readonly from: Rows | null;
  readonly to: Rows;
  readonly groups: number;
  /** over three axes */
  readonly window: WindowShape;
}

/** The largest or smallest int16 code of each window, channel by channel: [pixels x channels] of a sample to [positions x channels]. */
export interface Pool {
  readonly kind: "pool";
  readonly from: Rows;
  readonly to: Rows;
  /** over three axes */
  readonly window: WindowShape;
  /** i16[channels padded to 8] 0: the largest, -1: the smallest */
  readonly flips: number;
}

/** [rows x columns] of a sample to [columns x rows]. */
export interface Transpose {
  readonly kind: "transpose";
  readonly from: Rows;
  readonly to: Rows;
  readonly rows: number;
  readonly columns: number;
  readonly bytes: 1 | 2 | 4;
}

/**
 * Rows of weights of ±1 (or 0) of the inputs whose mask bit is set, added: sums[o] = Σ rows[input][o]. `every` adds
 * all rows, times their bits, with the same result: what events save is measured against it.
 */
export interface AddRows extends OverRows {
  readonly kind: "add-rows";
  readonly mask: Rows;
  readonly sums: Rows;
  readonly weights: WeightRows;
  readonly every: boolean;
}

/** i8[block of 64 outputs][input][64] by `weightRows`; at most 32,767 inputs. */
export interface WeightRows {
  readonly at: number;
  readonly inputs: number;
  readonly outputs: number;
}

/** int32 sums [steps][neurons] of a row -> int16 codes 0 or 1: potentials add up, fire at their threshold and are reset. */
export interface IntegrateFire extends OverRows {
  readonly kind: "integrate-fire";
  readonly from: Rows;
  readonly to: Rows;
  readonly steps: number;
  readonly neurons: number;
  /** i32[neurons] */
  readonly thresholds: number;
  readonly reset: "zero" | "subtract";
}

/** Marginal cells that are laid out together. */
export const FLIP_BLOCK = 64;

/**
 * Marginal cells of one significance, laid out by `flipList` in blocks of 64: first the frequent ones, then
 * the rare ones, all of a block leaving the digit held with a chance of at most 2^-k. Each has two other
 * digits: `firstLast` is the last word that gives the first, `secondLast` the last that gives either; a change
 * is what such a digit adds to the one held.
 */
export interface FlipList {
  readonly significance: number;
  readonly frequent: {
    /** numbered first, first + 1 ... */
    readonly blocks: number;
    readonly first: number;
    /**
     * 1280 bytes a block: u8[64] top bytes of `firstLast`, u8[64] of `secondLast`, i8[64] first changes, i8[64] second
     * ones, u32[64][2] inputs and outputs, u32[64] `firstLast`, u32[64] `secondLast`
     */
    readonly cells: number;
  };
  readonly rare: {
    /** numbered first, a multiple of 16, first + 1 ... */
    readonly blocks: number;
    readonly first: number;
    /** u32[cells][4]: firstLast, secondLast, input + first change x 2^28, output + second change x 2^28 */
    readonly cells: number;
    /** u32[blocks, padded to 32] the first entry of each block's table; 0 where there is no block */
    readonly limits: number;
    /** u32[blocks] where each block's table lies: u32[...] P(at least 1, 2 ... candidates) in units of 2^-32, ended by 0 */
    readonly tables: number;
  };
}

/** The two words of a Philox key. */
export interface RandomKey {
  readonly key: readonly [number, number];
}

/**
 * Read-time corrections of marginal cells: sums[output] += significances x digit of x x (digit sensed now
 * - digit held by the weights). Words of Philox under the key, at counters that end with (sample, position,
 * plane + stream x 2^30), say what is sensed:
 * - Cell c of frequent block b has a word. Its top byte is byte c & 15 of counter 4b + (c >> 4) in stream 0,
 *   words little-endian; its low 24 bits are the upper ones of word c & 3 of counter 16b + (c >> 2) in stream
 *   2, drawn only where the byte leaves the digit open.
 * - Rare block b has word b & 3 of counter b >> 2 in stream 1, which gives the number of its candidates: one
 *   for each entry of its table above the word, so that every cell is one with chance 2^-k, independently.
 *   Which cells, say attempts t = 0, 1 ... at counter 64b + (t >> 1) in stream 3: cell (word 2(t & 1)) & 63,
 *   unless it already is one, and as word of that candidate word 2(t & 1) + 1.
 * A word up to `firstLast` gives the first other digit, one up to `secondLast` the second.
 */
export interface Flip extends OverRows, RandomKey {
  readonly kind: "flip";
  readonly sums: Rows;
  readonly term: PlaneTerm;
  /** room for the digits of one row of x: local rows of as many bytes as inputs, padded to 64 */
  readonly digits: Rows;
  readonly inputs: number;
  readonly list: FlipList;
  /** number of the first sample in the data set; the others follow */
  readonly sampleBase: number;
  /** u32[samples] their numbers instead, where they do not follow each other */
  readonly sampleList: number | null;
  readonly plane: number;
}

/** u32[count] words: word i is word i & 3 of philox(counter = (first + (i >> 2), ...counter), key). */
export interface Words extends RandomKey {
  readonly kind: "words";
  /** words of one sample, a multiple of 16: sample s has the words s x perSample ... */
  readonly perSample: number;
  /** words in all */
  readonly count: number;
  readonly first: number;
  readonly counter: readonly [number, number, number];
  readonly to: number;
}

/**
 * Words below a threshold (0 ... 2^32), ascending within a sample, which is a bank here: sample s has
 * `words` words, word i is word i & 3 of philox(counter = (i >> 2, bank + s, 0, 0), key).
 */
export interface Compare extends RandomKey {
  readonly kind: "compare";
  /** words of each bank */
  readonly words: number;
  /** number of the first bank */
  readonly bank: number;
  readonly threshold: number;
  /** u32[samples x words x 2] index and word of each hit */
  readonly hits: number;
  /** u32[samples] how many */
  readonly counts: number;
}

/**
 * Pairs of neighbouring cells whose words leave their reading in doubt, ascending within a sample, which is
 * a bank here: the plain truth is `scanPairs` (../noise/scan-pairs.ts). Reads up to 16 bytes beyond `levels` and
 * the bounds.
 */
export interface ScanPairs extends RandomKey {
  readonly kind: "scan-pairs";
  /** number of the first bank */
  readonly bank: number;
  readonly wordLines: number;
  readonly bitLines: number;
  /** of a word line: floor(bitLines / 2) */
  readonly pairs: number;
  /** u8[samples x wordLines x bitLines] */
  readonly levels: number;
  /** u32[samples x pairs] */
  readonly lrsFrom: number;
  readonly hrsTo: number;
  readonly zeroTo: number;
  /** u32[samples x wordLines x pairs x 3] pair within its bank, words of its first and second cell */
  readonly doubts: number;
  /** u32[samples] how many */
  readonly counts: number;
}

export type Command =
  | Analog
  | ThresholdFloat
  | ThresholdBytes
  | Pack
  | PackBytes
  | Matrix
  | Requantize
  | RequantizePlanes
  | RequantizeTable
  | Permute
  | Join
  | Window
  | Pool
  | Transpose
  | AddRows
  | IntegrateFire
  | Flip
  | Words
  | Compare
  | ScanPairs;
