import { internal, XbcError } from "../errors.ts";
import type { LayerCells, ProgrammingImage } from "../ir/image.ts";
import type { DigitalLayer, Layer, LayerId, MatrixLayer, Requantize } from "../ir/network.ts";
import { scheduleColumns } from "../ir/schedule.ts";
import { type ElementType, type Tensor, tensor } from "../ir/tensor.ts";
import { canonicalJson, toJsonReal } from "../schema/canonical-json.ts";
import type { ByteSink } from "./bytes.ts";
import {
  arrayName,
  bankName,
  manifestName,
  referenceName,
  scheduleName,
  subgraphName,
  tilesName,
} from "./entry-names.ts";
import { loopCounts } from "./loop-counts.ts";
import {
  type EntryRecord,
  type Manifest,
  manifestBytes,
  type StoredDigital,
  type StoredLayer,
  type StoredNoise,
  type StoredRequantize,
} from "./manifest.ts";
import { writeNpy } from "./npy.ts";
import { addNpyStream } from "./npz.ts";
import { sha256Of } from "./sha256.ts";
import { tileColumns, tileTable } from "./tile-table.ts";
import { type WrittenEntry, zipWriter } from "./zip-writer.ts";

export interface WriteImageOptions {
  /** no compression: the archive's bytes are then the same everywhere */
  readonly store?: boolean;
  /** banks written, of all of them */
  readonly progress?: (done: number, total: number) => void;
  /** most bytes of one entry of banks; 1 GiB */
  readonly splitAt?: number;
}

/** What adds entries to the archive and remembers what the manifest says of them; gives back their names. */
interface Archive {
  readonly array: (
    name: string,
    type: ElementType,
    shape: readonly number[],
    data: Tensor["data"],
  ) => Promise<string>;
  readonly file: (name: string, bytes: Uint8Array) => Promise<string>;
}

/** Banks are asked for and written in blocks of about so many bytes. */
const blockSize = 1 << 22;

/** Writes an image as a `.xbi` archive, banks as a stream. */
export async function writeImage(
  image: ProgrammingImage,
  sink: ByteSink,
  options: WriteImageOptions = {},
): Promise<void> {
  await writeEntries(image, sink, options);
}

/**
 * One SHA-256 of an image's content: over the name and SHA-256 of each entry, uncompressed, in the order of the
 * archive. The same on every machine and for every compression.
 */
export async function hashImage(image: ProgrammingImage): Promise<string> {
  const entries = await writeEntries(image, { write: async () => undefined }, { store: true });
  const lines = entries.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
  return sha256Of(new TextEncoder().encode(lines.join("")));
}

/** Writes every entry; the manifest comes last, since it holds the SHA-256 of all others. */
async function writeEntries(
  image: ProgrammingImage,
  sink: ByteSink,
  options: WriteImageOptions,
): Promise<readonly EntryRecord[]> {
  const zip = zipWriter(sink, { store: options.store === true, sealed: true });
  const entries: EntryRecord[] = [];
  const remember = (
    written: WrittenEntry,
    array?: Pick<EntryRecord, "dtype" | "shape">,
  ): string => {
    if (entries.some((entry) => entry.name === written.name)) {
      throw new XbcError(
        "UNSUPPORTED",
        `entry ${written.name}: needs a name of its own, found two layers that share it; rename one in the model`,
      );
    }
    entries.push({ ...written, ...array });
    return written.name;
  };
  const archive: Archive = {
    array: async (name, type, shape, data) =>
      remember(await zip.add(name, writeNpy(tensor(type, shape, data))), { dtype: type, shape }),
    file: async (name, bytes) => remember(await zip.add(name, bytes)),
  };

  const layers: StoredLayer[] = [];
  for (const [index, layer] of image.layers.entries())
    layers.push(await storeLayer(layer, index, archive));
  await archive.file(referenceName, image.reference);

  const total = image.cells.reduce((sum, cells) => sum + cells.banks, 0);
  let done = 0;
  const cells: { layer: LayerId; entries: string[] }[] = [];
  for (const layer of image.cells) {
    const names: string[] = [];
    for (const part of parts(layer, options.splitAt ?? 2 ** 30)) {
      const shape = [part.count, layer.wordLines, layer.bitLines];
      const blocks = bankBlocks(layer, part.first, part.count, (banks) => {
        done += banks;
        options.progress?.(done, total);
      });
      const written = await addNpyStream(zip, part.name, "uint8", shape, blocks);
      names.push(remember(written, { dtype: "uint8", shape }));
    }
    cells.push({ layer: layer.layer, entries: names });
  }

  const table = tileTable(image.placements);
  await archive.array(tilesName, "int32", [table.rows, tileColumns.length], table.data);
  const { rows, data } = image.steps;
  await archive.array(scheduleName, "int32", [rows, scheduleColumns.length], data);
  const bytes = manifestBytes(manifestOf(image, layers, cells, entries));
  const manifest = await zip.add(manifestName, bytes);
  await zip.finish();
  return [...entries, manifest];
}

function parts(
  cells: LayerCells,
  splitAt: number,
): readonly { first: number; count: number; name: string }[] {
  const each = Math.max(1, Math.floor(splitAt / (cells.wordLines * cells.bitLines)));
  const count = Math.ceil(cells.banks / each);
  return Array.from({ length: count }, (_, k) => ({
    first: k * each,
    count: Math.min(each, cells.banks - k * each),
    name: bankName(cells.layer, k, count),
  }));
}

async function* bankBlocks(
  cells: LayerCells,
  first: number,
  count: number,
  written: (banks: number) => void,
): AsyncGenerator<Uint8Array> {
  const each = Math.max(1, Math.floor(blockSize / (cells.wordLines * cells.bitLines)));
  for (let bank = first; bank < first + count; bank += each) {
    const banks = Math.min(each, first + count - bank);
    yield await cells.range(bank, banks);
    written(banks);
  }
}

