import type { EncodingLayout } from "../define/encoding.ts";
import { internal } from "../errors.ts";

/** Levels by code: cells[(code − minimum)·c + k], MISSING where the alphabet lacks the code. */
export interface EncodeTable {
  readonly minimum: number;
  readonly maximum: number;
  readonly cells: Uint8Array;
}

/** stands in an encode table for a code that the alphabet lacks; levels are below it */
export const MISSING = 254;
/** stands in a decode table for levels that no code has; codes have at most 12 bits */
export const NO_CODE = -32768;

const encodeTables = new WeakMap<EncodingLayout, EncodeTable>();
const decodeTables = new WeakMap<EncodingLayout, ReadonlyMap<number, number> | Int16Array>();

/** Levels of each code, made once for each encoding. */
export function encodeTable(encoding: EncodingLayout): EncodeTable {
  const known = encodeTables.get(encoding);
  if (known) return known;
  const { levels } = encoding.alphabet;
  const c = encoding.cellsPerWeight;
  const minimum = Math.min(...levels);
  const maximum = Math.max(...levels);
  const cells = new Uint8Array((maximum - minimum + 1) * c).fill(MISSING);
  levels.forEach((code, k) => {
    cells.set(encoding.patterns[k], (code - minimum) * c);
  });
  const table = { minimum, maximum, cells };
  encodeTables.set(encoding, table);
  return table;
}

/** A direct table up to this many patterns, a map beyond. */
const directPatterns = 1 << 20;

/**
 * The code of each pattern of levels, made once for each encoding. Where cells are summed, any levels that sum to a code
 * stand for it, beside those that it usually has.
 */
export function decodeTable(encoding: EncodingLayout): ReadonlyMap<number, number> | Int16Array {
  const known = decodeTables.get(encoding);
  if (known) return known;
  const base = encoding.levelValues.length;
  const size = base ** encoding.cellsPerWeight;
  if (size > Number.MAX_SAFE_INTEGER) {
    throw internal(
      `encoding ${encoding.name}`,
      `${base} levels in ${encoding.cellsPerWeight} cells exceed 2^53`,
    );
  }
  const pairs = encoding.patterns.map(
    (pattern, k) =>
      [pattern.reduce((key, level) => key * base + level, 0), encoding.alphabet.levels[k]] as const,
  );
  const table = size > directPatterns ? new Map(pairs) : new Int16Array(size).fill(NO_CODE);
  if (table instanceof Int16Array) {
    if (encoding.senses.length === 0) addSums(encoding, table);
    for (const [key, code] of pairs) table[key] = code;
  }
  decodeTables.set(encoding, table);
  return table;
}

/** The code of every pattern whose levels sum to one of the alphabet. */
function addSums(encoding: EncodingLayout, table: Int16Array): void {
  const { alphabet, cellsPerWeight, significance, levelValues, offset } = encoding;
  const codes = new Set(alphabet.levels);
  const base = levelValues.length;
  for (let key = 0; key < table.length; key++) {
    let code = offset;
    for (let c = cellsPerWeight - 1, rest = key; c >= 0; c--, rest = Math.floor(rest / base))
      code += significance[c] * levelValues[rest % base];
    if (codes.has(code)) table[key] = code;
  }
}
