import { defineEncoding, type Technology } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import { levelValues } from "../../compiler/physics/level-values.ts";
import {
  levelRanges,
  type MultilevelLaws,
  moved,
  movementAt,
  relaxationScale,
} from "../../compiler/physics/multilevel-cell.ts";
import { cellRanges, multilevelOf } from "../../compiler/physics/multilevel-technology.ts";
import { formatQuantity } from "../../compiler/units.ts";

/**
 * A weight as G+ − G− on two adjacent cells of several levels (R1). Levels are no equal steps (R2), so a weight's
 * alphabet lists the differences that the levels give, in units of a stated LSB.
 */
export default defineEncoding({
  name: "differential-multilevel",
  summary: "A weight as the difference of two cells of up to 16 levels",
  alphabetOf: (precision, technology) => {
    const { alphabet } = codesOf(technology);
    return precision === "auto" || precision === alphabet.name ? alphabet : null;
  },
  layout: (alphabet, technology) => {
    if (technology.parameters.levels === undefined) return null;
    const codes = codesOf(technology);
    if (!alphabet.levels.every((code) => codes.patterns.has(code))) return null;
    return {
      name: "differential-multilevel",
      alphabet,
      cellsPerWeight: 2,
      significance: [1, -1],
      levelValues: codes.values,
      offset: 0,
      patterns: alphabet.levels.map((code) => codes.patterns.get(code) ?? []),
      senses: [],
      reference: null,
      convention: `+ on the first of two bit lines, − on the second; code 1 is ${formatQuantity(codes.lsb_S, "S")}`,
    };
  },
});

interface Codes {
  readonly values: readonly number[];
  readonly lsb_S: number;
  readonly alphabet: Alphabet;
  /** levels of both cells, by code */
  readonly patterns: ReadonlyMap<number, readonly [plus: number, minus: number]>;
}

/**
 * The codes that pairs of levels give. `pairs: "low-conductance"` keeps one cell of each pair in the low-conductance
 * state; `"any"` lets both conduct, which gives more codes. A code that several pairs give takes the pair that is
 * most stable: the least variance of its difference.
 */
function codesOf(technology: Technology): Codes {
  const laws = multilevelOf(technology, technology.defaultCondition);
  const { values, lsb_S } = levelValues(
    cellRanges(laws),
    technology.parameters.levelRounding?.value ?? 0.02,
  );
  const variances = levelVariances(laws);
  const patterns = new Map<number, readonly [number, number]>();
  const best = new Map<number, number>();
  const bothConduct = pairsOf(technology) === "any";
  values.forEach((plus, a) => {
    values.forEach((minus, b) => {
      if (!bothConduct && a > 0 && b > 0) return;
      const variance = variances[a] + variances[b];
      if (variance >= (best.get(plus - minus) ?? Number.POSITIVE_INFINITY)) return;
      best.set(plus - minus, variance);
      patterns.set(plus - minus, [a, b]);
    });
  });
  const levels = [...patterns.keys()].sort((x, y) => x - y);
  return { values, lsb_S, alphabet: { name: `levels${values.length}`, levels }, patterns };
}

function pairsOf({ name, conventions }: Technology): "low-conductance" | "any" {
  const { pairs } = conventions;
  if (pairs === "low-conductance" || pairs === "any") return pairs;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${name}, conventions.pairs: needs "low-conductance" or "any", found "${pairs}"`,
  );
}

const HOUR_S = 3600;

/** Variance of each level an hour after a plain verify: its place within the range, and the movement of x = 1. */
function levelVariances(laws: MultilevelLaws): readonly number[] {
  const time = movementAt(laws.relaxation, HOUR_S);
  const conducting = levelRanges(laws).map(({ low_S, aim_S, high_S }) => {
    const movement = relaxationScale(laws, aim_S) * moved(time, 1);
    return (high_S - low_S) ** 2 / 12 + movement ** 2;
  });
  return [(laws.lcs_S * laws.lcsSpread) ** 2, ...conducting];
}
