import { XbcError } from "../errors.ts";
import type { ValueId } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { tensor } from "../ir/tensor.ts";
import { readAttribute } from "./attribute-proto.ts";
import type { ExternalData } from "./parse.ts";
import { domainOf } from "./parse.ts";
import type { AttributeProto, GraphProto, NodeProto } from "./proto.ts";
import { toInt64 } from "./proto.ts";
import type { ReadTensor } from "./tensor-proto.ts";
import { readTensor } from "./tensor-proto.ts";

/** A node that may be a Constant, with its name for messages and the values that it makes. */
export interface MaybeConstant {
  readonly proto: NodeProto;
  readonly label: string;
  readonly makes: readonly ValueId[];
}

export function isConstant({ domain, opType }: NodeProto): boolean {
  return domainOf(domain) === "" && opType === "Constant";
}

/** Constants of a file by name, each to be read when it is used. */
export type Stored = ReadonlyMap<ValueId, () => ReadTensor>;

/**
 * Initializers and Constant nodes.
 * @throws BAD_MODEL where two have one name; UNSUPPORTED, when one is read, for what is no dense tensor
 */
export function storedConstants(
  proto: GraphProto,
  nodes: readonly MaybeConstant[],
  external: ExternalData | null,
): Stored {
  const stored = new Map<ValueId, () => ReadTensor>();
  for (const initializer of proto.initializer ?? []) {
    const name = initializer.name ?? "";
    if (stored.has(name)) throw twice(name, "two initializers");
    stored.set(name, () => readTensor(initializer, `initializer "${name}"`, external));
  }
  for (const { values } of proto.sparseInitializer ?? []) {
    const name = values?.name ?? "";
    stored.set(name, () => {
      throw unreadable(`initializer "${name}"`, "a sparse tensor");
    });
  }
  for (const { proto: node, label, makes } of nodes) {
    if (!isConstant(node) || makes.length === 0) continue;
    if (stored.has(makes[0])) throw twice(makes[0], `an initializer and node "${label}"`);
    stored.set(makes[0], () =>
      constantOf(node.attribute ?? [], `node "${label}" (Constant)`, external),
    );
  }
  return stored;
}

/** The value of a Constant node, in any of its attribute forms. */
function constantOf(
  attributes: readonly AttributeProto[],
  where: string,
  external: ExternalData | null,
): ReadTensor {
  const proto = attributes.find(({ name }) => name?.startsWith("value") || name === "sparse_value");
  if (!proto)
    throw new XbcError(
      "BAD_MODEL",
      `${where}: needs an attribute "value", found none; export the model again`,
    );
  if (proto.t) return readTensor(proto.t, where, external);
  if (proto.sparseTensor) throw unreadable(where, "a sparse tensor");
  const value = readAttribute(proto, where, external, (graph) => graph);
  const dense = (found: Tensor): ReadTensor => ({ tensor: found, packed: null });
  switch (value.kind) {
    case "float":
      return dense(tensor("float32", [], Float32Array.of(value.value)));
    case "floats":
      return dense(tensor("float32", [value.value.length], Float32Array.from(value.value)));
    case "int":
      return dense(tensor("int64", [], BigInt64Array.of(toInt64(value.value))));
    case "ints":
      return dense(tensor("int64", [value.value.length], BigInt64Array.from(value.value, toInt64)));
    case "string":
    case "strings":
    case "tensor":
    case "graph":
      throw unreadable(where, `a ${value.kind}`);
  }
}

function unreadable(where: string, found: string): XbcError {
  return new XbcError(
    "UNSUPPORTED",
    `${where}: needs a dense tensor of numbers, found ${found}; export the model without it`,
  );
}

/** The error for a value with two definitions. */
export function twice(value: ValueId, by: string): XbcError {
  return new XbcError(
    "BAD_MODEL",
    `value "${value}": needs one definition, found ${by}; export the model again`,
  );
}
