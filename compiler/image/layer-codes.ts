import { readBank } from "../ir/bank-codes.ts";
import type { LayerCells } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { CodeMatrix } from "../ir/network.ts";

/** Banks that are read at a time. */
const TOGETHER = 256;

/**
 * The codes of one matrix layer, read back from its cells.
 * @throws BAD_FILE naming a cell whose pattern is no code
 */
export async function layerCodes(
  placement: LayerPlacement,
  cells: LayerCells,
): Promise<CodeMatrix> {
  const { inputs, outputs, encoding, banks } = placement;
  const small = encoding.alphabet.levels.every((code) => code >= -128 && code <= 127);
  const data = small ? new Int8Array(outputs * inputs) : new Int16Array(outputs * inputs);
  const size = cells.wordLines * cells.bitLines;
  for (let first = 0; first < banks; first += TOGETHER) {
    const count = Math.min(TOGETHER, banks - first);
    const levels = await cells.range(first, count);
    for (let k = 0; k < count; k++)
      readBank(placement, levels.subarray(k * size, (k + 1) * size), first + k, data);
  }
  return { outputs, inputs, alphabet: encoding.alphabet, data };
}
