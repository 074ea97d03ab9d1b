import type { ChangedCell, ImageDiff, PulseCounts } from "../../compiler/image/diff.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import { grouped, plural } from "./figures.ts";
import { blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { left, right, textTable } from "./text-table.ts";

/** What it takes to bring arrays from one image to another; the first cells that change by name. */
export function diffText({ same, layers, changed, pulses }: ImageDiff, paint: Paint): string {
  if (same) return "no cell differs";
  const columns = [
    left("layer"),
    left("change"),
    right("cells"),
    right("changed"),
    right("forming"),
    right("SET"),
    right("RESET"),
    right("left unused"),
  ];
  const rows = layers.map((layer) => [
    layer.layer,
    layer.change,
    grouped(layer.cells),
    grouped(layer.changed),
    ...counts(layer.pulses),
    grouped(layer.abandoned),
  ]);
  const first = layers.flatMap((layer) => layer.first).slice(0, shown);
  const more = changed - first.length;
  return blocks(
    textTable(columns, rows, paint),
    first.map(cellText).join("\n") + (more > 0 ? `\n… and ${plural(more, "more cell")}` : ""),
    `${plural(changed, "cell")} change: ${counts(pulses)
      .map((count, k) => `${count} ${["forming", "SET", "RESET"][k]}`)
      .join(", ")} pulses`,
  );
}

const shown = 10;

const counts = ({ forming, set, reset }: PulseCounts): readonly string[] =>
  [forming, set, reset].map(grouped);

const levelText = (level: number): string => (level === UNUSED ? "unused" : `level ${level}`);

const cellText = ({ layer, bank, wordLine, bitLine, from, to }: ChangedCell): string =>
  `${layer}, bank ${bank}, word line ${wordLine}, bit line ${bitLine}: ${levelText(from)} to ${levelText(to)}`;
