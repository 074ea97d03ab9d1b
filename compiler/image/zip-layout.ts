import { type ByteSource, readExactly } from "./bytes.ts";
import { bad, entryName, notOurs, viewOf, wide, type ZipEntry, zip64Values } from "./zip-entry.ts";
import { flag, full32, ours, recordSize, signature } from "./zip-format.ts";

/**
 * Reads each entry's local header and checks that it says what the directory says, that the entries fill the
 * archive from its first byte to its directory without overlap or gap; returns where the data of each begin.
 * @throws BAD_FILE naming the entry
 */
export async function checkLayout(
  source: ByteSource,
  archive: string,
  entries: readonly ZipEntry[],
  directory: number,
  isOurs: boolean,
): Promise<ReadonlyMap<string, number>> {
  const places = new Map<string, number>();
  const sorted = [...entries].sort((a, b) => a.offset - b.offset);
  let expected = 0;
  for (const [k, entry] of sorted.entries()) {
    const where = `${archive}, entry ${entry.name} at offset ${entry.offset}`;
    if (entry.offset !== expected) {
      const fault =
        entry.offset < expected
          ? "overlaps the entry before it"
          : "leaves a gap after the entry before it";
      throw bad(
        where,
        `needs to begin at offset ${expected}, where the one before it ends, found one that ${fault}`,
      );
    }
    const data = await localHeader(source, entry, where, isOurs);
    places.set(entry.name, data);
    const end = data + entry.compressedSize;
    const next = k + 1 < sorted.length ? sorted[k + 1].offset : directory;
    if (end > directory)
      throw bad(where, `needs to end before the directory at ${directory}, found an end at ${end}`);
    expected =
      entry.flags & flag.descriptor ? await descriptorEnd(source, entry, end, next, where) : end;
  }
  if (expected !== directory) {
    throw bad(
      archive,
      `needs its directory at offset ${expected}, after the last entry, found it at ${directory}`,
    );
  }
  return places;
}

/** Offset of the data of an entry, after its local header agreed with the directory. */
async function localHeader(
  source: ByteSource,
  entry: ZipEntry,
  where: string,
  isOurs: boolean,
): Promise<number> {
  const head = await readExactly(source, entry.offset, recordSize.local, where);
  const view = viewOf(head);
  if (view.getUint32(0, true) !== signature.local)
    throw bad(where, "needs a local ZIP header, found something else");
  const [nameLength, extraLength] = [view.getUint16(26, true), view.getUint16(28, true)];
  const rest = await readExactly(
    source,
    entry.offset + recordSize.local,
    nameLength + extraLength,
    where,
  );
  const name = entryName(rest.subarray(0, nameLength), where);
  const {
    values: sizes,
    idle,
    isZip64,
  } = zip64Values(
    rest.subarray(nameLength),
    [view.getUint32(22, true), view.getUint32(18, true)],
    where,
  );
  const later = (entry.flags & flag.descriptor) !== 0;
  const agrees = (found: number, needed: number) =>
    isOurs && later
      ? found === 0
      : found === needed || (later && (found === 0 || found === full32));
  const same =
    name === entry.name &&
    view.getUint16(6, true) === entry.flags &&
    view.getUint16(8, true) === entry.method &&
    view.getUint32(10, true) === entry.stamp &&
    agrees(view.getUint32(14, true), entry.crc) &&
    agrees(sizes[0], entry.size) &&
    agrees(sizes[1], entry.compressedSize);
  if (!same)
    throw bad(
      where,
      "needs a local ZIP header that agrees with the directory, found one that differs",
    );
  if (isOurs && (idle !== 0 || view.getUint16(4, true) !== ours.version(isZip64)))
    throw notOurs(where);
  return entry.offset + recordSize.local + nameLength + extraLength;
}

/** End of the record after the data that repeats CRC and sizes: with or without signature, 4- or 8-byte sizes. */
async function descriptorEnd(
  source: ByteSource,
  entry: ZipEntry,
  at: number,
  next: number,
  where: string,
): Promise<number> {
  const length = next - at;
  if (![12, 16, 20, 24].includes(length)) {
    throw bad(
      where,
      `needs a ZIP data descriptor of 12 to 24 bytes at offset ${at}, found ${length} bytes up to what follows`,
    );
  }
  const view = viewOf(await readExactly(source, at, length, where));
  const signed = length === 16 || length === 24;
  const base = signed ? 4 : 0;
  const narrow = length - base === 12;
  const sizes = narrow
    ? [view.getUint32(base + 4, true), view.getUint32(base + 8, true)]
    : [wide(view, base + 4), wide(view, base + 12)];
  const same =
    (!signed || view.getUint32(0, true) === signature.descriptor) &&
    view.getUint32(base, true) === entry.crc &&
    sizes[0] === entry.compressedSize &&
    sizes[1] === entry.size;
  if (!same)
    throw bad(
      where,
      "needs a ZIP data descriptor that agrees with the directory, found one that differs",
    );
  return at + length;
}
