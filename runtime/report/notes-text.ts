import type { Paint } from "./paint.ts";
import { textWidth, wrap } from "./text-table.ts";

const shown = 4;

/** Assumed and fitted numbers: the first few and how many there are, or all. */
export function assumptionsText(
  assumptions: readonly string[],
  verbose: boolean,
  paint: Paint,
): string {
  if (assumptions.length === 0) return "";
  const list = verbose ? assumptions : assumptions.slice(0, shown);
  const more = assumptions.length - list.length;
  const title = `assumed or fitted, not the papers' (${assumptions.length})`;
  const rest = more > 0 ? [paint.dim(`  … and ${more} more; --verbose lists them`)] : [];
  return [paint.strong(title), ...list.map(item), ...rest].join("\n");
}

export function warningsText(warnings: readonly string[], paint: Paint): string {
  return warnings.map((warning) => paint.warning(indented(`warning: ${warning}`, ""))).join("\n");
}

const item = (text: string): string => indented(text, "  ");

const indented = (text: string, first: string): string =>
  wrap(text, textWidth - 4)
    .map((line, k) => `${k === 0 ? first : "    "}${line}`)
    .join("\n");

/** Blocks of text with an empty line between them; empty blocks vanish. */
export const blocks = (...texts: readonly string[]): string =>
  texts.filter((text) => text !== "").join("\n\n");
