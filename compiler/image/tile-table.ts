import type { LayerPlacement, Tile } from "../ir/mapping.ts";
import { tiles } from "../ir/placement.ts";

/**
 * Columns of `tiles.npy`, int32. A row is a regular run: `count` tiles of one size, each so much further. Inputs,
 * outputs and banks count within the layer, layers among the image's placements.
 */
export const tileColumns = [
  "layer",
  "firstInput",
  "inputs",
  "firstOutput",
  "outputs",
  "bank",
  "firstWordLine",
  "wordLines",
  "firstBitLine",
  "bitLines",
  "count",
  "inputStride",
  "outputStride",
  "bankStride",
] as const;

interface TileRun {
  readonly first: Tile;
  readonly last: Tile;
  readonly count: number;
}

/** Every tile of an image's layers, as runs: [rows x tileColumns]. */
export function tileTable(placements: readonly LayerPlacement[]): {
  rows: number;
  data: Int32Array;
} {
  const rows: number[] = [];
  placements.forEach((placement, layer) => {
    for (const run of runs(placement)) rows.push(layer, ...fields(run));
  });
  return { rows: rows.length / tileColumns.length, data: Int32Array.from(rows) };
}

/** Tiles in the order of banks, joined while size and step stay the same. */
function* runs(placement: LayerPlacement): Generator<TileRun> {
  let run: TileRun | null = null;
  for (const tile of tiles(placement)) {
    if (run !== null && continues(run, tile)) {
      run = { first: run.first, last: tile, count: run.count + 1 };
      continue;
    }
    if (run !== null) yield run;
    run = { first: tile, last: tile, count: 1 };
  }
  if (run !== null) yield run;
}

function continues({ first, last, count }: TileRun, next: Tile): boolean {
  const sizes = (tile: Tile) => [
    tile.inputs.count,
    tile.outputs.count,
    tile.wordLines.count,
    tile.bitLines.count,
  ];
  const step = (a: Tile, b: Tile) => [
    b.inputs.first - a.inputs.first,
    b.outputs.first - a.outputs.first,
  ];
  const same = (a: readonly number[], b: readonly number[]) =>
    a.every((value, k) => value === b[k]);
  if (!same(sizes(first), sizes(next))) return false;
  return (
    count === 1 ||
    same(
      step(first, next),
      step(first, last).map((d) => (d / (count - 1)) * count),
    )
  );
}

function fields({ first, last, count }: TileRun): readonly number[] {
  const stride = (a: number, b: number) => (count > 1 ? (b - a) / (count - 1) : 0);
  return [
    first.inputs.first,
    first.inputs.count,
    first.outputs.first,
    first.outputs.count,
    first.bank,
    first.wordLines.first,
    first.wordLines.count,
    first.bitLines.first,
    first.bitLines.count,
    count,
    stride(first.inputs.first, last.inputs.first),
    stride(first.outputs.first, last.outputs.first),
    stride(first.bank, last.bank),
  ];
}
