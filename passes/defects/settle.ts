import type { EncodingLayout } from "../../compiler/define.ts";
import { decodeTable, NO_CODE } from "../../compiler/ir/code-tables.ts";
import { FREE } from "./stuck-weights.ts";

/** What becomes of a weight on stuck cells. */
export interface Settled {
  /** mean square of what the weight is off, in codes */
  readonly error: number;
  /** the same if its cells are set as if none were stuck */
  readonly errorLeft: number;
  /** the code that agrees with the stuck cells, and its levels; null where the weight is best left as it is */
  readonly taken: { readonly code: number; readonly pattern: readonly number[] } | null;
}

/** The levels of a code with some cells stuck. */
type Reachable = ReadonlyMap<number, readonly number[]>;

/**
 * The best that a weight can be on its stuck cells: the nearest code with a pattern that holds the stuck levels, or the
 * weight as it is, where that is nearer on average (a pair of two equal cells reads either sign).
 * @returns for the levels of stuck cells, FREE elsewhere, and a code of the alphabet
 */
export function settler(
  encoding: EncodingLayout,
): (held: readonly number[], wanted: number) => Settled {
  const patterns = decodable(encoding);
  const canonical = new Map(
    encoding.alphabet.levels.map((code, k) => [code, encoding.patterns[k]]),
  );
  const byHeld = new Map<string, Reachable>();
  const known = new Map<string, Settled>();
  return (held, wanted) => {
    const key = `${held.join()}:${wanted}`;
    const before = known.get(key);
    if (before) return before;
    const heldKey = held.join();
    const reachable = byHeld.get(heldKey) ?? reachableOf(patterns, canonical, held);
    byHeld.set(heldKey, reachable);
    const left = (canonical.get(wanted) ?? []).map((level, c) =>
      held[c] === FREE ? level : held[c],
    );
    const settled = settle(encoding, reachable, left, wanted);
    known.set(key, settled);
    return settled;
  };
}

function settle(
  encoding: EncodingLayout,
  reachable: Reachable,
  left: readonly number[],
  wanted: number,
): Settled {
  const errorLeft = squaredError(encoding, left, wanted);
  let error = Number.POSITIVE_INFINITY;
  let taken: Settled["taken"] = null;
  for (const [code, pattern] of reachable) {
    const own = (code - wanted) ** 2;
    if (own < error) {
      error = own;
      taken = { code, pattern };
    }
  }
  return errorLeft < error
    ? { error: errorLeft, errorLeft, taken: null }
    : { error, errorLeft, taken };
}

interface Pattern {
  readonly levels: readonly number[];
  readonly code: number;
}

/** Every pattern of levels that stands for a code. */
function decodable(encoding: EncodingLayout): readonly Pattern[] {
  const table = decodeTable(encoding);
  const base = encoding.levelValues.length;
  const found: Pattern[] = [];
  const add = (key: number, code: number) => {
    const levels = Array.from({ length: encoding.cellsPerWeight }, (_, k) => {
      const place = base ** (encoding.cellsPerWeight - 1 - k);
      return Math.floor(key / place) % base;
    });
    found.push({ levels, code });
  };
  if (table instanceof Int16Array) {
    table.forEach((code, key) => {
      if (code !== NO_CODE) add(key, code);
    });
  } else for (const [key, code] of table) add(key, code);
  return found;
}

/** By code the pattern with the stuck levels that is nearest to its usual one. */
function reachableOf(
  patterns: readonly Pattern[],
  canonical: ReadonlyMap<number, readonly number[]>,
  held: readonly number[],
): Reachable {
  const best = new Map<number, { readonly levels: readonly number[]; readonly distance: number }>();
  for (const { levels, code } of patterns) {
    if (levels.some((level, c) => held[c] !== FREE && held[c] !== level)) continue;
    const usual = canonical.get(code) ?? levels;
    const distance = levels.reduce((sum, level, c) => sum + Math.abs(level - usual[c]), 0);
    if (distance < (best.get(code)?.distance ?? Number.POSITIVE_INFINITY))
      best.set(code, { levels, distance });
  }
  return new Map([...best].map(([code, { levels }]) => [code, levels]));
}

/** Mean square of how far what these levels read is from a code. */
function squaredError(encoding: EncodingLayout, levels: readonly number[], wanted: number): number {
  const { significance, levelValues, offset, senses } = encoding;
  if (senses.length === 0) {
    const sum = levels.reduce(
      (all, level, c) => all + significance[c] * levelValues[level],
      offset,
    );
    return (sum - wanted) ** 2;
  }
  let mean = 0;
  let variance = 0;
  for (const sense of senses) {
    const digit = digitOf(encoding, sense, levels);
    if (digit === null) variance += sense.significance ** 2;
    else mean += digit * sense.significance;
  }
  return (mean - wanted) ** 2 + variance;
}

/** What a sense reads; null where its cells are equal and no code has them so: either sign, as often one as the other. */
function digitOf(
  { patterns, significance, levelValues }: EncodingLayout,
  { cells, significance: place }: EncodingLayout["senses"][number],
  levels: readonly number[],
): number | null {
  const isOne = patterns.some((pattern) => cells.every((c) => pattern[c] === levels[c]));
  if (!isOne) return null;
  return cells.reduce((sum, c) => sum + significance[c] * levelValues[levels[c]], 0) / place;
}
