import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { halfSelectRead, senseReferences } from "../../compiler/physics/half-select-read.ts";

/**
 * The current that the sense amplifiers of each bank of a layer compare with, by mean over its bit lines; null where
 * cells are not told apart by a reference of the bank.
 * @returns [banks] amperes
 */
export async function bankReferences(
  image: ProgrammingImage,
  index: number,
): Promise<readonly number[] | null> {
  const use = image.noise.find(({ model }) => model === "half-select");
  if (!use) return null;
  const read = halfSelectRead((name) => use.parameters[name]);
  const { banks, wordLines, bitLines, levels } = image.cells[index];
  const found: number[] = [];
  for (let bank = 0; bank < banks; bank++) {
    const lines = senseReferences(read, { wordLines, bitLines, levels: await levels(bank) });
    const used = lines.filter((reference) => reference > 0);
    found.push(used.reduce((sum, reference) => sum + reference, 0) / Math.max(1, used.length));
  }
  return found;
}
