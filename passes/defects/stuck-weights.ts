import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import { everyPlace, weightOfCell } from "../../compiler/ir/placement.ts";

/** A weight at a place for an output that has stuck cells. */
export interface StuckWeight {
  readonly input: number;
  /** [cellsPerWeight] the level at which each cell is stuck, FREE where it can be set */
  readonly held: readonly number[];
}

/** stands for a cell that takes any level */
export const FREE = -1;

/**
 * The weights with stuck cells of every place that an output may take, those on spare lines included.
 * @param conductances_S [banks x wordLines x bitLines] of stuck cells, NaN elsewhere
 */
export function stuckWeightsByPlace(
  placement: LayerPlacement,
  conductances_S: Float32Array,
  levelOf: (conductance_S: number) => number,
): readonly (readonly StuckWeight[])[] {
  const { bankWordLines, bankBitLines, encoding } = placement;
  const every = everyPlace(placement);
  const places: { input: number; held: number[] }[][] = Array.from(
    { length: every.outputs },
    () => [],
  );
  const perBank = bankWordLines * bankBitLines;
  conductances_S.forEach((g, c) => {
    if (Number.isNaN(g)) return;
    const within = c % perBank;
    const wordLine = Math.floor(within / bankBitLines);
    const weight = weightOfCell(
      every,
      Math.floor(c / perBank),
      wordLine,
      within - wordLine * bankBitLines,
    );
    if (!weight) return;
    const place = places[weight.output];
    const last = place.at(-1);
    // cells of a weight are neighbours, so they come one after another
    const own = last?.input === weight.input ? last : newWeight(weight.input, encoding);
    if (own !== last) place.push(own);
    own.held[weight.cell] = levelOf(g);
  });
  return places;
}

const newWeight = (input: number, { cellsPerWeight }: LayerPlacement["encoding"]) => ({
  input,
  held: new Array<number>(cellsPerWeight).fill(FREE),
});
