import type { MappedNetwork } from "./mapping.ts";

/** Columns of the schedule table, int32. A row is a regular run: `count` read segments, each `…Stride` further. */
export const scheduleColumns = [
  "step",
  "layer",
  "tile",
  "bank",
  "firstWordLine",
  "wordLines",
  "firstBitLine",
  "bitLines",
  "count",
  "stepStride",
  "tileStride",
  "bankStride",
  "wordLineStride",
] as const;

export type ScheduleColumn = (typeof scheduleColumns)[number];

/**
 * int32 rows of `scheduleColumns`: one presentation of one position, or of as many as there are copies of a matrix, which are
 * read at once; the rest are loop counts of the layers.
 */
export interface StepTable {
  readonly rows: number;
  readonly data: Int32Array;
}

export interface Schedule {
  readonly mapped: MappedNetwork;
  readonly steps: StepTable;
}

/** Lines that are sensed together, of one tile, in one step. */
export interface ReadSegment {
  readonly step: number;
  readonly layer: number;
  readonly tile: number;
  readonly bank: number;
  readonly firstWordLine: number;
  readonly wordLines: number;
  readonly firstBitLine: number;
  readonly bitLines: number;
}

/** One row of the table. */
export type ScheduleRow = Readonly<Record<ScheduleColumn, number>>;

export function scheduleRow({ data }: StepTable, row: number): ScheduleRow {
  const first = row * scheduleColumns.length;
  const [step, layer, tile, bank, firstWordLine, wordLines, firstBitLine, bitLines, ...runs] =
    data.subarray(first, first + scheduleColumns.length);
  const [count, stepStride, tileStride, bankStride, wordLineStride] = runs;
  return {
    ...{ step, layer, tile, bank, firstWordLine, wordLines, firstBitLine, bitLines },
    ...{ count, stepStride, tileStride, bankStride, wordLineStride },
  };
}

/** Every read segment of the table, runs expanded. */
export function* readSegments(table: StepTable): Generator<ReadSegment> {
  for (let row = 0; row < table.rows; row++) {
    const run = scheduleRow(table, row);
    const { layer, wordLines, firstBitLine, bitLines } = run;
    for (let k = 0; k < run.count; k++) {
      yield {
        step: run.step + k * run.stepStride,
        layer,
        tile: run.tile + k * run.tileStride,
        bank: run.bank + k * run.bankStride,
        firstWordLine: run.firstWordLine + k * run.wordLineStride,
        wordLines,
        firstBitLine,
        bitLines,
      };
    }
  }
}
