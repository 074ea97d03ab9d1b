import { XbcError } from "../errors.ts";
import type { Attribute } from "../ir/graph.ts";
import { onnx } from "./codec.generated.js";
import type { ExternalData } from "./parse.ts";
import type { AttributeProto, GraphProto } from "./proto.ts";
import { fromNumber, toNumber } from "./proto.ts";
import { readTensor, writeTensor } from "./tensor-proto.ts";

/** Numbers of AttributeProto.AttributeType (onnx.proto). */
const types = {
  undefined: 0,
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/**
 * A node's attribute as the graph holds it; a graph inside (If, Loop, Scan) becomes its bytes.
 * @param nested what is to be done to a graph inside before
 * @throws UNSUPPORTED for sparse tensors, types and lists of tensors or graphs
 */
export function readAttribute(
  proto: AttributeProto,
  where: string,
  external: ExternalData | null,
  nested: (graph: GraphProto) => GraphProto,
): Attribute {
  const text = new TextDecoder();
  switch (proto.type || guessType(proto)) {
    case types.float:
      return { kind: "float", value: proto.f ?? 0 };
    case types.int:
      return { kind: "int", value: toNumber(proto.i ?? 0, where) };
    case types.string:
      return { kind: "string", value: text.decode(proto.s ?? new Uint8Array()) };
    case types.floats:
      return { kind: "floats", value: proto.floats ?? [] };
    case types.ints:
      return { kind: "ints", value: (proto.ints ?? []).map((value) => toNumber(value, where)) };
    case types.strings:
      return { kind: "strings", value: (proto.strings ?? []).map((value) => text.decode(value)) };
    case types.tensor:
      if (proto.t) return { kind: "tensor", value: readTensor(proto.t, where, external).tensor };
      break;
    case types.graph:
      if (proto.g)
        return { kind: "graph", value: onnx.GraphProto.encode(nested(proto.g)).finish() };
      break;
  }
  throw new XbcError(
    "UNSUPPORTED",
    `${where}: needs numbers, strings, a tensor or a graph, found an attribute of type ${proto.type ?? 0}; export the model without it`,
  );
}

/** The attribute as ONNX writes it. */
export function writeAttribute(name: string, attribute: Attribute): AttributeProto {
  const bytes = new TextEncoder();
  switch (attribute.kind) {
    case "float":
      return { name, type: types.float, f: attribute.value };
    case "int":
      return { name, type: types.int, i: fromNumber(attribute.value) };
    case "string":
      return { name, type: types.string, s: bytes.encode(attribute.value) };
    case "floats":
      return { name, type: types.floats, floats: [...attribute.value] };
    case "ints":
      return { name, type: types.ints, ints: attribute.value.map(fromNumber) };
    case "strings":
      return {
        name,
        type: types.strings,
        strings: attribute.value.map((value) => bytes.encode(value)),
      };
    case "tensor":
      return { name, type: types.tensor, t: writeTensor("", attribute.value) };
    case "graph":
      return { name, type: types.graph, g: onnx.GraphProto.decode(attribute.value) };
  }
}

/** Models of before IR 3's rule leave `type` out: the field that is set tells. */
function guessType(proto: AttributeProto): number {
  if (proto.t) return types.tensor;
  if (proto.g) return types.graph;
  if (proto.s && proto.s.length > 0) return types.string;
  if (proto.ints?.length) return types.ints;
  if (proto.floats?.length) return types.floats;
  if (proto.strings?.length) return types.strings;
  if (Object.hasOwn(proto, "f")) return types.float;
  return Object.hasOwn(proto, "i") ? types.int : types.undefined;
}
