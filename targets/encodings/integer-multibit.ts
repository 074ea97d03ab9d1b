import { defineEncoding, type EncodingLayout } from "../../compiler/define.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { referenceLayoutOf } from "./offset-multibit.ts";

/** bits that an alphabet has at most */
const MOST_BITS = 12;

/**
 * Integers as their model holds them, 0 among them, on binary cells that are summed: 2^(b−1) is added, as in two's
 * complement with its first bit inverted. P2's arrangement, but for the reference: a group of all LRS and one with LRS in the
 * last place alone, each integrated with gain ½, so that the middle is 2^(b−1) and not half a step below.
 */
export default defineEncoding({
  name: "integer-multibit",
  summary: "An integer weight on b binary cells, against a reference of 2^(b−1)",
  layout: (alphabet, technology) => {
    const bits = bitsOf(alphabet);
    return bits === null ? null : integerLayout(alphabet, bits, referenceLayoutOf(technology));
  },
});

/** The fewest bits, two or more, whose integers hold an alphabet; null where none do. */
function bitsOf({ levels }: Alphabet): number | null {
  if (levels.length === 0 || !levels.every(Number.isInteger)) return null;
  const [first, last] = [levels[0], levels[levels.length - 1]];
  let bits = 2;
  while (first < -(2 ** (bits - 1)) || last > 2 ** (bits - 1) - 1) bits++;
  return bits <= MOST_BITS ? bits : null;
}

/** Level 0 is HRS, level 1 is LRS; the first bit line is the most significant. */
function integerLayout(
  alphabet: Alphabet,
  bits: number,
  layout: "alternating" | "straight",
): EncodingLayout {
  const places = Array.from({ length: bits }, (_, k) => 2 ** (bits - 1 - k));
  const half = 2 ** (bits - 1);
  const all = places.map(() => 1);
  const last = places.map((place) => (place === 1 ? 1 : 0));
  const straight = [...last, ...all];
  const halves = places.map((place) => place / 2);
  return {
    name: "integer-multibit",
    alphabet,
    cellsPerWeight: bits,
    significance: places,
    levelValues: [0, 1],
    offset: -half,
    patterns: alphabet.levels.map((level) =>
      places.map((place) => Math.floor((level + half) / place) % 2),
    ),
    senses: [],
    reference: {
      significance: [...halves, ...halves],
      patterns: layout === "straight" ? [straight] : [straight, [...all, ...last]],
    },
    convention: `weight + ${half} on ${bits} bit lines, most significant first, LRS = 1; reference ${layout}`,
  };
}
