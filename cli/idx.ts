import { XbcError } from "../compiler/errors.ts";
import {
  bytesPerElement,
  type ElementType,
  sizeOf,
  type Tensor,
  tensor,
  viewBytes,
} from "../compiler/ir/tensor.ts";

/** Type codes of IDX, the format in which MNIST came. */
const types: Readonly<Record<number, ElementType>> = {
  8: "uint8",
  9: "int8",
  11: "int16",
  12: "int32",
  13: "float32",
  14: "float64",
};

/** Two zeros, a type and a number of dimensions begin an IDX file. */
export function isIdx(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 &&
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    bytes[2] in types &&
    bytes[3] >= 1 &&
    bytes[3] <= 8
  );
}

/**
 * An IDX file as a tensor; its numbers are big-endian.
 * @throws BAD_FILE if its length is not what its header says
 */
export function readIdx(bytes: Uint8Array, where: string): Tensor {
  const type = types[bytes[2]];
  const rank = bytes[3];
  const offset = 4 + 4 * rank;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape =
    bytes.length < offset
      ? []
      : Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const width = bytesPerElement(type);
  const needed = offset + sizeOf(shape) * width;
  if (shape.length !== rank || bytes.length !== needed) {
    throw new XbcError(
      "BAD_FILE",
      `${where}: needs ${needed} bytes for IDX ${type} [${shape.join(", ")}], found ${bytes.length}; the file is cut short or damaged, get it again`,
    );
  }
  const data = bytes.slice(offset);
  for (let at = 0; width > 1 && at < data.length; at += width)
    data.subarray(at, at + width).reverse();
  return tensor(type, shape, viewBytes(type, data));
}
