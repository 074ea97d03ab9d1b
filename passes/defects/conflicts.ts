import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { CodeMatrix } from "../../compiler/ir/network.ts";
import { blocksOf, weightOfCell } from "../../compiler/ir/placement.ts";

/** A stuck cell of a place for an output: of which input's weight it is which cell, and its level. */
export interface DefectiveCell {
  readonly input: number;
  readonly cell: number;
  readonly level: number;
}

/** The stuck cells of every place that an output may take, those on spare lines included. */
export function defectsByPlace(
  placement: LayerPlacement,
  conductances_S: Float32Array,
  levelOf: (conductance_S: number) => number,
): readonly (readonly DefectiveCell[])[] {
  const { bankWordLines, bankBitLines, tileOutputs } = placement;
  const count = blocksOf(placement).outputs * tileOutputs;
  const places: DefectiveCell[][] = Array.from({ length: count }, () => []);
  // all places taken, so that a cell tells its place as its output
  const every = { ...placement, outputs: count };
  const perBank = bankWordLines * bankBitLines;
  conductances_S.forEach((g, c) => {
    if (Number.isNaN(g)) return;
    const within = c % perBank;
    const weight = weightOfCell(
      every,
      Math.floor(c / perBank),
      Math.floor(within / bankBitLines),
      within % bankBitLines,
    );
    if (weight)
      places[weight.output].push({ input: weight.input, cell: weight.cell, level: levelOf(g) });
  });
  return places;
}

/** Cells of a place that are stuck at another level than an output's weights need. */
export function conflictsOf(
  { encoding }: LayerPlacement,
  codes: CodeMatrix,
  output: number,
  place: readonly DefectiveCell[],
): number {
  const { patterns, alphabet } = encoding;
  const first = output * codes.inputs;
  let conflicts = 0;
  for (const { input, cell, level } of place) {
    const k = alphabet.levels.indexOf(codes.data[first + input]);
    if (patterns[k][cell] !== level) conflicts++;
  }
  return conflicts;
}
