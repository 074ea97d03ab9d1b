import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { Dimension, GraphNode, ValueType } from "../ir/graph.ts";
import { broadcastShapes, showShape } from "./broadcast.ts";
import { requireOneType } from "./one-type.ts";

export default defineOperator({
  ops: ["MatMul"],
  domains: [""],
  summary: "Matrix product over the last two axes; the others broadcast",
  infer: (node, inputs) => {
    const a = inputs[0];
    const b = node.op === "QLinearMatMul" ? inputs[3] : inputs[1];
    if (node.op === "MatMul") requireOneType(node, a, b);
    const type = outputType(node, inputs);
    return [type ? { type, shape: productShape(node, a?.shape ?? null, b?.shape ?? null) } : null];
  },
});

function outputType(
  node: GraphNode,
  inputs: readonly (ValueType | null)[],
): ValueType["type"] | undefined {
  if (node.op === "MatMulInteger") return "int32";
  return node.op === "QLinearMatMul" ? inputs[7]?.type : inputs[0]?.type;
}

/** NumPy's rule: a vector is a row on the left, a column on the right, and its axis falls away. */
function productShape(
  node: GraphNode,
  a: readonly Dimension[] | null,
  b: readonly Dimension[] | null,
): readonly Dimension[] | null {
  if (!a || !b || a.length === 0 || b.length === 0) return null;
  const left = a.length === 1 ? [1, a[0]] : a;
  const right = b.length === 1 ? [b[0], 1] : b;
  const [inner, other] = [left[left.length - 1], right[right.length - 2]];
  if (typeof inner === "number" && typeof other === "number" && inner !== other) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `node "${node.name}" (${node.op}): needs as many columns on the left as rows on the right, found ${showShape(a)} and ${showShape(b)}; export the model again`,
    );
  }
  const batch = broadcastShapes(node, [left.slice(0, -2), right.slice(0, -2)]);
  if (batch === null) return null;
  const row = a.length === 1 ? [] : [left[left.length - 2]];
  const column = b.length === 1 ? [] : [right[right.length - 1]];
  return [...batch, ...row, ...column];
}
