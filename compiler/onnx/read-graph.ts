import { XbcError } from "../errors.ts";
import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { readAttribute } from "./attribute-proto.ts";
import { valuesRead } from "./captures.ts";
import type { PackedType } from "./element-type.ts";
import type { Inliner, SourceNode } from "./inline-functions.ts";
import type { Ordered } from "./order.ts";
import { topologicalOrder } from "./order.ts";
import type { ExternalData } from "./parse.ts";
import { domainOf } from "./parse.ts";
import type { GraphProto } from "./proto.ts";
import { isConstant, storedConstants, twice } from "./stored-constants.ts";
import { readInputType, readValueType } from "./value-type.ts";

/** What reading a graph needs from around it. */
export interface Surroundings {
  readonly inline: Inliner;
  /** operator set of ai.onnx */
  readonly opset: number;
  readonly opsets: ReadonlyMap<string, number>;
  readonly external: ExternalData | null;
  /** values of the graphs around this one; empty for the model's own */
  readonly outer: ReadonlySet<ValueId>;
  /** what is done to a graph inside a node, which is written in the node's operator set */
  readonly nested: (graph: GraphProto, outer: ReadonlySet<ValueId>, opset: number) => GraphProto;
}

/** A graph as the file has it, with what later steps need and the Graph does not hold. */
export interface SourceGraph {
  readonly graph: Graph;
  /** by node name: the operator set that the node is written in */
  readonly versions: ReadonlyMap<string, number>;
  /** constants whose elements were narrower than a byte */
  readonly packed: ReadonlyMap<ValueId, PackedType>;
}

/**
 * Reads a GraphProto: initializers and Constant nodes become constants, nodes that no output needs fall
 * away, the others come in topological order with unique names. Tensors are read only where they are used.
 * @throws BAD_MODEL for values that are missing or made twice, and for cycles
 */
export function readGraph(proto: GraphProto, around: Surroundings): SourceGraph {
  const nodes = around.inline(proto.node ?? [], around.opset).map(describe);
  const stored = storedConstants(proto, nodes, around.external);
  const inputs = (proto.input ?? []).filter(({ name }) => !stored.has(name ?? ""));
  const outputs = (proto.output ?? []).map(({ name }) => name ?? "");
  const defined = checkDefinitions(nodes, [
    ...stored.keys(),
    ...inputs.map(({ name }) => name ?? ""),
  ]);
  checkReads(nodes, outputs, (value) => defined.has(value) || around.outer.has(value));

  const live = neededNodes(nodes, outputs).filter(({ proto: node }) => !isConstant(node));
  const ordered = topologicalOrder(live);
  const visible = new Set([...around.outer, ...defined]);
  const names = uniqueNames(ordered.map(({ label }) => label));
  const read = new Set([...outputs, ...ordered.flatMap(({ reads }) => [...reads])]);
  const constants = new Map<ValueId, Tensor>();
  const packed = new Map<ValueId, PackedType>();
  for (const [name, load] of stored) {
    if (!read.has(name)) continue;
    const found = load();
    constants.set(name, found.tensor);
    if (found.packed) packed.set(name, found.packed);
  }
  const graphNodes = ordered.map((node, i) => readNode(node, names[i], around, visible));
  const graph: Graph = {
    name: proto.name ?? "",
    opsets: around.opsets,
    nodes: graphNodes,
    values: declaredTypes(proto, inputs, around.outer.size === 0),
    constants,
    inputs: inputs.map(({ name }) => name ?? ""),
    outputs,
    warnings: [],
  };
  return {
    graph,
    versions: new Map(ordered.map(({ opset }, i) => [names[i], opset])),
    packed,
  };
}

interface Described extends Ordered, SourceNode {
  readonly reads: ReadonlySet<ValueId>;
}

function describe(source: SourceNode): Described {
  const { proto } = source;
  const makes = (proto.output ?? []).filter((name) => name !== "");
  const label = proto.name || makes[0] || proto.opType || "node";
  return { ...source, label, reads: valuesRead(proto), makes };
}

