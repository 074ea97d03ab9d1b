import type { LayerCells } from "../ir/image.ts";

/** Every bank of a layer in order, fetched in groups of about 4 MiB, so that a stream is read in one pass. */
export async function* bankGroups(
  cells: LayerCells,
): AsyncGenerator<{ bank: number; levels: Uint8Array }> {
  const size = cells.wordLines * cells.bitLines;
  const each = Math.max(1, Math.floor((1 << 22) / size));
  for (let first = 0; first < cells.banks; first += each) {
    const count = Math.min(each, cells.banks - first);
    const group = await cells.range(first, count);
    for (let k = 0; k < count; k++) {
      yield { bank: first + k, levels: group.subarray(k * size, (k + 1) * size) };
    }
  }
}
