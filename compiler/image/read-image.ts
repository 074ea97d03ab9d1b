import type { ProgrammingImage } from "../ir/image.ts";
import type { Layer } from "../ir/network.ts";
import { scheduleColumns } from "../ir/schedule.ts";
import type { Tensor } from "../ir/tensor.ts";
import { canonicalJson } from "../schema/canonical-json.ts";
import type { BankReader } from "./bank-reader.ts";
import type { ByteSource } from "./bytes.ts";
import { checkImage } from "./check-image.ts";
import { damaged } from "./damaged.ts";
import type { Entries } from "./entries.ts";
import { openImage } from "./entries.ts";
import { manifestName, referenceName, scheduleName, tilesName } from "./entry-names.ts";
import { loopCounts } from "./loop-counts.ts";
import type { Manifest, StoredNoise } from "./manifest.ts";
import { readCells } from "./read-cells.ts";
import { readLayer } from "./read-layer.ts";
import { tileColumns, tileTable } from "./tile-table.ts";
import { checkSeal } from "./zip-seal.ts";

export interface ReadImageOptions {
  /** what to call the file in errors */
  readonly name?: string;
  /**
   * `all`: every bank and every byte of the file is checked at once; `lazy`: banks as they are used, their SHA-256 when an entry was read to
   * its end. Files up to 256 MB are checked at once, larger ones lazily.
   */
  readonly verify?: "all" | "lazy";
  /** bytes of banks that are kept, so that small images are unpacked once; 64 MiB */
  readonly cache?: number;
}

/** files up to this size are checked as a whole when they are opened */
const smallFile = 256 * 2 ** 20;

const cacheSize = 64 * 2 ** 20;

/**
 * Reads a `.xbi` archive: everything but the banks is read and checked before anything is used; banks come from the
 * source as they are asked for.
 * @throws BAD_FILE naming the entry, if anything is damaged, missing, edited or out of bounds
 */
export async function readImage(
  source: ByteSource,
  options: ReadImageOptions = {},
): Promise<ProgrammingImage> {
  const name = options.name ?? "image";
  const { manifest, entries } = await openImage(source, name);
  const placements = manifest.placements.map((placement) => {
    const encoding = manifest.encodings[placement.encoding];
    if (encoding === undefined) {
      throw damaged(
        `${name}, layer ${placement.layer}`,
        `needs an encoding below ${manifest.encodings.length}, found ${placement.encoding}`,
      );
    }
    return { ...placement, encoding };
  });
  const layers: Layer[] = [];
  for (const stored of manifest.layers) layers.push(await readLayer(stored, entries));
  const steps = await entries.array(scheduleName);
  const readers: BankReader[] = [];
  const image: ProgrammingImage = {
    ...plainFields(manifest),
    layers,
    placements,
    steps: {
      rows: steps.shape[0],
      data: int32(steps, scheduleColumns.length, `${name}, entry ${scheduleName}`),
    },
    cells: await readCells(manifest, placements, entries, readers, options.cache ?? cacheSize),
    reference: await entries.bytes(referenceName),
  };
  checkImage(image, name);
  await checkDerived(manifest, image, entries);
  if ((options.verify ?? (source.size <= smallFile ? "all" : "lazy")) === "all") {
    for (const reader of readers) await reader.verify();
    await checkSeal(source, name);
  }
  return image;
}

function plainFields(
  manifest: Manifest,
): Omit<ProgrammingImage, "layers" | "placements" | "steps" | "cells" | "reference"> {
  const {
    noise,
    weak,
    limits,
    buffers,
    referenceWeights,
    layers,
    placements,
    cells,
    loops,
    entries,
    ...plain
  } = manifest;
  return {
    ...plain,
    noise: noise.map(readNoise),
    weak: weak && { condition: weak.condition, noise: weak.noise.map(readNoise) },
    limits: { ...limits, margin: Number(limits.margin) },
    buffers: new Map(buffers.map(({ id, ...buffer }) => [id, buffer])),
    referenceWeights: new Map(
      referenceWeights.map(({ layer, value, transposed }) => [layer, { value, transposed }]),
    ),
  };
}

function readNoise({ model, parameters }: StoredNoise): ProgrammingImage["noise"][number] {
  const numbers = Object.entries(parameters).map(([name, value]) => [name, Number(value)] as const);
  return { model, parameters: Object.fromEntries(numbers) };
}

function int32({ data, shape }: Tensor, columns: number, where: string): Int32Array {
  if (data instanceof Int32Array && shape.length === 2 && shape[1] === columns) return data;
  throw damaged(where, `needs int32 rows of ${columns}, found [${shape.join(", ")}]`);
}

/** What the manifest and `tiles.npy` repeat for other readers must be what the image itself gives. */
async function checkDerived(
  manifest: Manifest,
  image: ProgrammingImage,
  entries: Entries,
): Promise<void> {
  const { name } = entries;
  if (canonicalJson(manifest.loops) !== canonicalJson(loopCounts(image))) {
    throw damaged(`${name}, ${manifestName}`, "needs the loop counts of its layers, found others");
  }
  const tiles = int32(
    await entries.array(tilesName),
    tileColumns.length,
    `${name}, entry ${tilesName}`,
  );
  const { data } = tileTable(image.placements);
  if (tiles.length !== data.length || tiles.some((value, k) => value !== data[k])) {
    throw damaged(`${name}, entry ${tilesName}`, "needs the tiles of its placements, found others");
  }
}
