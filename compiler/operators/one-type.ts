import { XbcError } from "../errors.ts";
import type { GraphNode, ValueType } from "../ir/graph.ts";

/** @throws BAD_MODEL where a matrix operator's two operands are known to have different types */
export function requireOneType(
  node: GraphNode,
  a: ValueType | null | undefined,
  b: ValueType | null | undefined,
): void {
  if (!a || !b || a.type === b.type) return;
  throw new XbcError(
    "BAD_MODEL",
    `node "${node.name}" (${node.op}): needs operands of one type, found ${a.type} and ${b.type}; cast one of them and export the model again`,
  );
}
