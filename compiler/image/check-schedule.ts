import type { ProgrammingImage } from "../ir/image.ts";
import { scheduleRow } from "../ir/schedule.ts";
import type { Need } from "./check-range.ts";

/**
 * Every read segment of the schedule lies in a bank of its layer, and there are not more of them than cells, so
 * that going through it ends. `layer` counts among the placements.
 */
export function checkSchedule(image: ProgrammingImage, need: Need): void {
  const { rows } = image.steps;
  const cells = image.cells.reduce(
    (sum, { banks, wordLines, bitLines }) => sum + banks * wordLines * bitLines,
    0,
  );
  let segments = 0;
  for (let row = 0; row < rows; row++) {
    const run = scheduleRow(image.steps, row);
    const { step, layer, tile, bank, firstWordLine, wordLines, firstBitLine, bitLines, count } =
      run;
    const where = `schedule, row ${row}`;
    const placement = image.placements[layer];
    need(
      layer >= 0 && placement !== undefined,
      where,
      `a layer below ${image.placements.length}`,
      layer,
    );
    need(count >= 1, where, "at least one read segment", count);
    const within = (first: number, stride: number, size: number, bound: number): boolean => {
      const last = first + (count - 1) * stride;
      return size >= 1 && Math.min(first, last) >= 0 && Math.max(first, last) + size <= bound;
    };
    need(
      within(step, run.stepStride, 1, 2 ** 53),
      where,
      "steps from 0",
      `${step} by ${run.stepStride}`,
    );
    need(
      within(tile, run.tileStride, 1, placement.banks),
      where,
      `tiles below ${placement.banks}`,
      `${tile} by ${run.tileStride}`,
    );
    need(
      within(bank, run.bankStride, 1, placement.banks),
      where,
      `banks below ${placement.banks}`,
      `${bank} by ${run.bankStride}`,
    );
    const { bankWordLines, bankBitLines } = placement;
    need(
      within(firstWordLine, run.wordLineStride, wordLines, bankWordLines),
      where,
      `word lines below ${bankWordLines}`,
      `${firstWordLine} by ${run.wordLineStride}, ${wordLines} at once`,
    );
    need(
      within(firstBitLine, 0, bitLines, bankBitLines),
      where,
      `bit lines below ${bankBitLines}`,
      `${firstBitLine}, ${bitLines} at once`,
    );
    segments += count;
    need(segments <= cells, where, `at most ${cells} read segments, one a cell`, segments);
  }
}
