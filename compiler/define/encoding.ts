import type { Alphabet } from "../ir/network.ts";
import type { Technology } from "./technology.ts";

/**
 * How a weight lies on cells, as data: the runtime needs no target. A weight's code is
 * offset + Σ_c significance[c] · levelValues[level of cell c].
 */
export interface EncodingLayout {
  readonly name: string;
  readonly alphabet: Alphabet;
  /** adjacent cells along the output or input line that hold one weight */
  readonly cellsPerWeight: number;
  readonly significance: readonly number[];
  /** integer value of each level of a cell, by level */
  readonly levelValues: readonly number[];
  readonly offset: number;
  /** levels of the cells for each code of the alphabet: [codes x cellsPerWeight] */
  readonly patterns: readonly (readonly number[])[];
  /**
   * How a digital read-out senses a weight: cells taken together by one sense amplifier, with the
   * significance of the digit that it gives.
   */
  readonly senses: readonly {
    readonly cells: readonly number[];
    readonly significance: number;
    readonly digits: "binary" | "ternary";
  }[];
  /**
   * Analog: cells at the end of each used word line whose currents are subtracted from those of every weight, so
   * that `offset` needs no number. Σ significance · levelValue of each pattern is −offset; word lines take the
   * patterns in turn. Null where weights stand alone.
   */
  readonly reference: {
    readonly significance: readonly number[];
    readonly patterns: readonly (readonly number[])[];
  } | null;
  /** in words, for reports: which of BL/BLb is low for +1, what 0 is */
  readonly convention: string;
}

export interface Encoding {
  readonly name: string;
  readonly summary: string;
  /** the layout of an alphabet, or null where the encoding cannot hold it */
  readonly layout: (alphabet: Alphabet, technology: Technology) => EncodingLayout | null;
  /**
   * The alphabet that weights are quantized to for a precision (`auto`, `int4`, `levels9` …); null where the encoding
   * offers none. Where it is left out, weights keep the codes that their model gives them.
   */
  readonly alphabetOf?: (precision: string, technology: Technology) => Alphabet | null;
}

export function defineEncoding(encoding: Encoding): Encoding {
  return encoding;
}
