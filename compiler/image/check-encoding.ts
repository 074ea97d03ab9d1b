import type { EncodingLayout } from "../define.ts";
import { ascending } from "./ascending.ts";
import type { Need } from "./check-range.ts";

/** The formula of an encoding gives each code of its alphabet from its pattern. */
export function checkEncoding(encoding: EncodingLayout, need: Need): void {
  const where = `encoding ${encoding.name}`;
  const { alphabet, cellsPerWeight: c, significance, levelValues, offset, patterns } = encoding;
  need(ascending(alphabet.levels), where, "an ascending alphabet", alphabet.levels.slice(0, 8));
  need(significance.length === c, where, `${c} significances`, significance.length);
  need(
    patterns.length === alphabet.levels.length,
    where,
    `${alphabet.levels.length} patterns`,
    patterns.length,
  );
  need(
    levelValues.length ** c <= Number.MAX_SAFE_INTEGER,
    where,
    "patterns that 2^53 numbers tell apart",
    `${levelValues.length}^${c}`,
  );
  patterns.forEach((pattern, k) => {
    const fits = pattern.length === c && pattern.every((level) => level < levelValues.length);
    need(
      fits,
      `${where}, code ${alphabet.levels[k]}`,
      `${c} levels below ${levelValues.length}`,
      pattern,
    );
    const code = pattern.reduce(
      (sum, level, cell) => sum + significance[cell] * levelValues[level],
      offset,
    );
    need(
      code === alphabet.levels[k],
      `${where}, pattern ${pattern}`,
      `the code ${alphabet.levels[k]}`,
      code,
    );
  });
  checkReference(encoding, need);
  for (const { cells } of encoding.senses) {
    need(
      cells.every((cell) => cell < c),
      where,
      `senses of cells below ${c}`,
      cells,
    );
  }
}

/** Every pattern of the reference takes away what the weights' offset is short of. */
function checkReference({ name, reference, offset, levelValues }: EncodingLayout, need: Need) {
  if (!reference) return;
  const { significance, patterns } = reference;
  for (const pattern of patterns) {
    const where = `encoding ${name}, reference ${pattern}`;
    const fits =
      pattern.length === significance.length && pattern.every((l) => l < levelValues.length);
    need(fits, where, `${significance.length} levels below ${levelValues.length}`, pattern);
    const taken = pattern.reduce((sum, l, k) => sum + significance[k] * levelValues[l], 0);
    need(taken === -offset, where, `the sum ${-offset}`, taken);
  }
}
