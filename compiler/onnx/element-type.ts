import type { ElementType } from "../ir/tensor.ts";

/** Numbers of TensorProto.DataType (onnx.proto, IR 13), by name. */
export const dataTypes = {
  undefined: 0,
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
} as const;

const names = new Map<number, string>(
  Object.entries(dataTypes).map(([name, number]) => [number, name]),
);

/** Types narrower than a byte: their bits, and the byte type that holds them unpacked. */
export const packedTypes = {
  uint4: { bits: 4, holder: "uint8", minimum: 0, maximum: 15 },
  int4: { bits: 4, holder: "int8", minimum: -8, maximum: 7 },
  uint2: { bits: 2, holder: "uint8", minimum: 0, maximum: 3 },
  int2: { bits: 2, holder: "int8", minimum: -2, maximum: 1 },
} as const;

export type PackedType = keyof typeof packedTypes;

export function isPacked(name: string): name is PackedType {
  return name in packedTypes;
}

/** Name of an ONNX data type number, newer ones by their number. */
export function dataTypeName(number: number): string {
  return names.get(number) ?? `data type ${number}`;
}

const elementTypes: readonly ElementType[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

const byNumber = new Map<number, ElementType>(elementTypes.map((type) => [dataTypes[type], type]));

/** The element type of an ONNX data type number, or null where xbc has none. */
export function elementTypeOf(number: number): ElementType | null {
  return byNumber.get(number) ?? null;
}

export function dataTypeOf(type: ElementType): number {
  return dataTypes[type];
}
