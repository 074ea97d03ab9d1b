import { XbcError } from "../errors.ts";
import {
  bytesPerElement,
  type ElementType,
  sizeOf,
  type Tensor,
  tensor,
  viewBytes,
} from "../ir/tensor.ts";
import { bytesOf, concat } from "./bytes.ts";

/** What the head of a .npy file says of the array that follows it. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly bigEndian: boolean;
  /** bytes before the data */
  readonly offset: number;
}

/** A header longer than this is no array of ours, or of anyone's. */
const longestHeader = 10_000;
const mostDimensions = 32;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's codes; it has none for bfloat16, which ml_dtypes writes as two opaque bytes. */
const codes: Readonly<Record<ElementType, string>> = {
  float32: "<f4",
  float64: "<f8",
  float16: "<f2",
  bfloat16: "<V2",
  int8: "|i1",
  uint8: "|u1",
  int16: "<i2",
  uint16: "<u2",
  int32: "<i4",
  uint32: "<u4",
  int64: "<i8",
  uint64: "<u8",
  bool: "|b1",
};

const types = new Map<string, ElementType>();
for (const type of Object.keys(codes))
  if (isElementType(type)) types.set(codes[type].slice(1), type);

function isElementType(name: string): name is ElementType {
  return Object.hasOwn(codes, name);
}

const bad = (where: string, message: string): XbcError =>
  new XbcError("BAD_FILE", `${where}: ${message}`);

/** Bytes before the data of a .npy array, padded to 64 as NumPy does. */
export function npyHeader(type: ElementType, shape: readonly number[]): Uint8Array {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${codes[type]}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const size = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(size).fill(0x20);
  bytes.set([...magic, 1, 0, (size - 10) & 0xff, (size - 10) >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[size - 1] = 0x0a;
  return bytes;
}

/** A tensor as the bytes of a .npy file. */
export function writeNpy({ type, shape, data }: Tensor): Uint8Array {
  return concat([npyHeader(type, shape), bytesOf(data)]);
}

/**
 * Bytes that hold the whole header: 12 first, then as many as this says.
 * @throws BAD_FILE if they do not begin a .npy file
 */
export function npyHeaderLength(start: Uint8Array, where: string): number {
  if (start.length < 12 || magic.some((byte, k) => start[k] !== byte)) {
    throw bad(where, "needs a .npy array, found no NumPy magic; write it with numpy.save");
  }
  const version = start[6];
  if (version < 1 || version > 3 || start[7] !== 0) {
    throw bad(
      where,
      `needs .npy version 1.0, 2.0 or 3.0, found ${version}.${start[7]}; write it with numpy.save`,
    );
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (length > longestHeader) {
    throw bad(
      where,
      `needs a .npy header of at most ${longestHeader} bytes, found ${length}; the file is damaged`,
    );
  }
  return length;
}

/**
 * The header of a .npy array.
 * @param bytes the file's first bytes, at least `npyHeaderLength`
 * @throws BAD_FILE if it is damaged, or of a type that xbc does not read
 */
export function parseNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const offset = npyHeaderLength(bytes, where);
  if (bytes.length < offset) {
    throw bad(
      where,
      `needs ${offset} bytes of .npy header, found ${bytes.length}; the file is cut short`,
    );
  }
  const text = new TextDecoder()
    .decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, offset))
    .replace(/\s+/g, " ");
  const fields = /^\{((?: ?'\w+': ?(?:'[^']*'|True|False|\([\d\sL,]*\)) ?,?)*) ?\} ?$/.exec(text);
  const found = new Map<string, string>();
  for (const [, key, value] of (fields?.[1] ?? "").matchAll(
    /'(\w+)': ?('[^']*'|True|False|\([^)]*\))/g,
  )) {
    if (found.has(key)) throw bad(where, `needs '${key}' once in the .npy header, found it twice`);
    found.set(key, value);
  }
  const descr = found.get("descr");
  const order = found.get("fortran_order");
  const shape = found.get("shape");
  if (
    found.size !== 3 ||
    !descr?.startsWith("'") ||
    !order ||
    !/^[TF]/.test(order) ||
    !shape?.startsWith("(")
  ) {
    throw bad(
      where,
      `needs 'descr' of a plain type, 'fortran_order' and 'shape' in the .npy header, found ${JSON.stringify(text.trim().slice(0, 120))}; ` +
        "arrays of objects and of records are not read",
    );
  }
  const { type, bigEndian } = elementType(descr.slice(1, -1), where);
  return { type, bigEndian, shape: dimensions(shape, where), fortran: order === "True", offset };
}

function elementType(descr: string, where: string): { type: ElementType; bigEndian: boolean } {
  const type = types.get(descr.slice(1));
  const order = descr[0];
  const single = type !== undefined && bytesPerElement(type) === 1;
  if (
    type === undefined ||
    !(single ? "|<>=" : type === "bfloat16" ? "|<>" : "<>=").includes(order)
  ) {
    throw bad(
      where,
      `needs one of ${Object.values(codes).join(" ")}, found ${JSON.stringify(descr)}; convert it with astype`,
    );
  }
  return { type, bigEndian: order === ">" && !single };
}

function dimensions(text: string, where: string): readonly number[] {
  const parts = text
    .slice(1, -1)
    .split(",")
    .map((part) => part.trim())
    .filter((part, k, all) => part !== "" || k < all.length - 1);
  const shape = parts.map((part) =>
    /^\d+L?$/.test(part) ? Number.parseInt(part, 10) : Number.NaN,
  );
  const size = sizeOf(shape.filter((d) => d !== 0));
  if (
    shape.length > mostDimensions ||
    shape.some((d) => !Number.isSafeInteger(d)) ||
    size > 2 ** 48
  ) {
    throw bad(
      where,
      `needs a shape of at most ${mostDimensions} dimensions, found ${text.slice(0, 80)}`,
    );
  }
  return shape;
}

/** Bytes of the data that a header announces. */
export function npyDataLength({ type, shape }: NpyHeader): number {
  return sizeOf(shape) * bytesPerElement(type);
}

/**
 * A .npy file as a tensor in row-major order; Fortran order and big-endian bytes are brought to it.
 * The tensor may view the bytes: they must not change afterwards.
 * @throws BAD_FILE if the file is damaged, too short or too long
 */
export function readNpy(bytes: Uint8Array, where: string): Tensor {
  const header = parseNpyHeader(bytes, where);
  const needed = npyDataLength(header);
  const data = bytes.subarray(header.offset);
  if (data.length !== needed) {
    throw bad(
      where,
      `needs ${needed} bytes of data for ${header.type} [${header.shape.join(", ")}], found ${data.length}; ` +
        "the file is cut short or damaged",
    );
  }
  const width = bytesPerElement(header.type);
  const ordered = header.fortran ? toRowMajor(data, header.shape, width) : data;
  const little = header.bigEndian ? swapped(ordered, width) : ordered;
  return tensor(header.type, header.shape, viewBytes(header.type, little));
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += width) {
    for (let k = 0; k < width; k++) out[at + k] = bytes[at + width - 1 - k];
  }
  return out;
}

/** Elements whose first index runs fastest, to the order in which the last one does. */
function toRowMajor(bytes: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)) * width);
  const index = new Array<number>(shape.length).fill(0);
  const out = new Uint8Array(bytes.length);
  let from = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let k = 0; k < width; k++) out[to + k] = bytes[from + k];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
