import { XbcError } from "../errors.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import type { Buffer, BufferId, Layer } from "../ir/network.ts";
import { sizeOf } from "../ir/tensor.ts";
import { checkDigital } from "./check-digital.ts";
import { checkEncoding } from "./check-encoding.ts";
import { checkFlow } from "./check-flow.ts";
import { checkMatrix } from "./check-matrix.ts";
import { checkPlacements } from "./check-placement.ts";
import { checkCosts, checkProgramming } from "./check-programming.ts";
import type { Need } from "./check-range.ts";
import { checkRange } from "./check-range.ts";
import { checkSchedule } from "./check-schedule.ts";

/** most elements of one sample in one buffer: above what any run could hold */
export const mostElements = 2 ** 28;

/**
 * Checks that what the schema cannot say holds of an image: every name means something, every index lies in its
 * bounds, every size fits, so that a run can trust it.
 * @throws BAD_FILE naming the layer
 */
export function checkImage(image: ProgrammingImage, name: string): void {
  const need: Need = (holds, where, needed, found) => {
    if (holds) return;
    throw new XbcError(
      "BAD_FILE",
      `${name}, ${where}: needs ${needed}, found ${String(found)}; the file was edited or is damaged, compile the image again`,
    );
  };
  for (const [id, buffer] of image.buffers) checkBuffer(id, buffer, need);
  checkFlow(image, need);
  for (const encoding of image.encodings) checkEncoding(encoding, need);
  checkPlacements(image, need);
  for (const layer of image.layers) checkLayer(layer, image, need);
  checkInputs(image, need);
  checkProgramming(image, need);
  checkCosts(image, need);
  checkSchedule(image, need);
}

function checkBuffer(id: BufferId, buffer: Buffer, need: Need): void {
  const where = `buffer ${id}`;
  const size = sizeOf(buffer.shape);
  need(size <= mostElements, where, `at most ${mostElements} elements a sample`, size);
  if (buffer.kind === "codes") checkRange(buffer.range, where, need);
}

function checkInputs(image: ProgrammingImage, need: Need): void {
  for (const { name, buffer, shape, drawn } of image.inputs) {
    const size = sizeOf(image.buffers.get(buffer)?.shape ?? []);
    const rows = drawn?.summed === "outputs" ? drawn.presentations : 1;
    need(
      rows * sizeOf(shape) === size,
      `input ${name}`,
      `the ${size} elements of its buffer`,
      rows * sizeOf(shape),
    );
  }
}

function checkLayer(layer: Layer, image: ProgrammingImage, need: Need): void {
  switch (layer.kind) {
    case "matrix":
      checkMatrix(layer, image, need);
      return;
    case "digital":
      checkDigital(layer, image, need);
      return;
    case "subgraph": {
      const { from, to, inputNames, outputNames } = layer;
      const where = `layer ${layer.id}`;
      need(
        inputNames.length === from.length,
        where,
        `${from.length} input names`,
        inputNames.length,
      );
      need(
        outputNames.length === to.length,
        where,
        `${to.length} output names`,
        outputNames.length,
      );
      need(layer.onnx.length > 0, where, "an ONNX model", "no bytes");
    }
  }
}
