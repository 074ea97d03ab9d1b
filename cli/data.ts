import { existsSync } from "node:fs";
import { basename, extname } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { XbcError } from "../compiler/errors.ts";
import { type ByteSource, bytesSource } from "../compiler/image/bytes.ts";
import { readNpy } from "../compiler/image/npy.ts";
import { openNpz } from "../compiler/image/npz.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { fileSource } from "./files.ts";
import { isIdx, readIdx } from "./idx.ts";

/** Samples along the first axis, and their labels where there are any. */
export interface Dataset {
  readonly x: Tensor;
  readonly y: Tensor | null;
  /** where they came from, for reports */
  readonly from: string;
}

/** Data are held as a whole: at most what one array of bytes can be. */
const largest = 2 ** 32;

/**
 * Reads a data set: `.npz` with `x`,`y` or `x_test`,`y_test` (`#train` at the end asks for `x_train`,`y_train`),
 * `x.npy,y.npy`, or IDX files `images,labels`; each may be gzipped, and is known by its content, not its name.
 * @throws BAD_FILE if a file cannot be read or does not hold them
 */
export async function readDataset(spec: string): Promise<Dataset> {
  const train = spec.endsWith("#train");
  refuseSuffix(spec);
  const paths = pathsOf(train ? spec.slice(0, -6) : spec);
  const [first, second] = paths;
  const found = await withFile(first, async (file) => {
    if (file.kind === "npz") {
      if (second !== undefined)
        throw bad(
          first,
          `needs an array beside ${second}, found a .npz archive`,
          "give the archive alone",
        );
      return fromNpz(file.source, first, train);
    }
    return { x: readArray(file.bytes, first), y: null };
  });
  if (train && second !== undefined)
    throw bad(
      spec,
      "needs a .npz archive for #train, found two files",
      "name the training files themselves",
    );
  const y = second === undefined ? found.y : await readOne(second);
  if (found.x.shape.length === 0)
    throw bad(first, "needs samples along the first axis, found a single number", "save an array");
  return { x: found.x, y, from: spec };
}

export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** names that the command line gives; the others come from files */
  readonly asked: ReadonlySet<string>;
}

/**
 * Reads the inputs of a run: `X.npy`, `NAME=X.npy`, IDX, or an `.npz` of several. An array without a name is called
 * as its file is.
 * @throws BAD_FILE if a file cannot be read, BAD_OPTION if a name comes twice
 */
export async function readTensors(specs: readonly string[]): Promise<NamedTensors> {
  const out = new Map<string, Tensor>();
  const asked = new Set<string>();
  const add = (name: string, tensor: Tensor): void => {
    if (out.has(name)) {
      throw new XbcError(
        "BAD_OPTION",
        `option --input: needs each input once, found ${name} twice; name them NAME=FILE`,
      );
    }
    out.set(name, tensor);
  };
  for (const spec of specs) {
    const { name, path } = namedPath(spec);
    if (name !== null) asked.add(name);
    await withFile(path, async (file) => {
      if (file.kind === "array") return add(name ?? stem(path), readArray(file.bytes, path));
      const npz = await openNpz(file.source, path);
      if (name !== null && npz.names.length !== 1) {
        throw bad(
          path,
          `needs one array for input ${name}, found ${npz.names.join(", ") || "none"}`,
          "leave the name out to use the archive's own",
        );
      }
      for (const array of npz.names) {
        const tensor = await npz.get(array);
        if (tensor) add(name ?? array, tensor);
      }
    });
  }
  return { tensors: out, asked };
}

function bad(where: string, message: string, advice: string): XbcError {
  return new XbcError("BAD_FILE", `${where}: ${message}; ${advice}`);
}

/** @throws BAD_FILE for a file that is there, with another ending than `#train` behind its name */
function refuseSuffix(spec: string): void {
  const at = spec.lastIndexOf("#");
  if (at < 0 || existsSync(spec) || spec.endsWith("#train") || !existsSync(spec.slice(0, at)))
    return;
  throw bad(
    spec.slice(0, at),
    `needs #train or nothing behind its name, found ${spec.slice(at)}`,
    "leave it out for the test samples",
  );
}

/** One path, or two with a comma between them; a file whose own name has a comma is one. */
function pathsOf(spec: string): readonly string[] {
  if (existsSync(spec)) return [spec];
  const parts = spec.split(",");
  if (parts.length > 2 || parts.some((part) => part === "")) {
    throw bad(
      spec,
      `needs one file, or two with a comma between them, found ${parts.length}`,
      "see xbc evaluate --help",
    );
  }
  return parts;
}

function namedPath(spec: string): { name: string | null; path: string } {
  const at = spec.indexOf("=");
  if (at < 0 || existsSync(spec)) return { name: null, path: spec };
  return { name: spec.slice(0, at), path: spec.slice(at + 1) };
}

const stem = (path: string): string => {
  const name = basename(path).replace(/\.gz$/i, "");
  return name.slice(0, name.length - extname(name).length);
};

type Content =
  | { readonly kind: "npz"; readonly source: ByteSource }
  | { readonly kind: "array"; readonly bytes: Uint8Array };

/** A file's content by its first bytes, unpacked where it is gzipped; closed after use. */
async function withFile<T>(path: string, use: (content: Content) => Promise<T>): Promise<T> {
  const source = await fileSource(path);
  try {
    const start = await source.read(0, Math.min(4, source.size));
    if (isZip(start)) return await use({ kind: "npz", source });
    if (source.size >= largest)
      throw bad(path, `needs at most ${largest} bytes, found ${source.size}`, "split the data");
    const bytes = await source.read(0, source.size);
    if (start[0] !== 0x1f || start[1] !== 0x8b) return await use({ kind: "array", bytes });
    const unpacked = await unzipped(bytes, path);
    return await use(
      isZip(unpacked)
        ? { kind: "npz", source: bytesSource(unpacked) }
        : { kind: "array", bytes: unpacked },
    );
  } finally {
    await source.close();
  }
}

const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

async function unzipped(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  try {
    const out = await promisify(gunzip)(bytes, { maxOutputLength: largest });
    return new Uint8Array(out.buffer, out.byteOffset, out.length);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw bad(path, `needs gzipped data, found ${found}`, "the file is damaged, get it again");
  }
}

const readOne = (path: string): Promise<Tensor> =>
  withFile(path, async (content) => {
    if (content.kind === "array") return readArray(content.bytes, path);
    throw bad(
      path,
      "needs one array, found a .npz archive",
      "give the archive alone, with x and y in it",
    );
  });

function readArray(bytes: Uint8Array, path: string): Tensor {
  if (bytes[0] === 0x93) return readNpy(bytes, path);
  if (isIdx(bytes)) return readIdx(bytes, path);
  const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );
  throw bad(
    path,
    `needs .npz, .npy or IDX data, found a file that begins with ${start || "nothing"}`,
    "save it with numpy.save",
  );
}

async function fromNpz(
  source: ByteSource,
  path: string,
  train: boolean,
): Promise<{ x: Tensor; y: Tensor | null }> {
  const npz = await openNpz(source, path);
  const pairs = train
    ? [["x_train", "y_train"]]
    : [
        ["x", "y"],
        ["x_test", "y_test"],
      ];
  for (const [samples, labels] of pairs) {
    const x = await npz.get(samples);
    if (x) return { x, y: await npz.get(labels) };
  }
  const needed = pairs.map((pair) => pair.join(", ")).join(" or ");
  throw bad(
    path,
    `needs the arrays ${needed}, found ${npz.names.join(", ") || "none"}`,
    "save it with numpy.savez under these names",
  );
}
