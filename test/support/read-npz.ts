import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import type { ElementType, Tensor } from "../../compiler/ir/tensor.ts";
import { bytesPerElement, sizeOf, tensor, viewBytes } from "../../compiler/ir/tensor.ts";

const types: Readonly<Record<string, ElementType>> = {
  "<f4": "float32",
  "<f8": "float64",
  "<f2": "float16",
  "|i1": "int8",
  "|u1": "uint8",
  "<i2": "int16",
  "<u2": "uint16",
  "<i4": "int32",
  "<u4": "uint32",
  "<i8": "int64",
  "<u8": "uint64",
  "|b1": "bool",
};

/** The arrays of a NumPy `.npz` file by name; those of types that xbc has none of are left out. */
export function readNpz(path: string): ReadonlyMap<string, Tensor> {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = bytes.readUInt32LE(end + 16);
  const arrays = new Map<string, Tensor>();
  for (let entry = bytes.readUInt16LE(end + 10); entry > 0; entry--) {
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const stored = bytes.subarray(start, start + size);
    const found = readNpy(method === 0 ? stored : inflateRawSync(stored));
    if (found) arrays.set(name.replace(/\.npy$/, ""), found);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return arrays;
}

/** A NumPy array from the bytes of a `.npy` file. */
export function readNpy(bytes: Uint8Array): Tensor | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = view[6] > 1;
  const start = (wide ? 12 : 10) + (wide ? view.readUInt32LE(8) : view.readUInt16LE(8));
  const header = view.toString("latin1", 10, start);
  const type = types[/'descr': '([^']*)'/.exec(header)?.[1] ?? ""];
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((text) => text.trim())
    .map(Number);
  if (!type || header.includes("'fortran_order': True")) return null;
  const data = new Uint8Array(view.subarray(start, start + sizeOf(shape) * bytesPerElement(type)));
  return tensor(type, shape, viewBytes(type, data));
}
