import { XbcError } from "../errors.ts";
import type { Die } from "../ir/die.ts";
import type { LayerCells, ProgrammingImage } from "../ir/image.ts";
import type { LayerId } from "../ir/network.ts";
import { type Tensor, tensor } from "../ir/tensor.ts";
import type { ByteSink, ByteSource } from "./bytes.ts";
import { encodedName } from "./entry-names.ts";
import { type Npz, openNpz, writeNpz } from "./npz.ts";

/**
 * A die file, as NumPy reads and writes it: `LAYER.conductance_S` float32 [banks x wordLines x bitLines] for each
 * layer (its name percent-encoded), NaN = not measured; `elapsed_s`, a number; `provenance`, UTF-8 bytes of a text.
 */
export async function writeDie(die: Die, image: ProgrammingImage, sink: ByteSink): Promise<void> {
  const arrays: [string, Tensor][] = [];
  for (const cells of image.cells) {
    const found = die.layers.get(cells.layer);
    if (found) arrays.push([keyOf(cells.layer), tensor("float32", shapeOf(cells), found)]);
  }
  arrays.push(["elapsed_s", tensor("float64", [], Float64Array.of(die.elapsed_s))]);
  const text = new TextEncoder().encode(die.provenance);
  arrays.push(["provenance", tensor("uint8", [text.length], text)]);
  await writeNpz(sink, arrays);
}

/**
 * A die file, checked against the banks of an image. Every layer must be there; a float64 array is rounded.
 * @throws BAD_FILE naming the array: missing, of another shape or type, a conductance below 0 or infinite
 */
export async function readDie(
  source: ByteSource,
  image: Pick<ProgrammingImage, "cells">,
  name: string,
): Promise<Die> {
  const npz = await openNpz(source, name);
  const layers = new Map<LayerId, Float32Array>();
  for (const cells of image.cells) layers.set(cells.layer, await readLayer(npz, cells, name));
  const provenance = await npz.get("provenance").catch(() => null);
  return {
    layers,
    elapsed_s: await readElapsed(npz, name),
    provenance:
      provenance?.data instanceof Uint8Array ? new TextDecoder().decode(provenance.data) : "",
  };
}

const keyOf = (layer: LayerId): string => `${encodedName(layer)}.conductance_S`;

const shapeOf = ({ banks, wordLines, bitLines }: LayerCells) => [banks, wordLines, bitLines];

async function readLayer(npz: Npz, cells: LayerCells, name: string): Promise<Float32Array> {
  const key = keyOf(cells.layer);
  const shape = shapeOf(cells);
  const refuse = (found: string): never => {
    throw new XbcError(
      "BAD_FILE",
      `${name}, array ${key}: needs conductances of [${shape.join(" x ")}] cells in siemens, found ${found}; ` +
        "measure the banks of this image, NaN where a cell was not read",
    );
  };
  const found = await npz.get(key);
  if (!found) return refuse(`no such array among ${npz.names.join(", ") || "none"}`);
  const { data } = found;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return refuse(found.type);
  if (found.shape.join() !== shape.join()) return refuse(`shape [${found.shape.join(" x ")}]`);
  const bad = data.findIndex((g) => g < 0 || g === Number.POSITIVE_INFINITY);
  if (bad >= 0) return refuse(`${data[bad]} at cell ${bad}`);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

async function readElapsed(npz: Npz, name: string): Promise<number> {
  const found = await npz.get("elapsed_s");
  const value = found ? Number(found.data[0]) : Number.NaN;
  if (found && found.data.length === 1 && value >= 0 && Number.isFinite(value)) return value;
  throw new XbcError(
    "BAD_FILE",
    `${name}, array elapsed_s: needs the seconds from programming to the measurement, found ${found ? found.data.slice(0, 3).join(", ") : "no such array"}; add the number`,
  );
}
