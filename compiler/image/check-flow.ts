import type { ProgrammingImage } from "../ir/image.ts";
import type { BufferId } from "../ir/network.ts";
import { readsOf } from "../ir/network.ts";
import type { Need } from "./check-range.ts";

/** Every buffer is written once, by an input or a layer, before it is read. */
export function checkFlow(image: ProgrammingImage, need: Need): void {
  const written = new Set<BufferId>();
  const write = (id: BufferId, where: string): void => {
    need(image.buffers.has(id), where, "a buffer of the image to write", id);
    need(!written.has(id), where, "each buffer to be written once", `${id} written again`);
    written.add(id);
  };
  const read = (id: BufferId, where: string): void =>
    need(written.has(id), where, "a buffer that was written before to read", id);
  for (const input of image.inputs) write(input.buffer, `input ${input.name}`);
  const names = new Set<string>();
  for (const layer of image.layers) {
    const where = `layer ${layer.id}`;
    need(!names.has(layer.id), where, "a name of its own", "it twice");
    names.add(layer.id);
    for (const id of readsOf(layer)) read(id, where);
    for (const id of layer.kind === "subgraph" ? layer.to : [layer.to]) write(id, where);
  }
  for (const output of image.outputs) read(output.buffer, `output ${output.name}`);
  for (const { layer } of image.costs)
    need(names.has(layer), "costs", "a layer of the image", layer);
  for (const layer of image.referenceWeights.keys()) {
    need(names.has(layer), "reference weights", "a layer of the image", layer);
  }
}
