import { XbcError } from "../errors.ts";
import { checkBank } from "../ir/bank-codes.ts";
import type { LayerCells, ProgrammingImage } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { Layer, LayerId, Requantize } from "../ir/network.ts";
import { scheduleColumns } from "../ir/schedule.ts";
import type { Tensor } from "../ir/tensor.ts";
import { canonicalJson } from "../schema/canonical-json.ts";
import { type BankReader, bankReader, type CacheBudget } from "./bank-reader.ts";
import type { ByteSource } from "./bytes.ts";
import { checkImage } from "./check-image.ts";
import { manifestName, referenceName, scheduleName, tilesName } from "./entry-names.ts";
import { loopCounts } from "./loop-counts.ts";
import {
  type EntryRecord,
  type Manifest,
  parseManifest,
  type StoredLayer,
  type StoredNoise,
  type StoredRequantize,
} from "./manifest.ts";
import { readNpy } from "./npy.ts";
import { sha256Of } from "./sha256.ts";
import { tileColumns, tileTable } from "./tile-table.ts";
import { openZip, type ZipArchive, type ZipEntry } from "./zip-reader.ts";
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

/** What reads entries of the archive, each checked against the manifest. */
interface Entries {
  readonly name: string;
  readonly archive: ZipArchive;
  readonly record: (name: string) => EntryRecord;
  readonly entry: (name: string) => ZipEntry;
  readonly bytes: (name: string) => Promise<Uint8Array>;
  readonly array: (name: string) => Promise<Tensor>;
}

/** files up to this size are checked as a whole when they are opened */
const smallFile = 256 * 2 ** 20;
const cacheSize = 64 * 2 ** 20;
/** largest entry that is held as a whole: tables, models, the manifest */
const largestEntry = 2 ** 31 - 1;

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

/**
 * The manifest of an image, with what reads its entries; the archive holds what the manifest lists and nothing else.
 * @throws BAD_FILE
 */
export async function openImage(
  source: ByteSource,
  name: string,
): Promise<{ manifest: Manifest; entries: Entries }> {
  const archive = await openZip(source, name, { ours: true });
  const found = archive.entries.get(manifestName);
  if (found === undefined) {
    throw damaged(
      name,
      `needs an entry ${manifestName}, found ${[...archive.entries.keys()].slice(0, 5).join(", ") || "none"}`,
    );
  }
  const manifest = parseManifest(await whole(archive, found), `${name}, ${manifestName}`);
  const records = new Map(manifest.entries.map((record) => [record.name, record]));
  for (const entry of archive.entries.keys()) {
    if (entry !== manifestName && !records.has(entry)) {
      throw damaged(
        `${name}, entry ${entry}`,
        "needs to be listed in the manifest, found it beside it",
      );
    }
  }
  for (const record of manifest.entries) {
    const size = archive.entries.get(record.name)?.size;
    if (size !== record.size) {
      throw damaged(
        `${name}, entry ${record.name}`,
        `needs ${record.size} bytes as the manifest says, found ${size ?? "no such entry"}`,
      );
    }
  }
  return { manifest, entries: entriesOf(archive, records) };
}

function entriesOf(archive: ZipArchive, records: ReadonlyMap<string, EntryRecord>): Entries {
  const { name } = archive;
  const missing = (entry: string) =>
    damaged(`${name}, entry ${entry}`, "needs to be in the archive, found no such entry");
  const record = (entry: string): EntryRecord => {
    const known = records.get(entry);
    if (known === undefined) throw missing(entry);
    return known;
  };
  const zipEntry = (entry: string): ZipEntry => {
    const known = archive.entries.get(record(entry).name);
    if (known === undefined) throw missing(entry);
    return known;
  };
  const bytes = async (entry: string): Promise<Uint8Array> => {
    const content = await whole(archive, zipEntry(entry));
    const hash = sha256Of(content);
    if (hash !== record(entry).sha256) {
      throw damaged(
        `${name}, entry ${entry}`,
        `needs SHA-256 ${record(entry).sha256}, found ${hash}`,
      );
    }
    return content;
  };
  const array = async (entry: string): Promise<Tensor> => {
    const where = `${name}, entry ${entry}`;
    const tensor = readNpy(await bytes(entry), where);
    const { dtype, shape } = record(entry);
    if (tensor.type !== dtype || tensor.shape.join() !== shape?.join()) {
      throw damaged(
        where,
        `needs ${dtype} [${shape?.join(", ")}] as the manifest says, found ${tensor.type} [${tensor.shape.join(", ")}]`,
      );
    }
    return tensor;
  };
  return { name, archive, record, entry: zipEntry, bytes, array };
}

