import { closeSync, fstatSync, openSync, readSync, realpathSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { XbcError } from "../compiler/errors.ts";
import type { ByteSink, ByteSource } from "../compiler/image/bytes.ts";
import type { ExternalData } from "../compiler/onnx/parse.ts";
import { refuseOpened, rememberOpened } from "./opened-files.ts";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "a file system that is read-only",
  EISDIR: "a folder",
  ENOTDIR: "a file where a folder should be",
  EEXIST: "a file of this name",
  ENOSPC: "no space left on the device",
  EDQUOT: "no space left in the quota",
  EFBIG: "a file system that holds no file of this size",
  EMFILE: "too many open files",
  ENAMETOOLONG: "a name that is too long",
};

/** A fault of the file system as an error with the path; anything else is passed on. */
export function asFileError(error: unknown, path: string, needed: string, advice: string): unknown {
  if (!(error instanceof Error) || !("code" in error) || error instanceof XbcError) return error;
  const code = String(error.code);
  if (!/^E[A-Z]+$/.test(code)) return error;
  return new XbcError(
    "BAD_FILE",
    `${path}: needs ${needed}, found ${reasons[code] ?? code}; ${advice}`,
  );
}

/**
 * A file as a source of bytes; close it after use.
 * @throws BAD_FILE if there is none, or it cannot be read
 */
export async function fileSource(
  path: string,
): Promise<ByteSource & { readonly close: () => Promise<void> }> {
  const fault = (error: unknown) =>
    asFileError(error, path, "a file that can be read", "check the path");
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    throw fault(error);
  }
  rememberOpened(path);
  const found = await file.stat();
  if (!found.isFile()) {
    await file.close();
    throw new XbcError(
      "BAD_FILE",
      `${path}: needs a file, found ${found.isDirectory() ? "a folder" : "a device"}; check the path`,
    );
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length);
    let filled = 0;
    try {
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      throw fault(error);
    }
    return bytes.subarray(0, filled);
  };
  return { size: found.size, read, close: () => file.close() };
}

/** Temporary files that are being written, removed if the process is told to stop. */
const temporaries = new Set<string>();
let counter = 0;

/** Removes what is half written; for a signal handler, which cannot wait. */
export function removeTemporaries(): void {
  for (const path of temporaries) rmSync(path, { force: true });
  temporaries.clear();
}

/**
 * Writes a file that appears whole or not at all: under a hidden name in the same folder, then renamed. A device
 * such as /dev/stdout is written as it is.
 * @throws BAD_OPTION for a file that the command reads, BAD_FILE with the path if it cannot be written; what
 *         `writer` throws
 */
export async function writeAtomically(
  path: string,
  writer: (sink: ByteSink) => Promise<void>,
): Promise<void> {
  const fault = (error: unknown) =>
    asFileError(error, path, "a place to write to", "choose another path, or make room");
  const place = await destination(path);
  if (place.kind === "device") {
    const file = await open(path, "w").catch((error) => Promise.reject(fault(error)));
    await writer(sinkOf(file))
      .catch((error) => Promise.reject(fault(error)))
      .finally(() => file.close());
    return;
  }
  refuseOpened(place.path);
  const temporary = join(
    dirname(place.path),
    `.${basename(place.path).slice(0, 200)}.${process.pid}.${counter++}.tmp`,
  );
  let file: FileHandle | null = null;
  try {
    create(temporary, place.mode);
    file = await open(temporary, "r+");
    await writer(sinkOf(file));
    await file.sync();
    await file.close();
    file = null;
    await rename(temporary, place.path);
    temporaries.delete(temporary);
  } catch (error) {
    await file?.close().catch(() => undefined);
    if (temporaries.delete(temporary)) await rm(temporary, { force: true });
    throw fault(error);
  }
  await syncFolder(dirname(place.path));
}

/** At once, and noted with it: a signal between the two would leave the file. */
function create(temporary: string, mode: number): void {
  closeSync(openSync(temporary, "wx", mode));
  temporaries.add(temporary);
}

/** @throws BAD_FILE if there is no such folder and none can be made */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw asFileError(error, path, "a folder that can be made", "choose another --output");
  });
}

type Destination =
  | { readonly kind: "file"; readonly path: string; readonly mode: number }
  | { readonly kind: "device" };

/** Where a file goes: through symbolic links, with the rights of the one that it replaces. */
async function destination(path: string): Promise<Destination> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch {
    return { kind: "file", path: resolve(path), mode: 0o666 };
  }
  if (found.isDirectory()) {
    throw new XbcError(
      "BAD_FILE",
      `${path}: needs the name of a file to write, found a folder; add a file name`,
    );
  }
  if (!found.isFile()) return { kind: "device" };
  return { kind: "file", path: await realpath(path), mode: found.mode & 0o777 };
}

function sinkOf(file: FileHandle): ByteSink {
  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
        at += bytesWritten;
      }
    },
  };
}

/** The new name outlives a power cut; not every file system can do it. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    await folder.sync().finally(() => folder.close());
  } catch {
    return;
  }
}

/**
 * What reads a model's external data: only files in the model's own folder or below it, also through symbolic
 * links, and only the bytes that are asked for.
 * @throws BAD_FILE if the model's folder is not there; the reader throws it for a file that is not, lies
 *         elsewhere, or is too short
 */
export async function externalData(modelPath: string): Promise<ExternalData> {
  const asked = dirname(resolve(modelPath));
  const folder = await realpath(asked).catch((error) =>
    Promise.reject(asFileError(error, modelPath, "a folder that can be read", "check the path")),
  );
  return (location, offset, length) => readRange(folder, location, offset, length);
}

function readRange(
  folder: string,
  location: string,
  offset: number,
  length: number | null,
): Uint8Array {
  const path = join(folder, location);
  const where = `external data ${location}`;
  let file: number | null = null;
  try {
    const real = realpathSync(path);
    const inside = relative(folder, real);
    if (
      isAbsolute(location) ||
      isAbsolute(inside) ||
      inside === ".." ||
      inside.startsWith(`..${sep}`)
    ) {
      throw new XbcError(
        "BAD_FILE",
        `${where}: needs a file in the model's folder, found one outside of it; copy it beside the model`,
      );
    }
    file = openSync(real, "r");
    rememberOpened(real);
    const found = fstatSync(file);
    if (!found.isFile())
      throw new XbcError(
        "BAD_FILE",
        `${where}: needs a file, found something else; check the model's folder`,
      );
    const wanted = length ?? found.size - offset;
    if (!(offset >= 0 && wanted >= 0 && offset + wanted <= found.size)) {
      throw new XbcError(
        "BAD_FILE",
        `${where}: needs ${wanted} bytes at offset ${offset}, found a file of ${found.size}; it is cut short, get it again`,
      );
    }
    return readFully(file, offset, wanted);
  } catch (error) {
    throw asFileError(error, where, "a file in the model's folder", "copy it beside the model");
  } finally {
    if (file !== null) closeSync(file);
  }
}

function readFully(file: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const count = readSync(file, bytes, filled, length - filled, offset + filled);
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return bytes;
}
