import type { ProgrammingImage } from "../ir/image.ts";
import { tensor } from "../ir/tensor.ts";
import { bankGroups } from "./bank-groups.ts";
import type { ByteSink } from "./bytes.ts";
import { encodedName } from "./entry-names.ts";
import { type PlacedLayer, placedLayers } from "./find-layer.ts";
import { layerCodes } from "./layer-codes.ts";
import { writeNpy } from "./npy.ts";
import { addNpyStream } from "./npz.ts";
import { type ZipOptions, zipWriter } from "./zip-writer.ts";

/**
 * The cells of an image for NumPy. For each layer (its name percent-encoded): `NAME.levels` uint8
 * [banks x wordLines x bitLines], 255 unused; `NAME.codes` int16 [outputs x inputs], the weights that they hold;
 * `NAME.scale` float32, the real value of code 1, one or one per output.
 */
export async function exportNpz(
  image: ProgrammingImage,
  sink: ByteSink,
  options: ZipOptions = {},
): Promise<void> {
  const zip = zipWriter(sink, options);
  for (const placed of placedLayers(image)) {
    const { layer, cells, placement } = placed;
    const name = encodedName(layer.id);
    const shape = [cells.banks, cells.wordLines, cells.bitLines];
    await addNpyStream(zip, `${name}.levels.npy`, "uint8", shape, levelsOf(placed));
    const codes = tensor(
      "int16",
      [placement.outputs, placement.inputs],
      Int16Array.from((await layerCodes(placement, placed.cells)).data),
    );
    await zip.add(`${name}.codes.npy`, writeNpy(codes));
    await zip.add(
      `${name}.scale.npy`,
      writeNpy(tensor("float32", [layer.scale.length], layer.scale)),
    );
  }
  await zip.finish();
}

async function* levelsOf({ cells }: PlacedLayer): AsyncGenerator<Uint8Array> {
  for await (const { levels } of bankGroups(cells)) yield levels;
}
