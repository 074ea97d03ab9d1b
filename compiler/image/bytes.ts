import { XbcError } from "../errors.ts";

/** Bytes that can be read at any place: a file, a blob of a page, an array. */
export interface ByteSource {
  readonly size: number;
  /** exactly `length` bytes from `offset` */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
}

/** Where bytes go, one after another. The bytes may be reused by the caller once the promise is kept. */
export interface ByteSink {
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** An array as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** A sink that keeps what it is given; `bytes()` joins it. */
export function memorySink(): ByteSink & { readonly bytes: () => Uint8Array } {
  const parts: Uint8Array[] = [];
  return {
    write: async (bytes) => {
      parts.push(bytes.slice());
    },
    bytes: () => concat(parts),
  };
}

/** Arrays of bytes, one after another in a new one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The bytes of a typed array, as they lie in memory (little-endian on every machine that xbc runs on). */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Bytes of a source, checked to be there.
 * @throws BAD_FILE if the source is too short or gives fewer bytes than it says it has
 */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  where: string,
): Promise<Uint8Array> {
  const inside =
    Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= source.size;
  if (inside) {
    const bytes = await source.read(offset, length);
    if (bytes.length === length) return bytes;
  }
  throw new XbcError(
    "BAD_FILE",
    `${where}: needs ${length} bytes at offset ${offset}, found a file of ${source.size} bytes; ` +
      "the file is cut short or damaged, get it again",
  );
}
