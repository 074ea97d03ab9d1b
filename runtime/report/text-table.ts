import Table from "cli-table3";
import type { Paint } from "./paint.ts";

/** No printed line is wider. */
export const textWidth = 100;

export type Align = "left" | "right";

export interface Column {
  readonly title: string;
  readonly align: Align;
}

export const left = (title: string): Column => ({ title, align: "left" });
export const right = (title: string): Column => ({ title, align: "right" });

const noLines = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

/**
 * A table without lines; the title row stands out. Cells that are too wide are shortened, the leftmost
 * column first, until a row fits `textWidth`.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const widths = fitted(
    columns.map(({ title }, k) => Math.max(title.length, ...rows.map((row) => row[k].length))),
  );
  const table = new Table({
    chars: noLines,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colAligns: columns.map(({ align }) => align),
    colWidths: [...widths],
  });
  const cut = (cells: readonly string[]) => cells.map((cell, k) => shortened(cell, widths[k]));
  table.push(cut(columns.map(({ title }) => title)).map((title) => paint.strong(title)));
  for (const row of rows) table.push(cut(row));
  return trimmed(table.toString());
}

/** Two columns, names and texts; texts wrap. */
export function pairs(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows
    .map(([name, text]) => {
      const lines = wrap(text, textWidth - width);
      return lines.map((line, k) => `${(k === 0 ? name : "").padEnd(width)}${line}`).join("\n");
    })
    .join("\n");
}

/** Lines of at most `width` characters, broken between words; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const narrowest = 12;

/** Takes width from the leftmost columns that have more than the narrowest, until all fit. */
function fitted(widths: readonly number[]): readonly number[] {
  let excess = widths.reduce((sum, width) => sum + width, 2 * (widths.length - 1)) - textWidth;
  return widths.map((width) => {
    const give = Math.max(0, Math.min(excess, width - narrowest));
    excess -= give;
    return width - give;
  });
}

/** The end tells names apart more often than the beginning. */
export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

const trimmed = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
