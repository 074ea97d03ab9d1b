import { XbcError } from "../errors.ts";
import { type ByteSource, concat, readExactly } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { inflated } from "./deflate.ts";
import { readDirectory } from "./zip-directory.ts";
import type { ZipEntry } from "./zip-entry.ts";
import { method } from "./zip-format.ts";
import { checkLayout } from "./zip-layout.ts";

export type { ZipEntry } from "./zip-entry.ts";

export interface ZipLimits {
  /** most entries, and most bytes of all of them uncompressed */
  readonly entries?: number;
  readonly totalSize?: number;
  /** true: only archives whose every byte is as zipWriter writes it; others may come from any packer */
  readonly ours?: boolean;
}

/** An archive whose directory was read and checked; its entries are read when they are asked for. */
export interface ZipArchive {
  readonly name: string;
  /** in the order of the directory */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** The bytes of an entry in parts, from its beginning; the last check is made when they end. */
  readonly stream: (entry: ZipEntry) => AsyncGenerator<Uint8Array>;
  /** All bytes of an entry. */
  readonly read: (entry: ZipEntry) => Promise<Uint8Array>;
  /** Bytes of an entry that is stored, at any place; not checked against its CRC. */
  readonly slice: (entry: ZipEntry, offset: number, length: number) => Promise<Uint8Array>;
}

const mostEntries = 100_000;
/** 1 TiB: far above what memory holds, far below what a forged directory can claim */
const mostBytes = 2 ** 40;
const chunkSize = 1 << 20;

/**
 * Opens a ZIP archive and checks its directory against its entries before anything is used: names, methods,
 * sizes, compression ratio, that entries neither overlap nor leave gaps, and that nothing follows the end.
 * @throws BAD_FILE naming entry and offset
 */
export async function openZip(
  source: ByteSource,
  name: string,
  limits: ZipLimits = {},
): Promise<ZipArchive> {
  const { entries, start } = await readDirectory(source, name, {
    entries: limits.entries ?? mostEntries,
    totalSize: limits.totalSize ?? mostBytes,
    ours: limits.ours ?? false,
  });
  const places = await checkLayout(source, name, entries, start, limits.ours ?? false);
  const dataOffset = (entry: ZipEntry): number => places.get(entry.name) ?? 0;
  const stream = (entry: ZipEntry) => entryBytes(source, name, entry, dataOffset(entry));
  return {
    name,
    entries: new Map(
      entries.filter((entry) => !entry.name.endsWith("/")).map((entry) => [entry.name, entry]),
    ),
    stream,
    read: async (entry) => {
      const parts: Uint8Array[] = [];
      for await (const part of stream(entry)) parts.push(part);
      return parts.length === 1 ? parts[0] : concat(parts);
    },
    slice: (entry, offset, length) =>
      readExactly(source, dataOffset(entry) + offset, length, `${name}, entry ${entry.name}`),
  };
}

/** The bytes of one entry, checked for size and CRC-32. */
async function* entryBytes(
  source: ByteSource,
  archive: string,
  entry: ZipEntry,
  dataOffset: number,
): AsyncGenerator<Uint8Array> {
  const where = `${archive}, entry ${entry.name} at offset ${entry.offset}`;
  const raw = rawChunks(source, where, dataOffset, entry.compressedSize);
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of entry.method === method.stored ? raw : inflated(raw)) {
      size += chunk.length;
      if (size > entry.size) break;
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof XbcError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw damaged(
      where,
      `needs a deflate stream of ${entry.compressedSize} bytes, found: ${found}`,
    );
  }
  if (size !== entry.size) {
    throw damaged(
      where,
      `needs ${entry.size} bytes uncompressed, found ${size > entry.size ? "more" : size}`,
    );
  }
  if (crc !== entry.crc) {
    throw damaged(where, `needs CRC-32 ${hex(entry.crc)}, found ${hex(crc)}`);
  }
}

async function* rawChunks(
  source: ByteSource,
  where: string,
  first: number,
  length: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += chunkSize) {
    yield await readExactly(source, first + at, Math.min(chunkSize, length - at), where);
  }
}

const hex = (value: number): string => value.toString(16).padStart(8, "0");

const damaged = (where: string, message: string): XbcError =>
  new XbcError("BAD_FILE", `${where}: ${message}; the file is damaged, get it again`);
