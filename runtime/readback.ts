import { XbcError } from "../compiler/errors.ts";
import { levelBorders } from "../compiler/image/level-borders.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import { weightOfCell } from "../compiler/ir/placement.ts";
import type { ReadbackReport } from "./report/report.ts";

/** A cell at the wrong level: where, what it holds, what it should. */
type WrongCell = ReadbackReport["worst"][number];

/** how many cells a report names */
const MOST_NAMED = 1000;

/**
 * A read-back array beside the image that it was programmed with: cells at the wrong level, worst first (by how far
 * the conductance lies beyond the border of its level).
 */
export async function compareReadback(image: ProgrammingImage, die: Die): Promise<ReadbackReport> {
  const wrong: WrongCell[] = [];
  const counts = { cells: 0, measured: 0, inRange: 0 };
  for (const index of image.cells.keys()) await compareLayer(image, die, index, counts, wrong);
  if (counts.measured === 0 && counts.cells > 0) {
    throw new XbcError(
      "BAD_INPUT",
      "read-back: needs conductances of the image's used cells, found none that was measured; NaN stands for a cell not measured",
    );
  }
  wrong.sort((a, b) => b.beyond - a.beyond);
  return {
    ...counts,
    elapsed_s: die.elapsed_s,
    wrong: wrong.length,
    byLevel: image.programming.levels.map(({ level, name }) => ({
      level,
      name,
      wrong: wrong.filter((cell) => cell.level === level).length,
    })),
    worst: wrong.slice(0, MOST_NAMED),
  };
}

async function compareLayer(
  image: ProgrammingImage,
  die: Die,
  index: number,
  counts: { cells: number; measured: number; inRange: number },
  wrong: WrongCell[],
): Promise<void> {
  const cells = image.cells[index];
  const borders = levelBorders(image.programming);
  const found = die.layers.get(cells.layer);
  const levels = await cells.range(0, cells.banks);
  const perBank = cells.wordLines * cells.bitLines;
  levels.forEach((level, c) => {
    if (level === UNUSED) return;
    counts.cells++;
    const conductance_S = found?.[c] ?? Number.NaN;
    if (Number.isNaN(conductance_S)) return;
    counts.measured++;
    if (borders.isInRange(level, conductance_S)) counts.inRange++;
    const reads = borders.levelOf(conductance_S);
    if (reads === level) return;
    const bank = Math.floor(c / perBank);
    const wordLine = Math.floor((c % perBank) / cells.bitLines);
    const bitLine = c % cells.bitLines;
    const weight = weightOfCell(image.placements[index], bank, wordLine, bitLine);
    wrong.push({
      layer: cells.layer,
      bank,
      wordLine,
      bitLine,
      output: weight?.output ?? -1,
      input: weight?.input ?? -1,
      level,
      reads,
      conductance_S,
      beyond: borders.beyond(level, conductance_S),
    });
  });
}

/** The cells at the wrong level alone, every other one as not measured: what `compile --defects` maps around. */
export async function defectMap(image: ProgrammingImage, die: Die): Promise<Die> {
  const borders = levelBorders(image.programming);
  const layers = new Map<ProgrammingImage["cells"][number]["layer"], Float32Array>();
  for (const cells of image.cells) {
    const found = die.layers.get(cells.layer);
    const levels = await cells.range(0, cells.banks);
    layers.set(
      cells.layer,
      Float32Array.from(levels, (level, c) => {
        const g = found?.[c] ?? Number.NaN;
        return level === UNUSED || Number.isNaN(g) || borders.levelOf(g) === level ? Number.NaN : g;
      }),
    );
  }
  return { layers, elapsed_s: die.elapsed_s, provenance: `defects of: ${die.provenance}` };
}
