import type { Tensor } from "../ir/tensor.ts";
import { bytesPerElement, type ElementType, sizeOf } from "../ir/tensor.ts";
import { type ByteSink, type ByteSource, concat } from "./bytes.ts";
import type { Chunks } from "./deflate.ts";
import { npyHeader, readNpy, writeNpy } from "./npy.ts";
import { openZip, type ZipLimits } from "./zip-reader.ts";
import { type WrittenEntry, type ZipOptions, type ZipWriter, zipWriter } from "./zip-writer.ts";

/** A .npz archive: its arrays by name, each read when it is asked for. */
export interface Npz {
  readonly names: readonly string[];
  /** null where the archive has no such array */
  readonly get: (name: string) => Promise<Tensor | null>;
}

/**
 * Opens a .npz archive. Entries that are no `.npy` are passed over, as NumPy does.
 * @throws BAD_FILE if the archive is damaged; `get` throws it for the array that it reads
 */
export async function openNpz(source: ByteSource, name: string, limits?: ZipLimits): Promise<Npz> {
  const archive = await openZip(source, name, limits);
  const names = [...archive.entries.keys()].filter((entry) => entry.endsWith(".npy"));
  return {
    names: names.map((entry) => entry.slice(0, -4)),
    get: async (array) => {
      const entry = archive.entries.get(`${array}.npy`);
      return entry ? readNpy(await archive.read(entry), `${name}, array ${array}`) : null;
    },
  };
}

/** Every array of a .npz archive. */
export async function readNpz(
  source: ByteSource,
  name: string,
  limits?: ZipLimits,
): Promise<Map<string, Tensor>> {
  const npz = await openNpz(source, name, limits);
  const out = new Map<string, Tensor>();
  for (const array of npz.names) {
    const tensor = await npz.get(array);
    if (tensor) out.set(array, tensor);
  }
  return out;
}

/** Writes arrays as a .npz archive. */
export async function writeNpz(
  sink: ByteSink,
  arrays: Iterable<readonly [name: string, tensor: Tensor]>,
  options: ZipOptions = {},
): Promise<void> {
  const zip = zipWriter(sink, options);
  for (const [name, tensor] of arrays) await zip.add(`${name}.npy`, writeNpy(tensor));
  await zip.finish();
}

/** Adds an array whose data come in parts, never held whole; a part must not change once it was given. */
export function addNpyStream(
  zip: ZipWriter,
  name: string,
  type: ElementType,
  shape: readonly number[],
  data: Chunks,
): Promise<WrittenEntry> {
  const header = npyHeader(type, shape);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield header;
    yield* gathered(data);
  };
  return zip.addStream(name, header.length + sizeOf(shape) * bytesPerElement(type), chunks());
}

/** Small parts joined to larger ones, so that hashing and deflate are called seldom. */
async function* gathered(chunks: Chunks, enough = 1 << 18): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length < enough) continue;
    yield parts.length === 1 ? parts[0] : concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield concat(parts);
}
