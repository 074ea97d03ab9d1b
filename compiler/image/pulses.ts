import type { EncodingLayout, ProgrammingDescription, Pulse } from "../define.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import { UNUSED } from "../ir/image.ts";
import { bankGroups } from "./bank-groups.ts";
import { type PlacedLayer, placedLayers } from "./find-layer.ts";
import { csvField, textChunks } from "./text-chunks.ts";

/** One pulse at one cell, with the voltages of all lines; null where there is no such line (H4, S1). */
export interface PulseRow {
  readonly bank: number;
  readonly wordLine: number;
  readonly bitLine: number;
  readonly operation: Pulse["operation"];
  readonly wordLine_V: number;
  readonly bitLine_V: number;
  /** the other cell's bit line of a pair follows the source line, so that it is not disturbed; null: no pair */
  readonly complementBitLine_V: number | null;
  readonly otherBitLines_V: number;
  readonly otherWordLines_V: number;
  readonly sourceLine_V: number | null;
  readonly complianceCurrent_A: number | null;
  readonly duration_s: number;
  readonly ramp_V_per_s: number | null;
}

/** Columns of the pulse list, in its order. */
export const pulseColumns = [
  "order",
  "layer",
  "bank",
  "wordLine",
  "bitLine",
  "operation",
  "wordLine_V",
  "bitLine_V",
  "complementBitLine_V",
  "otherBitLines_V",
  "sourceLine_V",
  "compliance_A",
  "duration_s",
  "ramp_V_per_s",
  "otherWordLines_V",
] as const;

/** Pulses that bring a formed cell to a level; none where the level is not described. */
export function pulsesOfLevel(
  programming: ProgrammingDescription,
  level: number,
): readonly Pulse[] {
  return programming.levels.find((candidate) => candidate.level === level)?.pulses ?? [];
}

/** All pulses of a fresh cell: forming, then those of its level; none for an unused one. */
export function pulsesOfCell(programming: ProgrammingDescription, level: number): readonly Pulse[] {
  if (level === UNUSED) return [];
  const { forming } = programming;
  return [...(forming ? [forming] : []), ...pulsesOfLevel(programming, level)];
}

/** By cell of a weight: whether a sense amplifier compares it with another one. */
export function pairedCells(encoding: EncodingLayout): readonly boolean[] {
  return Array.from({ length: encoding.cellsPerWeight }, (_, cell) =>
    encoding.senses.some(({ cells }) => cells.length === 2 && cells.includes(cell)),
  );
}

/** One pulse with the voltages of all lines, at a cell that is one of a pair or not. */
export function pulseAt(
  programming: ProgrammingDescription,
  pulse: Pulse,
  place: { readonly bank: number; readonly wordLine: number; readonly bitLine: number },
  paired: boolean,
): PulseRow {
  const { unselected } = programming;
  const half = (pulse.wordLine_V + pulse.bitLine_V) / 2;
  const { operation, wordLine_V, bitLine_V, sourceLine_V, complianceCurrent_A, duration_s } = pulse;
  return {
    bank: place.bank,
    wordLine: place.wordLine,
    bitLine: place.bitLine,
    operation,
    wordLine_V,
    bitLine_V,
    complementBitLine_V: paired ? sourceLine_V : null,
    otherBitLines_V: otherBitLines(unselected.bitLines, sourceLine_V, half),
    otherWordLines_V: unselected.wordLines === "half voltage" ? half : 0,
    sourceLine_V,
    complianceCurrent_A,
    duration_s,
    ramp_V_per_s: pulse.ramp_V_per_s,
  };
}

function otherBitLines(
  rule: ProgrammingDescription["unselected"]["bitLines"],
  sourceLine_V: number | null,
  half_V: number,
): number {
  switch (rule) {
    case "grounded":
      return 0;
    case "follow source line":
      return sourceLine_V ?? 0;
    case "half voltage":
      return half_V;
  }
}

/**
 * The pulses of one layer, bank by bank: every cell of a bank is formed first, then each is brought to its level,
 * device by device, never two at once (H4). Unused cells are left unformed.
 */
export async function* pulsesOfLayer(
  { programming }: ProgrammingImage,
  { placement, cells }: Pick<PlacedLayer, "placement" | "cells">,
): AsyncGenerator<PulseRow> {
  const c = placement.encoding.cellsPerWeight;
  const paired = pairedCells(placement.encoding);
  const formings = programming.forming ? [programming.forming] : [];
  const byLevel = Array.from({ length: UNUSED + 1 }, (_, level) =>
    pulsesOfLevel(programming, level),
  );
  for await (const { bank, levels } of bankGroups(cells)) {
    for (const of of [() => formings, (level: number) => byLevel[level]]) {
      for (let cell = 0; cell < levels.length; cell++) {
        if (levels[cell] === UNUSED) continue;
        const wordLine = Math.floor(cell / cells.bitLines);
        const bitLine = cell - wordLine * cells.bitLines;
        for (const pulse of of(levels[cell])) {
          yield pulseAt(programming, pulse, { bank, wordLine, bitLine }, paired[bitLine % c]);
        }
      }
    }
  }
}

/** The pulse list of an image as CSV, in the order in which pulses are given. */
export function exportPulses(image: ProgrammingImage): AsyncGenerator<string> {
  const rows = async function* (): AsyncGenerator<string> {
    yield `${pulseColumns.join(",")}\n`;
    let order = 0;
    for (const placed of placedLayers(image)) {
      const layer = csvField(placed.layer.id);
      for await (const row of pulsesOfLayer(image, placed)) yield pulseLine(order++, layer, row);
    }
  };
  return textChunks(rows());
}

function pulseLine(order: number, layer: string, row: PulseRow): string {
  const { bank, wordLine, bitLine, operation, wordLine_V, bitLine_V, complementBitLine_V } = row;
  const lines = `${wordLine_V},${bitLine_V},${complementBitLine_V ?? ""},${row.otherBitLines_V},${row.sourceLine_V ?? ""}`;
  const limits = `${row.complianceCurrent_A ?? ""},${row.duration_s},${row.ramp_V_per_s ?? ""},${row.otherWordLines_V}`;
  return `${order},${layer},${bank},${wordLine},${bitLine},${operation},${lines},${limits}\n`;
}
