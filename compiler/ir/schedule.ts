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

/** int32 rows of `scheduleColumns`: one presentation of one position; the rest are loop counts of the layers. */
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

/** Every read segment of the table, runs expanded. */
export function* readSegments(table: StepTable): Generator<ReadSegment> {
  const width = scheduleColumns.length;
  for (let row = 0; row < table.rows; row++) {
    const [
      step,
      layer,
      tile,
      bank,
      firstWordLine,
      wordLines,
      firstBitLine,
      bitLines,
      count,
      ds,
      dt,
      db,
      dw,
    ] = table.data.subarray(row * width, (row + 1) * width);
    for (let k = 0; k < count; k++) {
      yield {
        step: step + k * ds,
        layer,
        tile: tile + k * dt,
        bank: bank + k * db,
        firstWordLine: firstWordLine + k * dw,
        wordLines,
        firstBitLine,
        bitLines,
      };
    }
  }
}
