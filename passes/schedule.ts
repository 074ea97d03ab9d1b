import { definePass } from "../compiler/define.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import { placesOf, referenceCells } from "../compiler/ir/placement.ts";
import { banksOfReplica } from "../compiler/ir/replicas.ts";
import type { ScheduleRow } from "../compiler/ir/schedule.ts";
import { scheduleColumns } from "../compiler/ir/schedule.ts";

export default definePass({
  name: "schedule",
  summary: "Order the reads of every tile into clocks of read segments",
  from: "mapped",
  to: "schedule",
  meaning: "exact",
  run: async (mapped) => {
    const { array } = mapped.target.technology;
    const rows = mapped.placements.flatMap((placement, layer) =>
      placement.configuration === "gated"
        ? gatedRows(placement, layer, placement.segmentWordLines, array.sensedBitLines)
        : sensedRows(placement, layer),
    );
    const width = scheduleColumns.length;
    const data = new Int32Array(rows.length * width);
    rows.forEach((row, r) => {
      scheduleColumns.forEach((column, c) => {
        data[r * width + c] = row[column];
      });
    });
    return { mapped, steps: { rows: rows.length, data } };
  },
});

const once = { count: 1, stepStride: 0, tileStride: 0, bankStride: 0, wordLineStride: 0 };

/** Word line after word line, all banks of the layer at once (H3). */
function sensedRows(placement: LayerPlacement, layer: number): readonly ScheduleRow[] {
  const rows: ScheduleRow[] = [];
  const c = placement.encoding.cellsPerWeight;
  for (let bank = 0; bank < placement.banks; bank++) {
    const base = {
      step: 0,
      layer,
      tile: bank,
      bank,
      firstWordLine: 0,
      wordLines: 1,
      firstBitLine: 0,
    };
    const run = { stepStride: 1, tileStride: 0, bankStride: 0, wordLineStride: 1 };
    const { full, fullLines, rest } = usedLines(placement, bank % banksOfReplica(placement));
    if (fullLines > 0) rows.push({ ...base, ...run, bitLines: full * c, count: fullLines });
    if (rest > 0)
      rows.push({
        ...base,
        ...once,
        step: fullLines,
        firstWordLine: fullLines,
        bitLines: rest * c,
      });
  }
  return rows;
}

/**
 * Word lines of a bank that are full of weights, how many weights each holds, and what is left on one more.
 * @param bank within its copy of the matrix
 */
function usedLines(
  placement: LayerPlacement,
  bank: number,
): { readonly full: number; readonly fullLines: number; readonly rest: number } {
  const { inputs, tileInputs, tileOutputs } = placement;
  const outputs = placesOf(placement);
  const inputBlocks = Math.ceil(inputs / tileInputs);
  const inputsHere = Math.min(tileInputs, inputs - (bank % inputBlocks) * tileInputs);
  if (placement.configuration === "parallel-to-sequential") {
    const outputsHere = Math.min(
      tileOutputs,
      outputs - Math.floor(bank / inputBlocks) * tileOutputs,
    );
    return { full: inputsHere, fullLines: outputsHere, rest: 0 };
  }
  const full = Math.floor(placement.bankBitLines / placement.encoding.cellsPerWeight);
  return { full, fullLines: Math.floor(inputsHere / full), rest: inputsHere % full };
}

/** Groups of word lines that may be on at once, against groups of bit lines that may be sensed at once. */
function gatedRows(
  placement: LayerPlacement,
  layer: number,
  active: number,
  sensed: number,
): readonly ScheduleRow[] {
  const rows: ScheduleRow[] = [];
  const { inputs, tileInputs, tileOutputs, encoding } = placement;
  const outputs = placesOf(placement);
  const outputBlocks = Math.ceil(outputs / tileOutputs);
  for (let bank = 0; bank < placement.banks; bank++) {
    const own = bank % banksOfReplica(placement);
    const inputsHere = Math.min(tileInputs, inputs - Math.floor(own / outputBlocks) * tileInputs);
    const bitLinesHere =
      Math.min(tileOutputs, outputs - (own % outputBlocks) * tileOutputs) * encoding.cellsPerWeight;
    let step = 0;
    for (const [first, bitLines] of sensedGroups(placement, bitLinesHere, sensed)) {
      const base = { layer, tile: bank, bank, firstBitLine: first, bitLines };
      const full = Math.floor(inputsHere / active);
      if (full > 0) {
        rows.push({
          ...base,
          step,
          firstWordLine: 0,
          wordLines: active,
          count: full,
          stepStride: 1,
          tileStride: 0,
          bankStride: 0,
          wordLineStride: active,
        });
      }
      const rest = inputsHere % active;
      if (rest > 0)
        rows.push({
          ...base,
          ...once,
          step: step + full,
          firstWordLine: full * active,
          wordLines: rest,
        });
      step += full + (rest > 0 ? 1 : 0);
    }
  }
  return rows;
}

/** Bit lines that are sensed together, first and how many: those of weights, then those of reference cells. */
function* sensedGroups(
  placement: LayerPlacement,
  used: number,
  sensed: number,
): Generator<readonly [first: number, count: number]> {
  for (let first = 0; first < used; first += sensed) yield [first, Math.min(sensed, used - first)];
  const { bankBitLines, encoding } = placement;
  const start = bankBitLines - referenceCells(encoding);
  for (let first = start; first < bankBitLines; first += sensed)
    yield [first, Math.min(sensed, bankBitLines - first)];
}
