import { XbcError } from "../errors.ts";
import { full32, zip64Extra } from "./zip-format.ts";

/** One entry as the directory describes it, checked. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly flags: number;
  /** date and time of the last change, as ZIP writes them */
  readonly stamp: number;
  readonly crc: number;
  readonly size: number;
  readonly compressedSize: number;
  /** of its local header */
  readonly offset: number;
  /** fields that unpacking does not need */
  readonly idle: IdleFields;
}

/** What writers say of themselves and of the file system that a file came from. */
export interface IdleFields {
  readonly madeBy: number;
  readonly needed: number;
  readonly comment: number;
  readonly internal: number;
  readonly external: number;
  /** bytes of extra fields that are no ZIP64 field of the length that its values take */
  readonly extra: number;
  readonly isZip64: boolean;
}

export interface DirectoryLimits {
  readonly entries: number;
  readonly totalSize: number;
  /** true: idle fields must hold what zipWriter writes, so that no byte of an archive can change unseen */
  readonly ours: boolean;
}

/** A BAD_FILE error: where, what was needed and found, what to do. */
export const bad = (
  where: string,
  message: string,
  advice = "the file is damaged, get it again",
): XbcError => new XbcError("BAD_FILE", `${where}: ${message}; ${advice}`);

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A 64-bit number that a double holds exactly; larger ones become Infinity, which no bound lets through. */
export function wide(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(value);
}

/** The error of an idle field that no writer of ours fills so. */
export const notOurs = (where: string): XbcError =>
  bad(
    where,
    "needs the versions, dates, attributes and flags that xbc writes, found others",
    "the file was edited, packed again or damaged: compile the image again",
  );

/**
 * Replaces each value that is all ones by the one of the ZIP64 extra field, in their order; `idle` counts the
 * bytes of extra fields that were not used so.
 */
export function zip64Values(
  extra: Uint8Array,
  values: readonly number[],
  where: string,
): { readonly values: readonly number[]; readonly idle: number; readonly isZip64: boolean } {
  const view = viewOf(extra);
  let field: DataView | null = null;
  let at = 0;
  while (at < extra.length) {
    const size = at + 4 <= extra.length ? view.getUint16(at + 2, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + size > extra.length)
      throw bad(where, "needs whole extra fields, found one that is cut");
    if (view.getUint16(at, true) === zip64Extra)
      field = viewOf(extra.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  let next = 0;
  const wideValues = values.map((value) => {
    if (value !== full32 || field === null) return value;
    if (next + 8 > field.byteLength)
      throw bad(where, "needs a ZIP64 field with every large size, found too few");
    next += 8;
    return wide(field, next - 8);
  });
  const used = field === null ? 0 : 4 + next;
  return { values: wideValues, idle: extra.length - used, isZip64: field !== null };
}

export function entryName(bytes: Uint8Array, where: string): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad(where, "needs an entry name in UTF-8, found other bytes");
  }
  const parts = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  const plain =
    ![...name].some((c) => c < " " || c === "\\" || c === "\u007f") && !/^[A-Za-z]:/.test(name);
  if (!plain || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw bad(
      where,
      `needs an entry name inside the archive, found ${JSON.stringify(name)}`,
      "do not use this file: it may be made to write elsewhere",
    );
  }
  return name;
}