async function whole(archive: ZipArchive, entry: ZipEntry): Promise<Uint8Array> {
  if (entry.size <= largestEntry) return archive.read(entry);
  throw damaged(
    `${archive.name}, entry ${entry.name}`,
    `needs at most ${largestEntry} bytes, found ${entry.size}`,
  );
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

async function readLayer(stored: StoredLayer, entries: Entries): Promise<Layer> {
  switch (stored.kind) {
    case "matrix": {
      const scale = await typed(entries, stored.scale, Float32Array);
      return { ...stored, scale, requantize: await readRequantize(stored.requantize, entries) };
    }
    case "subgraph":
      return { ...stored, onnx: await entries.bytes(stored.onnx) };
    case "digital": {
      const { step } = stored;
      switch (step.op) {
        case "encode": {
          const thresholds = await typed(entries, step.thresholds, Float32Array);
          return {
            ...step,
            thresholds,
            directions: await typed(entries, step.directions, Int8Array),
          };
        }
        case "permute":
          return { ...step, order: await typed(entries, step.order, Int32Array) };
        case "pool":
          return { ...step, directions: await typed(entries, step.directions, Int8Array) };
        case "spikes":
          return { ...step, table: await typed(entries, step.table, Uint8Array) };
        case "integrate-fire":
          return { ...step, thresholds: await typed(entries, step.thresholds, Int32Array) };
        case "requantize":
          return { ...step, requantize: await readRequantize(step.requantize, entries) };
      }
    }
  }
}

async function readRequantize(stored: StoredRequantize, entries: Entries): Promise<Requantize> {
  switch (stored.kind) {
    case "sum":
      return stored;
    case "thresholds": {
      const thresholds = await typed(entries, stored.thresholds, Int32Array);
      return {
        ...stored,
        thresholds,
        directions: await typed(entries, stored.directions, Int8Array),
      };
    }
    case "table":
      return { ...stored, codes: await typed(entries, stored.codes, Int16Array) };
  }
}

/** The data of an array that must be of one type. */
async function typed<T extends Tensor["data"]>(
  entries: Entries,
  name: string,
  type: { new (length: number): T; readonly name: string },
): Promise<T> {
  const { data } = await entries.array(name);
  if (data instanceof type) return data;
  throw damaged(
    `${entries.name}, entry ${name}`,
    `needs the type of ${type.name}, found ${data.constructor.name}`,
  );
}

function int32({ data, shape }: Tensor, columns: number, where: string): Int32Array {
  if (data instanceof Int32Array && shape.length === 2 && shape[1] === columns) return data;
  throw damaged(where, `needs int32 rows of ${columns}, found [${shape.join(", ")}]`);
}

async function readCells(
  manifest: Manifest,
  placements: readonly LayerPlacement[],
  entries: Entries,
  readers: BankReader[],
  cache: number,
): Promise<readonly LayerCells[]> {
  const budget: CacheBudget = { left: cache };
  const out: LayerCells[] = [];
  for (const { layer, entries: names } of manifest.cells) {
    const placement = placements.find((candidate) => candidate.layer === layer);
    const where = `${entries.name}, layer ${layer}`;
    if (placement === undefined)
      throw damaged(where, "needs a placement for its cells, found none");
    const { bankWordLines, bankBitLines } = placement;
    const parts: BankReader[] = [];
    let banks = 0;
    for (const name of names) {
      const record = entries.record(name);
      const [count, wordLines, bitLines] = record.shape ?? [];
      if (
        record.shape?.length !== 3 ||
        count < 1 ||
        wordLines !== bankWordLines ||
        bitLines !== bankBitLines
      ) {
        throw damaged(
          `${entries.name}, entry ${name}`,
          `needs banks of ${bankWordLines} x ${bankBitLines} cells, found [${record.shape?.join(", ")}]`,
        );
      }
      const first = banks;
      const check = (levels: Uint8Array, bank: number) =>
        checkBank(placement, levels, first + bank);
      parts.push(
        await bankReader(
          entries.archive,
          entries.entry(name),
          record,
          wordLines * bitLines,
          count,
          check,
          budget,
        ),
      );
      banks += count;
    }
    readers.push(...parts);
    out.push(layerCells(layer, placement, parts, banks));
  }
  return out;
}

/** Banks of a layer out of the entries that hold them. */
function layerCells(
  layer: LayerId,
  placement: LayerPlacement,
  parts: readonly BankReader[],
  banks: number,
): LayerCells {
  const { bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const range = async (first: number, count: number): Promise<Uint8Array> => {
    if (first < 0 || count < 0 || first + count > banks) {
      throw new XbcError(
        "INTERNAL",
        `layer ${layer}: needs banks below ${banks}, found ${first} to ${first + count}`,
      );
    }
    const found: Uint8Array[] = [];
    let before = 0;
    for (const part of parts) {
      const begin = Math.max(first, before);
      const end = Math.min(first + count, before + part.banks);
      if (begin < end) found.push(await part.range(begin - before, end - begin));
      before += part.banks;
    }
    if (found.length === 1) return found[0];
    const out = new Uint8Array(count * wordLines * bitLines);
    let at = 0;
    for (const levels of found) {
      out.set(levels, at);
      at += levels.length;
    }
    return out;
  };
  return { layer, banks, wordLines, bitLines, levels: (bank) => range(bank, 1), range };
}

/** What the manifest and `tiles.npy` repeat for other readers must be what the image itself gives. */
async function checkDerived(
  manifest: Manifest,
  image: ProgrammingImage,
  entries: Entries,
): Promise<void> {
  const { name } = entries;
  if (canonicalJson(manifest.loops) !== canonicalJson(loopCounts(image.layers))) {
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

function damaged(where: string, message: string): XbcError {
  return new XbcError(
    "BAD_FILE",
    `${where}: ${message}; the file was edited or is damaged, compile the image again`,
  );
}
