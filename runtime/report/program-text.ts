import { duration, formatQuantity, percent } from "./figures.ts";
import type { Paint } from "./paint.ts";
import type { ProgramReport } from "./report.ts";
import { left, pairs, right, textTable } from "./text-table.ts";

/** What a simulated programming took, level by level, and which cells did not pass. */
export function programText(report: ProgramReport, paint: Paint): string {
  const { cells, iterations, time_s, energy_J, failures } = report;
  const parts = (shares: ProgramReport["time_s"], unit: string) =>
    Object.entries(shares)
      .filter(([name, value]) => name !== "total" && value > 0)
      .map(([name, value]) => `${name} ${formatQuantity(value, unit)}`)
      .join(", ");
  const head = pairs([
    ["routine", `${report.routine}, condition ${report.condition}`],
    [
      "iterations",
      `${iterations} on ${cells} cells, ${report.iterationsPerCell.toFixed(3)} a cell, at most ${report.rounds}`,
    ],
    ["time", `${duration(time_s.total)} (${parts(time_s, "s")})`],
    ["energy", `${formatQuantity(energy_J.total, "J")} (${parts(energy_J, "J")})`],
    ["yield", `${percent(report.yield, 3)}; ${failures} cells did not pass or are stuck`],
    [
      "at the end",
      `${percent(report.atLevel, 3)} read as their level, ${percent(report.inRange, 3)} lie in its range, ${duration(report.elapsed_s)} after programming`,
    ],
    ["rule", report.rule],
  ]);
  const levels = textTable(
    [left("level"), right("from"), right("aim"), right("to"), right("cells"), right("iterations")],
    report.levels
      .filter((level) => level.cells > 0)
      .map((level) => [
        level.name,
        formatQuantity(level.low_S, "S"),
        formatQuantity(level.aim_S, "S"),
        formatQuantity(level.high_S, "S"),
        String(level.cells),
        level.iterationsPerCell.toFixed(3),
      ]),
    paint,
  );
  const named = report.failed
    .slice(0, 10)
    .map(
      ({ layer, bank, wordLine, bitLine, level, conductance_S }) =>
        `  ${layer}, bank ${bank}, word line ${wordLine}, bit line ${bitLine}: level ${level}, ${formatQuantity(conductance_S, "S")}`,
    );
  const more = failures > named.length ? [`  … ${failures - named.length} more`] : [];
  return [head, "", levels, ...(failures > 0 ? ["", "did not pass:", ...named, ...more] : [])].join(
    "\n",
  );
}
