import { internal } from "../errors.ts";
import { type ByteSink, concat } from "./bytes.ts";
import { crc32 } from "./crc32.ts";
import { type Chunks, deflated } from "./deflate.ts";
import { sha256 } from "./sha256.ts";
import { flag, full16, full32, method, ours, seal, signature, zip64Extra } from "./zip-format.ts";

export interface ZipOptions {
  /** no compression: the archive's bytes are then the same everywhere */
  readonly store?: boolean;
  /** ends in a comment with the SHA-256 of all bytes before it */
  readonly sealed?: boolean;
  /** ZIP64 records even where nothing needs them */
  readonly alwaysZip64?: boolean;
}

/** What was written: the size and SHA-256 of an entry's uncompressed bytes. */
export interface WrittenEntry {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

export interface ZipWriter {
  /** Adds an entry of known bytes. */
  readonly add: (name: string, bytes: Uint8Array) => Promise<WrittenEntry>;
  /**
   * Adds an entry whose bytes come in parts, never held whole.
   * @throws INTERNAL if they are not `size` bytes
   */
  readonly addStream: (name: string, size: number, chunks: Chunks) => Promise<WrittenEntry>;
  /** Writes the directory; nothing can be added after it. */
  readonly finish: () => Promise<void>;
}

interface Entry {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  readonly offset: number;
  readonly zip64: boolean;
}

/** above this an entry might not fit 32 bits: deflate can add five bytes to each 16 KiB */
const large = 0xf000_0000;

/** Little-endian numbers, [bytes, value] each. */
function record(...fields: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((total, [width]) => total + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

/** Writes a ZIP archive to a sink, entry by entry, in the order of the calls; fixed timestamps. */
export function zipWriter(sink: ByteSink, options: ZipOptions = {}): ZipWriter {
  const entries: Entry[] = [];
  const whole = options.sealed ? sha256() : null;
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    whole?.update(bytes);
    await sink.write(bytes);
    offset += bytes.length;
  };

  const add: ZipWriter["add"] = async (name, bytes) => {
    const packed = options.store ? bytes : await packedBytes(bytes);
    const entry = {
      ...begin(name, offset),
      method: packed.length < bytes.length ? method.deflated : method.stored,
      crc: crc32(bytes),
      size: bytes.length,
      compressedSize: Math.min(packed.length, bytes.length),
      zip64: options.alwaysZip64 === true || bytes.length >= large,
    };
    await write(localHeader(entry));
    await write(entry.method === method.deflated ? packed : bytes);
    entries.push(entry);
    const hash = sha256();
    hash.update(bytes);
    return { name, size: bytes.length, sha256: hash.hex() };
  };

  const addStream: ZipWriter["addStream"] = async (name, size, chunks) => {
    const hash = sha256();
    let crc = 0;
    let given = 0;
    const seen = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks) {
        hash.update(chunk);
        crc = crc32(chunk, crc);
        given += chunk.length;
        yield chunk;
      }
    };
    const started = begin(name, offset);
    const zip64 = options.alwaysZip64 === true || size >= large;
    const open = {
      ...started,
      flags: started.flags | flag.descriptor,
      method: options.store ? method.stored : method.deflated,
      zip64,
    };
    await write(localHeader({ ...open, crc: 0, size: 0, compressedSize: 0 }));
    const first = offset;
    for await (const chunk of options.store ? seen() : deflated(seen())) await write(chunk);
    const compressedSize = offset - first;
    if (given !== size)
      throw internal(`entry ${name}`, `announced ${size} bytes, was given ${given}`);
    const width = zip64 ? 8 : 4;
    await write(
      record([4, signature.descriptor], [4, crc], [width, compressedSize], [width, size]),
    );
    entries.push({ ...open, crc, size, compressedSize });
    return { name, size, sha256: hash.hex() };
  };

  const finish = async (): Promise<void> => {
    const start = offset;
    for (const entry of entries) await write(centralHeader(entry));
    const size = offset - start;
    await write(endRecords(entries.length, start, size, whole !== null, options.alwaysZip64));
    if (whole) await sink.write(new TextEncoder().encode(seal.textOf(whole.hex())));
  };
  return { add, addStream, finish };
}

function begin(name: string, offset: number): Pick<Entry, "name" | "flags" | "offset"> {
  const bytes = new TextEncoder().encode(name);
  return { name: bytes, flags: bytes.length === name.length ? 0 : flag.utf8, offset };
}

async function packedBytes(bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of deflated([bytes])) parts.push(part);
  return concat(parts);
}

function localHeader(entry: Entry): Uint8Array {
  const { size, compressedSize, zip64 } = entry;
  const extra = zip64
    ? record([2, zip64Extra], [2, 16], [8, size], [8, compressedSize])
    : new Uint8Array();
  const head = record(
    [4, signature.local],
    [2, ours.version(zip64)],
    [2, entry.flags],
    [2, entry.method],
    [2, 0],
    [2, ours.date],
    [4, entry.crc],
    [4, zip64 ? full32 : compressedSize],
    [4, zip64 ? full32 : size],
    [2, entry.name.length],
    [2, extra.length],
  );
  return concat([head, entry.name, extra]);
}

function centralHeader(entry: Entry): Uint8Array {
  const { size, compressedSize, offset } = entry;
  const wide = [size, compressedSize, offset].map((value) => entry.zip64 || value >= full32);
  const values = [size, compressedSize, offset].filter((_, k) => wide[k]);
  const extra =
    values.length > 0
      ? record(
          [2, zip64Extra],
          [2, 8 * values.length],
          ...values.map((value) => [8, value] as const),
        )
      : new Uint8Array();
  const version = ours.version(values.length > 0);
  const head = record(
    [4, signature.central],
    [2, ours.unix * 256 + version],
    [2, version],
    [2, entry.flags],
    [2, entry.method],
    [2, 0],
    [2, ours.date],
    [4, entry.crc],
    [4, wide[1] ? full32 : compressedSize],
    [4, wide[0] ? full32 : size],
    [2, entry.name.length],
    [2, extra.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, ours.attributes],
    [4, wide[2] ? full32 : offset],
  );
  return concat([head, entry.name, extra]);
}

function endRecords(
  count: number,
  start: number,
  size: number,
  sealed: boolean,
  always = false,
): Uint8Array {
  const wide = always || count >= full16 || start >= full32 || size >= full32;
  const end64 = record(
    [4, signature.end64],
    [8, 44],
    [2, ours.unix * 256 + ours.version(true)],
    [2, ours.version(true)],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, start],
  );
  const locator = record([4, signature.locator64], [4, 0], [8, start + size], [4, 1]);
  const end = record(
    [4, signature.end],
    [2, 0],
    [2, 0],
    [2, wide ? full16 : count],
    [2, wide ? full16 : count],
    [4, wide ? full32 : size],
    [4, wide ? full32 : start],
    [2, sealed ? seal.size : 0],
  );
  return wide ? concat([end64, locator, end]) : end;
}
