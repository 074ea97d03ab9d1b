import type { XbcError } from "../errors.ts";
import { type ByteSource, readExactly } from "./bytes.ts";
import {
  bad,
  type DirectoryLimits,
  entryName,
  notOurs,
  viewOf,
  wide,
  type ZipEntry,
  zip64Values,
} from "./zip-entry.ts";
import { flag, full16, full32, method, ours, recordSize, seal, signature } from "./zip-format.ts";

/** Deflate cannot do better than 1032 to 1. */
const mostRatio = 1100;
/** no name or extra field of an entry of ours is near this */
const mostDirectory = 2 ** 26;

/**
 * The entries of an archive, in the order of its directory, and where the directory starts.
 * @throws BAD_FILE if anything in it is wrong
 */
export async function readDirectory(
  source: ByteSource,
  name: string,
  limits: DirectoryLimits,
): Promise<{ entries: readonly ZipEntry[]; start: number }> {
  const end = await readEnd(source, name, limits.ours);
  if (end.count > limits.entries) {
    throw bad(name, `needs at most ${limits.entries} entries, found ${end.count}`);
  }
  if (end.size > mostDirectory || end.start + end.size !== end.at) {
    throw bad(
      name,
      `needs the ZIP directory to end at offset ${end.at}, found it at ${end.start} with ${end.size} bytes`,
    );
  }
  const bytes = await readExactly(source, end.start, end.size, `${name}, ZIP directory`);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { entry, length } = parseEntry(
      bytes.subarray(at),
      `${name}, ZIP directory at offset ${end.start + at}`,
    );
    entries.push(entry);
    at += length;
  }
  if (entries.length !== end.count) {
    throw bad(
      name,
      `needs ${end.count} entries as the ZIP directory announces, found ${entries.length}`,
    );
  }
  checkEntries(name, entries, limits);
  if (limits.ours) for (const entry of entries) checkIdle(name, entry);
  return { entries, start: end.start };
}

/** The end record, with its ZIP64 form where there is one. */
async function readEnd(
  source: ByteSource,
  name: string,
  isOurs: boolean,
): Promise<{ start: number; size: number; count: number; at: number }> {
  const comment = isOurs || (await isSealed(source)) ? seal.size : 0;
  const tailSize = Math.min(source.size - comment, recordSize.end + recordSize.locator64);
  if (tailSize < recordSize.end) throw await noEnd(source, name, isOurs);
  const last = source.size - comment;
  const tail = await readExactly(source, last - tailSize, tailSize, name);
  const view = viewOf(tail);
  const at = tail.length - recordSize.end;
  const isEnd = view.getUint32(at, true) === signature.end;
  if (!isEnd || view.getUint16(at + 20, true) !== comment) throw await noEnd(source, name, isOurs);
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  const counts = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if (disks.some((disk) => disk !== 0) || counts[0] !== counts[1]) {
    throw bad(
      name,
      "needs a ZIP archive in one part, found one that is split over several",
      "join its parts",
    );
  }
  const [size, start] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
  const has64 = at >= recordSize.locator64 && view.getUint32(0, true) === signature.locator64;
  if (!has64) return { start, size, count: counts[0], at: last - recordSize.end };
  const end = await readEnd64(source, name, view, last, isOurs);
  const agree = (short: number, full: number, value: number) => short === full || short === value;
  if (
    !agree(counts[0], full16, end.count) ||
    !agree(size, full32, end.size) ||
    !agree(start, full32, end.start)
  ) {
    throw bad(name, "needs the ZIP end records to agree, found two that differ");
  }
  return end;
}

async function readEnd64(
  source: ByteSource,
  name: string,
  locator: DataView,
  last: number,
  isOurs: boolean,
) {
  const at = wide(locator, 8);
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) !== 1) {
    throw bad(
      name,
      "needs a ZIP archive in one part, found one that is split over several",
      "join its parts",
    );
  }
  if (at !== last - recordSize.end - recordSize.locator64 - recordSize.end64) {
    throw bad(name, `needs the ZIP64 end record just before its locator, found it at offset ${at}`);
  }
  const view = viewOf(await readExactly(source, at, recordSize.end64, name));
  const disks = [view.getUint32(16, true), view.getUint32(20, true)];
  const [here, count, size, start] = [24, 32, 40, 48].map((field) => wide(view, field));
  const plain = view.getUint32(0, true) === signature.end64 && wide(view, 4) === 44;
  if (!plain || disks.some((disk) => disk !== 0) || here !== count) {
    throw bad(name, `needs a ZIP64 end record at offset ${at}, found something else`);
  }
  const versions = [view.getUint16(12, true), view.getUint16(14, true)];
  const expected = [ours.unix * 256 + ours.version(true), ours.version(true)];
  if (isOurs && versions.join() !== expected.join()) throw notOurs(`${name}, ZIP64 end record`);
  return { start, size, count, at };
}

