import { filledReference } from "../evaluate.ts";
import type { Graph } from "../ir/graph.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import type { CodeMatrix, LayerId } from "../ir/network.ts";
import { importGraph } from "../onnx/import.ts";
import { parseOnnx } from "../onnx/parse.ts";
import { serializeGraph } from "../onnx/serialize.ts";
import { layerCodes } from "./layer-codes.ts";

/** The codes of every matrix layer, as the cells hold them. */
export async function codesOfImage(
  image: ProgrammingImage,
): Promise<ReadonlyMap<LayerId, CodeMatrix>> {
  const codes = new Map<LayerId, CodeMatrix>();
  for (let index = 0; index < image.placements.length; index++) {
    codes.set(
      image.placements[index].layer,
      await layerCodes(image.placements[index], image.cells[index]),
    );
  }
  return codes;
}

/** The quantized network as a graph of standard operators, with the weights that the cells hold, or with others. */
export async function referenceOf(
  image: ProgrammingImage,
  codes?: ReadonlyMap<LayerId, CodeMatrix>,
): Promise<Graph> {
  const reference = importGraph(parseOnnx(image.reference));
  return filledReference(reference, image.referenceWeights, codes ?? (await codesOfImage(image)));
}

/**
 * The quantized network as an ONNX file: exactly what the noise-free runtime equals bit for bit, in any ONNX
 * runtime with graph optimizations off.
 * @param codes other weights, such as those that one drawn device holds
 */
export async function exportOnnx(
  image: ProgrammingImage,
  codes?: ReadonlyMap<LayerId, CodeMatrix>,
): Promise<Uint8Array> {
  return serializeGraph(await referenceOf(image, codes));
}
