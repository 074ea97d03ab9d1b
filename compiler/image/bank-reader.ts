import { damaged } from "./damaged.ts";
import type { EntryRecord } from "./manifest.ts";
import { npyDataLength, npyHeaderLength, parseNpyHeader } from "./npy.ts";
import { type Sha256, sha256 } from "./sha256.ts";
import { method } from "./zip-format.ts";
import type { ZipArchive, ZipEntry } from "./zip-reader.ts";

/** Bytes that may be kept of banks that were read, in all layers together. */
export interface CacheBudget {
  left: number;
}

/** The banks of one entry, read forwards as a stream; a step back begins again, or jumps where nothing is packed. */
export interface BankReader {
  readonly banks: number;
  /** banks first … first + count − 1 of this entry */
  readonly range: (first: number, count: number) => Promise<Uint8Array>;
  /** Reads the entry to its end, checking every bank and its SHA-256. */
  readonly verify: () => Promise<void>;
}

/** A place in an entry's stream. */
interface Cursor {
  readonly chunks: AsyncGenerator<Uint8Array>;
  readonly hash: Sha256;
  rest: Uint8Array;
  /** the bank that comes next */
  bank: number;
}

/**
 * @param check throws BAD_FILE if the levels of a bank are not what its placement says; called for every bank
 *              that is handed out before the whole entry was checked
 */
export async function bankReader(
  archive: ZipArchive,
  entry: ZipEntry,
  record: EntryRecord,
  bankSize: number,
  banks: number,
  check: (levels: Uint8Array, bank: number) => void,
  budget: CacheBudget,
): Promise<BankReader> {
  const where = `${archive.name}, entry ${entry.name}`;
  const dataOffset = await bankHeader(archive, entry, record, bankSize * banks, where);
  let cursor: Cursor | null = null;
  let verified = false;
  let kept: Uint8Array | null = null;

  const rewind = async (): Promise<Cursor> => {
    await cursor?.chunks.return(undefined);
    const begun = {
      chunks: archive.stream(entry),
      hash: sha256(),
      rest: new Uint8Array(),
      bank: 0,
    };
    cursor = begun;
    await take(begun, null, dataOffset);
    return begun;
  };

  /** The next bytes of the stream into `out`, or passed over. */
  const take = async (from: Cursor, out: Uint8Array | null, length: number): Promise<void> => {
    for (let at = 0; at < length; ) {
      if (from.rest.length === 0) {
        const next = await from.chunks.next();
        if (next.done) throw damaged(where, `needs ${length - at} bytes more, found its end`);
        from.hash.update(next.value);
        from.rest = next.value;
      }
      const part = from.rest.subarray(0, length - at);
      out?.set(part, at);
      from.rest = from.rest.subarray(part.length);
      at += part.length;
    }
  };

  /** After the last bank: the stream must end, which makes its own checks, and have the SHA-256 of the manifest. */
  const finish = async (at: Cursor): Promise<void> => {
    const next = await at.chunks.next();
    if (!next.done || at.rest.length > 0)
      throw damaged(where, "needs to end after its last bank, found more bytes");
    const found = at.hash.hex();
    if (found !== record.sha256)
      throw damaged(where, `needs SHA-256 ${record.sha256}, found ${found}`);
    cursor = null;
    verified = true;
  };

  const read = async (first: number, count: number): Promise<Uint8Array> => {
    if (kept !== null) return kept.subarray(first * bankSize, (first + count) * bankSize);
    const place = cursor ?? (first === 0 || entry.method !== method.stored ? await rewind() : null);
    let out: Uint8Array;
    if (entry.method === method.stored && place?.bank !== first) {
      out = await archive.slice(entry, dataOffset + first * bankSize, count * bankSize);
    } else {
      const from = place === null || place.bank > first ? await rewind() : place;
      await take(from, null, (first - from.bank) * bankSize);
      out = new Uint8Array(count * bankSize);
      await take(from, out, count * bankSize);
      from.bank = first + count;
    }
    if (!verified) {
      for (let k = 0; k < count; k++)
        check(out.subarray(k * bankSize, (k + 1) * bankSize), first + k);
    }
    if (cursor?.bank === banks) await finish(cursor);
    return out;
  };

  const each = Math.max(1, Math.floor((1 << 22) / bankSize));
  const verify = async (): Promise<void> => {
    if (verified) return;
    await cursor?.chunks.return(undefined);
    cursor = null;
    const all = bankSize * banks <= budget.left ? new Uint8Array(bankSize * banks) : null;
    for (let bank = 0; bank < banks; bank += each) {
      const levels = await read(bank, Math.min(each, banks - bank));
      all?.set(levels, bank * bankSize);
    }
    if (all === null) return;
    budget.left -= all.length;
    kept = all;
  };

  // one request after another: they share one stream; a small entry is read as a whole at its first use
  let queue: Promise<unknown> = Promise.resolve();
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  return {
    banks,
    verify: () => enqueue(verify),
    range: (first, count) =>
      enqueue(async () => {
        if (kept === null && bankSize * banks <= budget.left) await verify();
        return read(first, count);
      }),
  };
}

/** Where the data begin, after the header of the array was checked. */
async function bankHeader(
  archive: ZipArchive,
  entry: ZipEntry,
  record: EntryRecord,
  dataLength: number,
  where: string,
): Promise<number> {
  const start = await firstBytes(archive, entry, where);
  const header = parseNpyHeader(start.subarray(0, npyHeaderLength(start, where)), where);
  const shape = header.shape.join(", ");
  const fits =
    header.type === "uint8" &&
    !header.fortran &&
    shape === record.shape?.join(", ") &&
    npyDataLength(header) === dataLength &&
    header.offset + dataLength === entry.size;
  if (!fits) {
    throw damaged(
      where,
      `needs uint8 [${record.shape?.join(", ")}] in ${entry.size} bytes, found ${header.type} [${shape}]`,
    );
  }
  return header.offset;
}

/** At most the first 10,022 bytes of an entry: more than any header of an array. */
async function firstBytes(
  archive: ZipArchive,
  entry: ZipEntry,
  where: string,
): Promise<Uint8Array> {
  const wanted = Math.min(entry.size, 10_022);
  if (entry.method === method.stored) return archive.slice(entry, 0, wanted);
  const stream = archive.stream(entry);
  const first = await stream.next();
  await stream.return(undefined);
  if (first.done) throw damaged(where, "needs an array, found no bytes");
  return first.value.subarray(0, wanted);
}
