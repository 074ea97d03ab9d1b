import { XbcError } from "../errors.ts";
import type { ElementType, Tensor, TensorData } from "../ir/tensor.ts";
import { allocate, bytesPerElement, viewBytes } from "../ir/tensor.ts";
import type { PackedType } from "./element-type.ts";
import { dataTypeName, dataTypeOf, elementTypeOf, isPacked, packedTypes } from "./element-type.ts";
import type { ExternalData } from "./parse.ts";
import type { TensorProto } from "./proto.ts";
import { fromNumber, toBigInt, toNumber } from "./proto.ts";

/** A tensor as read; `packed` says that its elements were narrower than a byte and are now unpacked. */
export interface ReadTensor {
  readonly tensor: Tensor;
  readonly packed: PackedType | null;
}

/**
 * A TensorProto in any of ONNX's storage forms. Raw data is not copied where it lies aligned.
 * Declared sizes are compared with the bytes that are there before anything is allocated.
 * @throws BAD_MODEL if dimensions and data disagree, UNSUPPORTED for types that xbc has no use for
 */
export function readTensor(
  proto: TensorProto,
  where: string,
  external: ExternalData | null,
): ReadTensor {
  const number = proto.dataType ?? 0;
  const name = dataTypeName(number);
  const packed = isPacked(name) ? name : null;
  const type = packed ? packedTypes[packed].holder : elementTypeOf(number);
  if (type === null) {
    throw new XbcError(
      "UNSUPPORTED",
      `${where}: needs a tensor of floats, integers or booleans, found ${name}; convert it before export`,
    );
  }
  if (proto.segment) throw badTensor(where, "a whole tensor", "one segment of a tensor");
  const shape = dimensions(proto, where);
  const size = countElements(shape, where);
  const bytes = rawBytes(proto, where, external);
  if (bytes === null)
    return { tensor: { type, shape, data: typedFields(proto, type, packed, size, where) }, packed };
  const needed = packed
    ? Math.ceil((size * packedTypes[packed].bits) / 8)
    : size * bytesPerElement(type);
  if (bytes.length !== needed) {
    throw badTensor(where, `${needed} bytes for ${name}[${shape.join(", ")}]`, `${bytes.length}`);
  }
  const data = packed ? unpack(bytes, packed, size) : viewBytes(type, bytes);
  return { tensor: { type, shape, data }, packed };
}

/** A tensor as ONNX writes it: raw little-endian bytes, not copied. */
export function writeTensor(name: string, tensor: Tensor): TensorProto {
  const { data, type, shape } = tensor;
  return {
    name,
    dataType: dataTypeOf(type),
    dims: shape.map(fromNumber),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

function badTensor(where: string, needed: string, found: string): XbcError {
  return new XbcError(
    "BAD_MODEL",
    `${where}: needs ${needed}, found ${found}; the model is damaged: export it again`,
  );
}

function dimensions(proto: TensorProto, where: string): number[] {
  return (proto.dims ?? []).map((value) => {
    const dimension = toNumber(value, where);
    if (dimension >= 0) return dimension;
    throw badTensor(where, "dimensions of at least 0", String(dimension));
  });
}

function countElements(shape: readonly number[], where: string): number {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (Number.isSafeInteger(size)) return size;
  throw badTensor(where, "fewer than 2^53 elements", `[${shape.join(", ")}]`);
}

/** The bytes of raw or external data, or null where the tensor lies in typed fields. */
function rawBytes(
  proto: TensorProto,
  where: string,
  external: ExternalData | null,
): Uint8Array | null {
  if (proto.dataLocation === 1) return plain(externalBytes(proto, where, external));
  return proto.rawData && proto.rawData.length > 0 ? plain(proto.rawData) : null;
}

/** A Node Buffer's `slice` shares its memory; a Uint8Array's copies, which alignment relies on. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function externalBytes(
  proto: TensorProto,
  where: string,
  external: ExternalData | null,
): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map(({ key, value }) => [key, value ?? ""]));
  const location = entries.get("location") ?? "";
  refuseOutside(location, where);
  const offset = wholeNumber(entries.get("offset") ?? "0", where);
  const given = entries.get("length");
  const length = given === undefined ? null : wholeNumber(given, where);
  if (external === null) {
    throw new XbcError(
      "BAD_FILE",
      `${where}: needs its data from the external file "${location}", found the model's bytes alone; hand in the file beside it`,
    );
  }
  return external(location, offset, length);
}

/** A location may name a file beside the model or below it; nothing else. */
function refuseOutside(location: string, where: string): void {
  const absolute = /^([a-z][a-z0-9+.-]*:|[/\\~])/i.test(location);
  const climbs = location.split(/[/\\]/).includes("..");
  if (location !== "" && !absolute && !climbs && !location.includes("\0")) return;
  throw new XbcError(
    "BAD_MODEL",
    `${where}: needs an external file in the model's folder, found the location ${JSON.stringify(location)}; ` +
      "save the model again with its data beside it",
  );
}

function wholeNumber(text: string, where: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw badTensor(
    where,
    "a whole number of bytes as offset and length of external data",
    JSON.stringify(text),
  );
}

/** Data in float_data, int32_data and the like; float16 lies as bits in int32_data. */
function typedFields(
  proto: TensorProto,
  type: ElementType,
  packed: PackedType | null,
  size: number,
  where: string,
): TensorData {
  if (type === "int64" || type === "uint64") {
    const values = (type === "int64" ? proto.int64Data : proto.uint64Data) ?? [];
    checkCount(values.length, size, where);
    const data = type === "int64" ? new BigInt64Array(size) : new BigUint64Array(size);
    for (let i = 0; i < size; i++) data[i] = toBigInt(values[i]);
    return data;
  }
  if (type === "uint32") {
    const values = proto.uint64Data ?? [];
    checkCount(values.length, size, where);
    return Uint32Array.from(values, (value) => toNumber(value, where));
  }
  const values =
    (type === "float32"
      ? proto.floatData
      : type === "float64"
        ? proto.doubleData
        : proto.int32Data) ?? [];
  if (packed) {
    checkCount(values.length, Math.ceil((size * packedTypes[packed].bits) / 8), where);
    return unpack(Uint8Array.from(values), packed, size);
  }
  checkCount(values.length, size, where);
  const data = allocate(type, size);
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) data.set(values);
  return data;
}

function checkCount(found: number, needed: number, where: string): void {
  if (found !== needed) throw badTensor(where, `${needed} elements`, `${found}`);
}

/** Elements of 2 or 4 bits, the first in the lowest bits of a byte (onnx.proto, TensorProto). */
function unpack(bytes: Uint8Array, packed: PackedType, size: number): Int8Array | Uint8Array {
  const { bits, holder } = packedTypes[packed];
  const perByte = 8 / bits;
  const data = holder === "int8" ? new Int8Array(size) : new Uint8Array(size);
  const mask = (1 << bits) - 1;
  const sign = holder === "int8" ? 1 << (bits - 1) : 0;
  for (let i = 0; i < size; i++) {
    const digit = (bytes[Math.floor(i / perByte)] >> ((i % perByte) * bits)) & mask;
    data[i] = (digit ^ sign) - sign;
  }
  return data;
}
