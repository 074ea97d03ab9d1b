import { XbcError } from "../errors.ts";
import type { GraphNode } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { toNumbers } from "../ir/tensor.ts";

/** A negative axis counts from the end. @throws BAD_MODEL outside the rank */
export function axisWithin(node: GraphNode, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && found >= 0 && found < rank) return found;
  throw new XbcError(
    "BAD_MODEL",
    `node "${node.name}" (${node.op}): needs an axis from ${-rank} to ${rank - 1}, found ${axis}; export the model again`,
  );
}

/** The elements of a constant as a list, or null where the value is no constant. */
export function integersOf(tensor: Tensor | null): readonly number[] | null {
  return tensor ? Array.from(toNumbers(tensor)) : null;
}

/**
 * A list that is an attribute in older operator sets and an input in newer ones.
 * @returns "absent" where the node has neither, null where the input is no constant
 */
export function integersFrom(
  node: GraphNode,
  attribute: string,
  input: number,
  constant: (index: number) => Tensor | null,
): readonly number[] | "absent" | null {
  const given = node.attributes.get(attribute);
  if (given?.kind === "ints") return given.value;
  if ((node.inputs[input] ?? "") === "") return "absent";
  return integersOf(constant(input));
}
