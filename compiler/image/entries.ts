import type { Tensor } from "../ir/tensor.ts";
import type { ByteSource } from "./bytes.ts";
import { damaged } from "./damaged.ts";
import { manifestName } from "./entry-names.ts";
import type { EntryRecord, Manifest } from "./manifest.ts";
import { parseManifest } from "./manifest.ts";
import { readNpy } from "./npy.ts";
import { sha256Of } from "./sha256.ts";
import type { ZipArchive, ZipEntry } from "./zip-reader.ts";
import { openZip } from "./zip-reader.ts";

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

/** What reads entries of the archive, each checked against the manifest. */
export interface Entries {
  readonly name: string;
  readonly archive: ZipArchive;
  readonly record: (name: string) => EntryRecord;
  readonly entry: (name: string) => ZipEntry;
  readonly bytes: (name: string) => Promise<Uint8Array>;
  readonly array: (name: string) => Promise<Tensor>;
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

/** largest entry that is held as a whole: tables, models, the manifest */
const largestEntry = 2 ** 31 - 1;
