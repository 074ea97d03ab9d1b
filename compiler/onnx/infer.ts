import type { Operator } from "../define.ts";
import type { Dimension, Graph, GraphNode, ValueId, ValueType } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { tensor } from "../ir/tensor.ts";
import { operators } from "../operators/all.generated.ts";
import { broadcastShapes } from "../operators/broadcast.ts";
import { reshapedShape } from "../operators/reshape.ts";
import { toInt64 } from "./proto.ts";
import type { ShapeValue } from "./shape-values.ts";
import { evaluateShape, shapeValueOf } from "./shape-values.ts";

/** Types of all values that could be told, and what the chains that compute shapes give. */
export interface Inference {
  readonly values: ReadonlyMap<ValueId, ValueType>;
  readonly shapes: ReadonlyMap<ValueId, ShapeValue>;
}

const byOperator = new Map<string, Operator>(
  operators.flatMap((operator) =>
    operator.domains.flatMap((domain) =>
      operator.ops.map((op): [string, Operator] => [`${domain}:${op}`, operator]),
    ),
  ),
);

/** The operator that a node is of, or null where xbc does not know it. */
export function operatorOf(node: GraphNode): Operator | null {
  return byOperator.get(`${node.domain}:${node.op}`) ?? null;
}

/** The graph with the types and shapes of its values filled in; what cannot be told stays as declared. */
export function inferValues(graph: Graph): Graph {
  return { ...graph, values: infer(graph).values };
}

/**
 * Types and shapes from the inputs on. A dimension's name stays, also through chains of Shape, Gather,
 * Concat that compute the target of a Reshape. What is computed stands above what the file declares.
 * @throws SHAPE_MISMATCH, BAD_MODEL with the node's name where shapes contradict each other
 */
export function infer(graph: Graph): Inference {
  const values = new Map<ValueId, ValueType>();
  const shapes = new Map<ValueId, ShapeValue>();
  for (const input of graph.inputs) {
    const type = graph.values.get(input);
    if (type) values.set(input, type);
  }
  for (const [name, constant] of graph.constants) {
    values.set(name, { type: constant.type, shape: constant.shape });
    const value = shapeValueOf(constant);
    if (value) shapes.set(name, value);
  }
  for (const node of graph.nodes) inferNode(node, graph, values, shapes);
  return { values, shapes };
}

function inferNode(
  node: GraphNode,
  graph: Graph,
  values: Map<ValueId, ValueType>,
  shapes: Map<ValueId, ShapeValue>,
): void {
  const inputs = node.inputs.map((name) => values.get(name) ?? null);
  const constant = (index: number) =>
    graph.constants.get(node.inputs[index] ?? "") ??
    numbersOf(shapes.get(node.inputs[index] ?? ""));
  const told = operatorOf(node)?.infer?.(node, inputs, constant) ?? [];
  const named = shapeFromNames(
    node,
    inputs,
    (index) => shapes.get(node.inputs[index] ?? "") ?? null,
  );
  node.outputs.forEach((output, index) => {
    const inferred = told[index] ?? null;
    const better =
      index === 0 && inferred && named ? { type: inferred.type, shape: named } : inferred;
    const type = merge(better, graph.values.get(output) ?? null);
    if (output !== "" && type) values.set(output, type);
  });
  const value = evaluateShape(
    node,
    node.inputs.map((name) => shapes.get(name) ?? null),
    inputs,
  );
  if (value) shapes.set(node.outputs[0], value);
}

/** A shape value that holds numbers alone, as the tensor that it is. */
function numbersOf(value: ShapeValue | undefined): Tensor | null {
  if (!value) return null;
  const numbers = value.elements.filter((element) => typeof element === "number");
  if (numbers.length !== value.elements.length) return null;
  return tensor(
    "int64",
    value.isScalar ? [] : [numbers.length],
    BigInt64Array.from(numbers, toInt64),
  );
}

/** The output shape of a node whose target shape is known in part by name. */
function shapeFromNames(
  node: GraphNode,
  inputs: readonly (ValueType | null)[],
  shape: (index: number) => ShapeValue | null,
): readonly Dimension[] | null {
  if (node.domain !== "") return null;
  const target = shape(node.op === "ConstantOfShape" ? 0 : 1)?.elements;
  if (!target) return null;
  switch (node.op) {
    case "Reshape":
      return reshapedShape(node, inputs[0]?.shape ?? null, target);
    case "Expand":
      return broadcastShapes(node, [inputs[0]?.shape ?? null, target]);
    case "ConstantOfShape":
      return target;
    default:
      return null;
  }
}

/** What was computed, completed by what is declared. */
function merge(inferred: ValueType | null, declared: ValueType | null): ValueType | null {
  if (!inferred || !declared) return inferred ?? declared;
  const { type, shape } = inferred;
  if (shape === null) return { type, shape: declared.shape };
  if (declared.shape?.length !== shape.length) return inferred;
  return {
    type,
    shape: shape.map((dimension, axis) => dimension ?? declared.shape?.[axis] ?? null),
  };
}
