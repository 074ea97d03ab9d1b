import type { ProgrammingImage } from "../ir/image.ts";
import { referenceCells, tileOfBank, weightOfCell } from "../ir/placement.ts";
import { bankGroups } from "./bank-groups.ts";
import { type PlacedLayer, placedLayers } from "./find-layer.ts";
import { codeOfLevels } from "./level-codes.ts";
import { csvField, textChunks } from "./text-chunks.ts";

/** The cells of an image as CSV: one line for each cell that holds a weight, with that weight, or a reference, without; unused ones are left out. */
export function exportCsv(image: ProgrammingImage): AsyncGenerator<string> {
  const lines = async function* (): AsyncGenerator<string> {
    yield "layer,bank,wordLine,bitLine,level,output,input,code\n";
    for (const placed of placedLayers(image)) yield* layerLines(placed);
  };
  return textChunks(lines());
}

async function* layerLines({ layer, placement, cells }: PlacedLayer): AsyncGenerator<string> {
  const name = csvField(layer.id);
  const c = placement.encoding.cellsPerWeight;
  for await (const { bank, levels } of bankGroups(cells)) {
    const tile = tileOfBank(placement, bank);
    for (let w = 0; w < tile.wordLines.count; w++) {
      for (let b = 0; b < tile.bitLines.count; b += c) {
        const weight = weightOfCell(placement, bank, w, b);
        if (weight === null) continue;
        const at = w * cells.bitLines + b;
        const code = codeOfLevels(placement, levels.subarray(at, at + c), bank, w, b);
        for (let k = 0; k < c; k++) {
          yield `${name},${bank},${w},${b + k},${levels[at + k]},${weight.output},${weight.input},${code}\n`;
        }
      }
      for (let b = cells.bitLines - referenceCells(placement.encoding); b < cells.bitLines; b++)
        yield `${name},${bank},${w},${b},${levels[w * cells.bitLines + b]},,,\n`;
    }
  }
}
