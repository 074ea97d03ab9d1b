import { XbcError } from "../errors.ts";

/** Element types of ONNX that xbc reads; `float16` and `bfloat16` hold their raw bits in a Uint16Array. */
export type ElementType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool";

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A dense tensor in row-major order. `bool` is a Uint8Array of 0 and 1. */
export interface Tensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

const arrayOf = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

/** Bytes of one element. */
export function bytesPerElement(type: ElementType): number {
  return arrayOf[type].BYTES_PER_ELEMENT;
}

/** A zero-filled array for `length` elements of `type`. */
export function allocate(type: ElementType, length: number): TensorData {
  return new arrayOf[type](length);
}

/** A typed view of little-endian bytes; copies only where the bytes are not aligned. */
export function viewBytes(type: ElementType, bytes: Uint8Array): TensorData {
  const size = bytesPerElement(type);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new arrayOf[type](
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    Math.floor(aligned.byteLength / size),
  );
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** @throws SHAPE_MISMATCH if data and shape disagree */
export function tensor(type: ElementType, shape: readonly number[], data: TensorData): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `tensor of shape [${shape.join(", ")}]: needs ${sizeOf(shape)} elements, found ${data.length}`,
    );
  }
  return { type, shape, data };
}

/** float16 bits to the number they mean. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 bits to the number they mean. */
export function fromBfloat(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

/** Elements as numbers, whatever the type; 64-bit integers beyond 2^53 lose their last bits. */
export function toNumbers(tensor: Tensor): Float64Array {
  const { data, type } = tensor;
  const out = new Float64Array(data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
  } else if (type === "float16") {
    for (let i = 0; i < out.length; i++) out[i] = fromHalf(data[i]);
  } else if (type === "bfloat16") {
    for (let i = 0; i < out.length; i++) out[i] = fromBfloat(data[i]);
  } else {
    out.set(data);
  }
  return out;
}

/** The same values as float32; the array itself where it already is. */
export function toFloat32(tensor: Tensor): Float32Array {
  return tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(toNumbers(tensor));
}