async function storeLayer(layer: Layer, index: number, archive: Archive): Promise<StoredLayer> {
  switch (layer.kind) {
    case "matrix": {
      const scale = await archive.array(
        arrayName(layer.id, "scale"),
        "float32",
        [layer.scale.length],
        layer.scale,
      );
      const requantize = await storeRequantize(layer.id, layer.outputs, layer.requantize, archive);
      return { ...matrixFields(layer), scale, requantize };
    }
    case "digital":
      return { kind: "digital", step: await storeDigital(layer, archive) };
    case "subgraph":
      return { ...layer, onnx: await archive.file(subgraphName(index), layer.onnx) };
  }
}

/** The fields that the manifest holds, and no other that a pass may have left on the layer. */
function matrixFields(layer: MatrixLayer): Omit<MatrixLayer, "scale" | "requantize"> {
  const { kind, id, op, from, to, inputs, outputs, alwaysOn, roundedBy, readOut } = layer;
  const { access, activations, presentation, alphabet } = layer;
  const shape = { kind, id, op, from, to, inputs, outputs, alwaysOn, roundedBy, readOut };
  return { ...shape, access, activations, presentation, alphabet };
}

async function storeDigital(layer: DigitalLayer, archive: Archive): Promise<StoredDigital> {
  switch (layer.op) {
    case "encode": {
      const { channels, directions, thresholds } = layer;
      const steps = thresholds.length / channels;
      return {
        ...layer,
        thresholds: await archive.array(
          arrayName(layer.id, "thresholds"),
          "float32",
          [channels, steps],
          thresholds,
        ),
        directions: await archive.array(
          arrayName(layer.id, "directions"),
          "int8",
          [channels],
          directions,
        ),
      };
    }
    case "join":
      return layer;
    case "permute": {
      const { order } = layer;
      return {
        ...layer,
        order: await archive.array(arrayName(layer.id, "order"), "int32", [order.length], order),
      };
    }
    case "pool": {
      const { directions } = layer;
      const name = arrayName(layer.id, "directions");
      return {
        ...layer,
        directions: await archive.array(name, "int8", [directions.length], directions),
      };
    }
    case "spikes": {
      const { steps, table } = layer;
      const name = arrayName(layer.id, "table");
      return { ...layer, table: await archive.array(name, "uint8", [steps, 256], table) };
    }
    case "integrate-fire": {
      const { thresholds } = layer;
      const name = arrayName(layer.id, "thresholds");
      const shape = [thresholds.length];
      return { ...layer, thresholds: await archive.array(name, "int32", shape, thresholds) };
    }
    case "requantize":
      return {
        ...layer,
        requantize: await storeRequantize(layer.id, layer.channels, layer.requantize, archive),
      };
  }
}

async function storeRequantize(
  layer: LayerId,
  outputs: number,
  requantize: Requantize,
  archive: Archive,
): Promise<StoredRequantize> {
  switch (requantize.kind) {
    case "sum":
      return { kind: "sum" };
    case "thresholds": {
      const { thresholds, directions } = requantize;
      const shape = [outputs, thresholds.length / outputs];
      return {
        kind: "thresholds",
        range: requantize.range,
        thresholds: await archive.array(arrayName(layer, "thresholds"), "int32", shape, thresholds),
        directions: await archive.array(
          arrayName(layer, "directions"),
          "int8",
          [outputs],
          directions,
        ),
      };
    }
    case "table": {
      const { codes, range, minimum, maximum } = requantize;
      const shape = [outputs, codes.length / outputs];
      const name = await archive.array(arrayName(layer, "table"), "int16", shape, codes);
      return { kind: "table", range, minimum, maximum, codes: name };
    }
  }
}

function manifestOf(
  image: ProgrammingImage,
  layers: Manifest["layers"],
  cells: Manifest["cells"],
  entries: Manifest["entries"],
): Manifest {
  const known = image.encodings.map(canonicalJson);
  return {
    format: image.format,
    version: image.version,
    generator: image.generator,
    source: image.source,
    target: image.target,
    condition: image.condition,
    precision: image.precision,
    technology: image.technology,
    programming: image.programming,
    noise: image.noise.map(storedNoise),
    weak: image.weak && {
      condition: image.weak.condition,
      noise: image.weak.noise.map(storedNoise),
    },
    limits: { ...image.limits, margin: toJsonReal(image.limits.margin) },
    costModel: image.costModel,
    inputs: image.inputs,
    outputs: image.outputs,
    buffers: Array.from(image.buffers, ([id, buffer]) => ({ ...buffer, id })),
    layers,
    loops: loopCounts(image),
    encodings: image.encodings,
    placements: image.placements.map(({ encoding, ...placement }) => {
      const index = known.indexOf(canonicalJson(encoding));
      if (index < 0)
        throw internal(`layer ${placement.layer}`, "its encoding is none of the image's");
      return { ...placement, encoding: index };
    }),
    cells,
    costs: image.costs,
    seed: image.seed,
    options: image.options,
    assumptions: image.assumptions,
    warnings: image.warnings,
    baseline: image.baseline,
    referenceWeights: Array.from(image.referenceWeights, ([layer, { value, transposed }]) => ({
      layer,
      value,
      transposed,
    })),
    entries,
  };
}

function storedNoise({ model, parameters }: ProgrammingImage["noise"][number]): StoredNoise {
  const reals = Object.entries(parameters).map(
    ([name, value]) => [name, toJsonReal(value)] as const,
  );
  return { model, parameters: Object.fromEntries(reals) };
}
