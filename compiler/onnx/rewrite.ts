import type { ExpandContext } from "../define.ts";
import type { Attribute, Graph, GraphNode, ValueId } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { tensor } from "../ir/tensor.ts";

/** Puts nodes in the place of one. */
export interface NodeBuilder extends ExpandContext {
  /** takes a node as it is; its name must be free, or that of the node it replaces */
  readonly emit: (node: GraphNode) => void;
  /** an int64 constant: [] for a number, [n] for a list */
  readonly integers: (values: number | readonly number[]) => ValueId;
  readonly scalar: (value: number) => ValueId;
}

/** Attributes of ai.onnx that are floats even where their value is a whole number. */
const floatAttributes = new Set([
  "alpha",
  "beta",
  "gamma",
  "epsilon",
  "momentum",
  "lambd",
  "bias",
  "value_float",
]);

/** A number or list as an attribute: a float where its name says so or it is no whole number. */
export function attributeOf(name: string, value: number | string | readonly number[]): Attribute {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "number") {
    return { kind: floatAttributes.has(name) || !Number.isInteger(value) ? "float" : "int", value };
  }
  const isFloats = name === "scales" || value.some((each) => !Number.isInteger(each));
  return { kind: isFloats ? "floats" : "ints", value };
}

/**
 * The graph with each node replaced by what the rule builds for it; where the rule returns false the node
 * stays. Values keep their names, so whoever reads them still does.
 */
export function rewriteNodes(
  graph: Graph,
  rule: (node: GraphNode, builder: NodeBuilder) => boolean,
): Graph {
  const constants = new Map(graph.constants);
  const nodes: GraphNode[] = [];
  const taken = new Set<string>([
    ...graph.values.keys(),
    ...graph.constants.keys(),
    ...graph.inputs,
  ]);
  for (const node of graph.nodes) {
    taken.add(node.name);
    for (const name of [...node.inputs, ...node.outputs]) taken.add(name);
  }
  for (const node of graph.nodes) {
    const before = nodes.length;
    if (!rule(node, builderFor(node, graph, nodes, constants, taken))) {
      nodes.length = before;
      nodes.push(node);
    }
  }
  return { ...graph, nodes, constants };
}

function builderFor(
  node: GraphNode,
  graph: Graph,
  nodes: GraphNode[],
  constants: Map<ValueId, Tensor>,
  taken: Set<string>,
): NodeBuilder {
  const fresh = (hint: string): string => {
    const base = `${node.name}/${hint}`;
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}#${count}`;
    taken.add(name);
    return name;
  };
  const constant = (value: Tensor): ValueId => {
    const name = fresh("constant");
    constants.set(name, value);
    return name;
  };
  let nameIsFree = true;
  const emit = (made: GraphNode): void => {
    if (made.name === node.name) nameIsFree = false;
    nodes.push(made);
  };
  return {
    emit,
    constant,
    integers: (values) =>
      constant(
        typeof values === "number"
          ? tensor("int64", [], BigInt64Array.of(BigInt(values)))
          : tensor("int64", [values.length], BigInt64Array.from(values, BigInt)),
      ),
    scalar: (value) => constant(tensor("float32", [], Float32Array.of(value))),
    add: (op, inputs, attributes, output) => {
      const makesResult = output !== undefined && node.outputs.includes(output);
      const name = makesResult && nameIsFree ? node.name : fresh(op);
      const result = output ?? (name === node.name ? fresh(`${op}_output`) : name);
      const entries = Object.entries(attributes ?? {});
      emit({
        name,
        op,
        domain: "",
        inputs,
        outputs: [result],
        attributes: new Map(entries.map(([key, value]) => [key, attributeOf(key, value)])),
      });
      return result;
    },
    constantOf: (value) => constants.get(value) ?? null,
    typeOf: (value) => graph.values.get(value) ?? null,
  };
}
