import { XbcError } from "../errors.ts";
import type { Dimension, ValueType } from "../ir/graph.ts";
import { dataTypeName, dataTypeOf, elementTypeOf } from "./element-type.ts";
import type { TypeProto, ValueInfoProto } from "./proto.ts";
import { fromNumber, toNumber } from "./proto.ts";

/** The declared type of a value, or null where it declares none or one that is no tensor of numbers. */
export function readValueType(info: ValueInfoProto): ValueType | null {
  const tensor = info.type?.tensorType;
  const type = elementTypeOf(tensor?.elemType ?? 0);
  if (!tensor || type === null) return null;
  const where = `value "${info.name ?? ""}"`;
  const shape = tensor.shape
    ? (tensor.shape.dim ?? []).map((dim) => readDimension(dim, where))
    : null;
  return { type, shape };
}

/** The declared type of a graph's input. @throws UNSUPPORTED where it is no tensor of numbers. */
export function readInputType(info: ValueInfoProto): ValueType {
  const found = readValueType(info);
  if (found) return found;
  throw new XbcError(
    "UNSUPPORTED",
    `input "${info.name ?? ""}": needs a tensor of floats, integers or booleans, found ${describeType(info.type)}; ` +
      "cut the model behind this input's preparation and export it again",
  );
}

export function writeValueType(name: string, type: ValueType | null): ValueInfoProto {
  if (type === null) return { name };
  const dim = type.shape?.map((dimension) =>
    typeof dimension === "number"
      ? { dimValue: fromNumber(dimension) }
      : typeof dimension === "string"
        ? { dimParam: dimension }
        : {},
  );
  const elemType = dataTypeOf(type.type);
  return { name, type: { tensorType: dim ? { elemType, shape: { dim } } : { elemType } } };
}

/** A type in words, for messages. */
export function describeType(type: TypeProto | null | undefined): string {
  if (type?.tensorType) return `a tensor of ${dataTypeName(type.tensorType.elemType ?? 0)}`;
  if (type?.sequenceType) return "a sequence";
  if (type?.mapType) return "a map";
  if (type?.optionalType) return "an optional";
  if (type?.sparseTensorType) return "a sparse tensor";
  return "no type";
}

/** A negative dimension and the name "?" mean that it is unknown. */
function readDimension(
  dim: { dimValue?: Parameters<typeof toNumber>[0] | null; dimParam?: string | null },
  where: string,
): Dimension {
  if (dim.dimParam) return dim.dimParam === "?" ? null : dim.dimParam;
  if (dim.dimValue === undefined || dim.dimValue === null) return null;
  const value = toNumber(dim.dimValue, where);
  return value < 0 ? null : value;
}