/** True where an archive ends in a seal; another packer's may end in its directory. */
async function isSealed(source: ByteSource): Promise<boolean> {
  if (source.size < seal.size) return false;
  const text = new TextDecoder("latin1").decode(
    await source.read(source.size - seal.size, seal.size),
  );
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** Why there is no end record where one must be. */
async function noEnd(source: ByteSource, name: string, isOurs: boolean): Promise<XbcError> {
  const first = await readExactly(source, 0, Math.min(4, source.size), name);
  const isZip = first.length === 4 && viewOf(first).getUint32(0, true) === signature.local;
  const length = Math.min(source.size, 65_557);
  const tail = await readExactly(source, source.size - length, length, name);
  for (let at = tail.length - recordSize.end; at >= 0; at--) {
    if (viewOf(tail).getUint32(at, true) !== signature.end) continue;
    const trailing = tail.length - at - recordSize.end;
    if (isOurs && trailing === 0)
      return bad(
        name,
        "needs the SHA-256 of its bytes behind the ZIP directory, found none",
        "compile the image again",
      );
    return bad(
      name,
      `needs a ZIP archive to end with its directory, found ${trailing} bytes after it`,
    );
  }
  if (!isZip)
    return bad(name, "needs a ZIP archive, found something else", "check the file's name");
  return bad(
    name,
    `needs a ZIP directory at the end, found none in ${source.size} bytes`,
    "the file is cut short, get it again",
  );
}

function parseEntry(bytes: Uint8Array, where: string): { entry: ZipEntry; length: number } {
  const view = viewOf(bytes);
  if (bytes.length < recordSize.central || view.getUint32(0, true) !== signature.central) {
    throw bad(where, "needs an entry of the ZIP directory, found something else");
  }
  const [nameLength, extraLength, commentLength, disk] = [28, 30, 32, 34].map((at) =>
    view.getUint16(at, true),
  );
  const length = recordSize.central + nameLength + extraLength + commentLength;
  if (length > bytes.length || disk !== 0) {
    throw bad(where, `needs ${length} bytes of directory entry, found ${bytes.length}`);
  }
  const [compressed, plain, offset] = [20, 24, 42].map((at) => view.getUint32(at, true));
  const nameEnd = recordSize.central + nameLength;
  const name = entryName(bytes.subarray(recordSize.central, nameEnd), where);
  const {
    values,
    idle: extra,
    isZip64,
  } = zip64Values(
    bytes.subarray(nameEnd, nameEnd + extraLength),
    [plain, compressed, offset],
    `${where}, entry ${name}`,
  );
  const [size, compressedSize, place] = values;
  const entry = {
    name,
    flags: view.getUint16(8, true),
    method: view.getUint16(10, true),
    stamp: view.getUint32(12, true),
    crc: view.getUint32(16, true),
    size,
    compressedSize,
    offset: place,
    idle: {
      madeBy: view.getUint16(4, true),
      needed: view.getUint16(6, true),
      comment: commentLength,
      internal: view.getUint16(36, true),
      external: view.getUint32(38, true),
      extra,
      isZip64,
    },
  };
  return { entry, length };
}

function checkEntries(
  archive: string,
  entries: readonly ZipEntry[],
  limits: DirectoryLimits,
): void {
  const seen = new Set<string>();
  let total = 0;
  for (const entry of entries) {
    const where = `${archive}, entry ${entry.name} at offset ${entry.offset}`;
    if (seen.has(entry.name)) throw bad(where, "needs each entry name once, found it twice");
    seen.add(entry.name);
    if (entry.flags & flag.encrypted)
      throw bad(
        where,
        "needs an entry that is not encrypted, found one that is",
        "decrypt it first",
      );
    // bits 1 and 2 say how hard the packer tried
    if (entry.flags & ~(flag.descriptor | flag.utf8 | 6)) {
      throw bad(
        where,
        `needs no other flags than 1, 2, 3 and 11, found 0x${entry.flags.toString(16)}`,
      );
    }
    if (entry.method !== method.stored && entry.method !== method.deflated) {
      throw bad(
        where,
        `needs method 0 (stored) or 8 (deflate), found ${entry.method}`,
        "pack it again with deflate",
      );
    }
    const stored = entry.method === method.stored || entry.name.endsWith("/");
    if (
      stored ? entry.size !== entry.compressedSize : entry.size > mostRatio * entry.compressedSize
    ) {
      throw bad(
        where,
        `needs at most ${stored ? 1 : mostRatio} bytes for each of ${entry.compressedSize} compressed ones, found ${entry.size}`,
        "do not use this file: it may be made to fill memory",
      );
    }
    total += entry.size;
    if (total > limits.totalSize) {
      throw bad(
        where,
        `needs at most ${limits.totalSize} bytes uncompressed in all, found ${total} up to here`,
      );
    }
  }
}

/** @throws BAD_FILE where a field that unpacking does not need differs from what zipWriter writes */
function checkIdle(archive: string, entry: ZipEntry): void {
  const { madeBy, needed, comment, internal, external, extra, isZip64 } = entry.idle;
  const version = ours.version(isZip64);
  const holds =
    madeBy === ours.unix * 256 + version &&
    needed === version &&
    comment === 0 &&
    internal === 0 &&
    external === ours.attributes &&
    extra === 0 &&
    entry.stamp === ours.date * 65_536 &&
    (entry.flags & ~(flag.descriptor | flag.utf8)) === 0;
  if (!holds) throw notOurs(`${archive}, entry ${entry.name} at offset ${entry.offset}`);
}
