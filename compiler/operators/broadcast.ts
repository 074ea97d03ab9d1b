import { XbcError } from "../errors.ts";
import type { Dimension, GraphNode, ValueType } from "../ir/graph.ts";

type Shape = readonly Dimension[] | null;

/**
 * The shape of an element-wise operation on several tensors (ONNX's multidirectional broadcasting).
 * @returns null where a rank is unknown
 * @throws SHAPE_MISMATCH where two dimensions differ and neither is 1
 */
export function broadcastShapes(node: GraphNode, shapes: readonly Shape[]): Shape {
  let result: readonly Dimension[] = [];
  for (const shape of shapes) {
    if (shape === null) return null;
    result = broadcastPair(node, result, shape);
  }
  return result;
}

function broadcastPair(
  node: GraphNode,
  a: readonly Dimension[],
  b: readonly Dimension[],
): readonly Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = axis < rank - a.length ? 1 : a[axis - rank + a.length];
    const right = axis < rank - b.length ? 1 : b[axis - rank + b.length];
    if (left === 1) return right;
    if (right === 1 || left === right) return left;
    if (typeof left === "number" && typeof right === "number") throw mismatch(node, a, b);
    if (typeof left === "number") return left;
    return typeof right === "number" ? right : null;
  });
}

function mismatch(node: GraphNode, a: readonly Dimension[], b: readonly Dimension[]): XbcError {
  return new XbcError(
    "SHAPE_MISMATCH",
    `node "${node.name}" (${node.op}): needs shapes that broadcast, found ${showShape(a)} and ${showShape(b)}; export the model again`,
  );
}

/** A shape as text: [batch, 3, ?]. */
export function showShape(shape: Shape): string {
  return shape === null ? "[…]" : `[${shape.map((dimension) => dimension ?? "?").join(", ")}]`;
}

/** The broadcast shape of all inputs with the type of one of them; null where that is unknown. */
export function broadcastTypes(
  node: GraphNode,
  inputs: readonly (ValueType | null)[],
  type: ValueType["type"] | undefined,
): ValueType | null {
  if (type === undefined) return null;
  return {
    type,
    shape: broadcastShapes(
      node,
      inputs.map((input) => input?.shape ?? null),
    ),
  };
}
