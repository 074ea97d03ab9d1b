/** Short names for the messages of ONNX's protobuf schema, and numbers out of its 64-bit integers. */
import Long from "long";
import { XbcError } from "../errors.ts";
import type { onnx } from "./codec.generated.js";

export type ModelProto = onnx.ModelProto.$Properties;
export type GraphProto = onnx.GraphProto.$Properties;
export type NodeProto = onnx.NodeProto.$Properties;
export type AttributeProto = onnx.AttributeProto.$Properties;
export type TensorProto = onnx.TensorProto.$Properties;
export type TypeProto = onnx.TypeProto.$Properties;
export type ValueInfoProto = onnx.ValueInfoProto.$Properties;
export type FunctionProto = onnx.FunctionProto.$Properties;

/** What the codec makes of an int64 field. */
export type WireInteger = number | Long | { readonly low: number; readonly high: number };

/** An int64 as a number; the two ends of int64 (which mean "to the end") stay themselves. */
export function toNumber(value: WireInteger, where: string): number {
  if (typeof value === "number") return value;
  const long = Long.fromBits(value.low, value.high, Long.isLong(value) && value.unsigned);
  const number = long.toNumber();
  if (Number.isSafeInteger(number) || long.equals(Long.MAX_VALUE) || long.equals(Long.MIN_VALUE)) {
    return number;
  }
  throw new XbcError(
    "UNSUPPORTED",
    `${where}: needs an integer within ±2^53, found ${long.toString()}; scale the model's constants`,
  );
}

/** An int64 or uint64 as a bigint, exactly. */
export function toBigInt(value: WireInteger): bigint {
  if (typeof value === "number") return BigInt(value);
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}

/** A number as an int64 of the wire; the ends of int64 saturate. */
export function fromNumber(value: number): Long {
  return Long.fromNumber(value);
}

export function fromBigInt(value: bigint): Long {
  return Long.fromBits(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
}

/** A number as an element of a BigInt64Array; beyond int64 it saturates. */
export function toInt64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n;
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
}
