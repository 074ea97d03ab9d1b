import type { CellLocation, WeightLocation } from "../../compiler/image/locate.ts";
import type { PulseRow } from "../../compiler/image/pulses.ts";
import { duration, formatQuantity, plural } from "./figures.ts";
import { blocks } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { left, pairs, right, textTable } from "./text-table.ts";

/** Where a weight sits, what its cells hold, and the pulses that program them, in order. */
export function weightText(location: WeightLocation, paint: Paint): string {
  const { layer, output, input, encoding, bank, wordLine, code, weight, bitLines } = location;
  const cells = bitLines.map((bitLine, k) => {
    const { levels, levelNames, significance } = location;
    return `bit line ${bitLine}: level ${levels[k]} (${levelNames[k]}), significance ${significance[k]}`;
  });
  const { replica, replicas } = location;
  const copies = replicas.map(
    (copy, r) =>
      `${r}: bank ${copy.bank}, word line ${copy.wordLine}, bit lines ${copy.bitLines.join(", ")}, levels ${copy.levels.join(", ")}`,
  );
  return blocks(
    `${paint.strong(`layer ${layer}, output ${output}, input ${input}`)}\n${pairs([
      ["weight", `code ${code}, value ${Number(weight.toPrecision(9))}; ${encoding}`],
      [
        "place",
        `bank ${bank}, word line ${wordLine}, ${bitLines.length === 1 ? "bit line" : "bit lines"} ${bitLines.join(", ")}` +
          (replicas.length === 1 ? "" : `; copy ${replica} of ${replicas.length}`),
      ],
      ...cells.map((cell, k) => [k === 0 ? "cells" : "", cell] as const),
      ...(replicas.length === 1
        ? []
        : copies.map((copy, r) => [r === 0 ? "copies" : "", copy] as const)),
    ])}`,
    pulseTable(location.pulses, paint),
  );
}

/** What a cell holds, and its weight. */
export function cellText(location: CellLocation, paint: Paint): string {
  const { layer, bank, wordLine, bitLine, level, levelName, cell, role, weight } = location;
  const place = `layer ${layer}, bank ${bank}, word line ${wordLine}, bit line ${bitLine}`;
  if (weight === null || cell === null)
    return `${paint.strong(place)}\nlevel ${level} (${levelName}): ${role === "reference" ? "a reference cell" : "no weight uses it"}`;
  const held = `level ${level} (${levelName}): ${plural(weight.bitLines.length, "cell")} a weight, this is number ${cell}`;
  return blocks(
    `${paint.strong(place)}\n${held}${role === "always-on" ? "; its word line is always on" : ""}`,
    weightText(weight, paint),
  );
}

function pulseTable(pulses: readonly PulseRow[], paint: Paint): string {
  if (pulses.length === 0) return "no pulses: the cells stay unformed";
  const voltage = (value: number | null) => (value === null ? "" : formatQuantity(value, "V"));
  const columns = [
    left("pulse"),
    right("bit line"),
    right("WL"),
    right("BL"),
    right("complement"),
    right("other BLs"),
    right("other WLs"),
    right("SL"),
    right("limit"),
    right("duration"),
  ];
  const rows = pulses.map((pulse) => [
    pulse.operation,
    String(pulse.bitLine),
    voltage(pulse.wordLine_V),
    voltage(pulse.bitLine_V),
    voltage(pulse.complementBitLine_V),
    voltage(pulse.otherBitLines_V),
    voltage(pulse.otherWordLines_V),
    voltage(pulse.sourceLine_V),
    pulse.complianceCurrent_A === null ? "" : formatQuantity(pulse.complianceCurrent_A, "A"),
    duration(pulse.duration_s),
  ]);
  return textTable(columns, rows, paint);
}