/** Every value has one definition. */
function checkDefinitions(
  nodes: readonly Described[],
  given: readonly ValueId[],
): ReadonlySet<ValueId> {
  const makers = new Map<ValueId, string>();
  for (const name of given) {
    if (makers.has(name)) throw twice(name, "two inputs");
    makers.set(name, "an input or initializer");
  }
  for (const { label, makes, proto } of nodes) {
    if (isConstant(proto)) continue;
    for (const value of makes) {
      const other = makers.get(value);
      if (other !== undefined) throw twice(value, `${other} and node "${label}"`);
      makers.set(value, `node "${label}"`);
    }
  }
  return new Set(makers.keys());
}

function checkReads(
  nodes: readonly Described[],
  outputs: readonly ValueId[],
  isDefined: (value: ValueId) => boolean,
): void {
  for (const { label, reads, proto } of nodes) {
    for (const value of reads) {
      if (isDefined(value)) continue;
      throw new XbcError(
        "BAD_MODEL",
        `node "${label}" (${proto.opType}): needs a value "${value}", found no input, initializer or node that makes it; export the model again`,
      );
    }
  }
  const missing = outputs.find((value) => !isDefined(value));
  if (missing === undefined) return;
  throw new XbcError(
    "BAD_MODEL",
    `output "${missing}": needs a node that makes it, found none; export the model again`,
  );
}

/** Nodes that some output needs, in the order given. */
function neededNodes(
  nodes: readonly Described[],
  outputs: readonly ValueId[],
): readonly Described[] {
  const maker = new Map<ValueId, Described>();
  for (const node of nodes) for (const value of node.makes) maker.set(value, node);
  const needed = new Set<Described>();
  const open = [...outputs];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const node = maker.get(value);
    if (node === undefined || needed.has(node)) continue;
    needed.add(node);
    for (const read of node.reads) open.push(read);
  }
  return nodes.filter((node) => needed.has(node));
}

/** The names given, repeated ones with `#2`, `#3` … behind. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>(names);
  const used = new Set<string>();
  const counts = new Map<string, number>();
  return names.map((name) => {
    if (!used.has(name)) {
      used.add(name);
      return name;
    }
    let count = counts.get(name) ?? 1;
    let candidate = name;
    do {
      count += 1;
      candidate = `${name}#${count}`;
    } while (taken.has(candidate));
    counts.set(name, count);
    taken.add(candidate);
    used.add(candidate);
    return candidate;
  });
}

function readNode(
  { proto, opset }: SourceNode,
  name: string,
  around: Surroundings,
  visible: ReadonlySet<ValueId>,
): GraphNode {
  const attributes = new Map<string, Attribute>();
  for (const attribute of proto.attribute ?? []) {
    const key = attribute.name ?? "";
    const where = `node "${name}" (${proto.opType}), attribute "${key}"`;
    const nested = (graph: GraphProto) => around.nested(graph, visible, opset);
    attributes.set(key, readAttribute(attribute, where, around.external, nested));
  }
  return {
    name,
    op: proto.opType ?? "",
    domain: domainOf(proto.domain),
    inputs: withoutTrailing(proto.input ?? []),
    outputs: withoutTrailing(proto.output ?? []),
    attributes,
  };
}

/** Absent optional values at the end may be left out. */
function withoutTrailing(names: readonly ValueId[]): readonly ValueId[] {
  let end = names.length;
  while (end > 0 && names[end - 1] === "") end -= 1;
  return names.slice(0, end);
}

/**
 * Types that the file declares. An unknown dimension of a model's input gets a name of its own, so that
 * shapes computed from it can be followed.
 */
function declaredTypes(
  proto: GraphProto,
  inputs: NonNullable<GraphProto["input"]>,
  isModel: boolean,
): ReadonlyMap<ValueId, ValueType> {
  const types = new Map<ValueId, ValueType>();
  for (const info of [
    ...(proto.valueInfo ?? []),
    ...(proto.output ?? []),
    ...(isModel ? [] : inputs),
  ]) {
    const type = readValueType(info);
    if (type) types.set(info.name ?? "", type);
  }
  if (!isModel) return types;
  for (const info of inputs) {
    const { type, shape } = readInputType(info);
    const named = shape?.map((dimension, axis) => dimension ?? `${info.name}.${axis}`) ?? null;
    types.set(info.name ?? "", { type, shape: named });
  }
  return types;
}
