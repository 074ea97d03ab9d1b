import { defineEncoding, type EncodingLayout, type Technology } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";

/** bits of a weight by default (P2), and at most */
const DEFAULT_BITS = 4;
const MOST_BITS = 8;

/**
 * 2^b equally spaced levels around 0, as odd numbers of half a step: code k of 0 … 2^b − 1 is the weight 2k − (2^b − 1)
 * (P2: 16 levels, −15 … 15). No weight is exactly 0.
 */
export function midAlphabet(bits: number): Alphabet {
  const levels = 2 ** bits;
  return {
    name: `levels${levels}`,
    levels: Array.from({ length: levels }, (_, k) => 2 * k - (levels - 1)),
  };
}

/** How many bits an alphabet of midpoints has, or null where it is none. */
function bitsOf({ levels }: Alphabet): number | null {
  const bits = Math.log2(levels.length);
  if (!Number.isInteger(bits) || bits < 1 || bits > MOST_BITS) return null;
  return midAlphabet(bits).levels.join() === levels.join() ? bits : null;
}

/** `auto` and `int4` are 16 levels; `levels8` is 8 of them. */
function bitsOfPrecision(precision: string): number | null {
  if (precision === "auto") return DEFAULT_BITS;
  if (precision === "binary") return 1;
  const [, kind, count] = /^(int|levels)(\d+)$/.exec(precision) ?? [];
  const bits = kind === "int" ? Number(count) : kind === "levels" ? Math.log2(Number(count)) : 0;
  return Number.isInteger(bits) && bits >= 1 && bits <= MOST_BITS ? bits : null;
}

/**
 * A weight of 2^b levels on b binary cells, shifted to codes from 0 on (P2). The currents of its bit lines are weighted
 * …8:4:2:1; a reference of twice as many cells on every word line, one half all HRS and the other all LRS, each
 * integrated with gain ½, is subtracted: so the middle of the codes is weight 0, and pedestals cancel.
 */
export default defineEncoding({
  name: "offset-multibit",
  summary: "A weight of 2^b levels around 0 on b binary cells, against a mid reference",
  layout: (alphabet, technology) => {
    const bits = bitsOf(alphabet);
    return bits === null ? null : multibitLayout(alphabet, bits, referenceLayoutOf(technology));
  },
  alphabetOf: (precision) => {
    const bits = bitsOfPrecision(precision);
    return bits === null ? null : midAlphabet(bits);
  },
});

/** Whether the two reference groups change sides from row to row. @throws BAD_TECHNOLOGY */
export function referenceLayoutOf({ name, conventions }: Technology): "alternating" | "straight" {
  const found = conventions.referenceLayout ?? "alternating";
  if (found === "alternating" || found === "straight") return found;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${name}, conventions.referenceLayout: needs "alternating" or "straight", ` +
      `found "${found}"; say how the reference cells lie`,
  );
}

/** Level 0 is HRS, level 1 is LRS; the first bit line is the most significant. */
function multibitLayout(
  alphabet: Alphabet,
  bits: number,
  layout: "alternating" | "straight",
): EncodingLayout {
  const places = Array.from({ length: bits }, (_, k) => 2 ** (bits - 1 - k));
  const zeros = places.map(() => 0);
  const ones = places.map(() => 1);
  const straight = [...zeros, ...ones];
  return {
    name: "offset-multibit",
    alphabet,
    cellsPerWeight: bits,
    significance: places.map((place) => 2 * place),
    levelValues: [0, 1],
    offset: -(2 ** bits - 1),
    patterns: alphabet.levels.map((_, code) => places.map((place) => Math.floor(code / place) % 2)),
    senses: [],
    reference: {
      significance: [...places, ...places],
      patterns: layout === "straight" ? [straight] : [straight, [...ones, ...zeros]],
    },
    convention: `code (weight + ${2 ** bits - 1})/2 on ${bits} bit lines, most significant first, LRS = 1; reference ${layout}`,
  };
}
