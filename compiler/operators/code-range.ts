import type { ExpandContext } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { GraphNode } from "../ir/graph.ts";
import { toNumbers } from "../ir/tensor.ts";

/** Domains in which exporters write QONNX operators. */
export const qonnxDomains = ["onnx.brevitas", "finn.custom_op.general", "qonnx.custom_op.general"];

/** Lowest and highest code of a bit width. Source: qonnx, min_int and max_int. */
export function codeRange(
  bits: number,
  signed: boolean,
  narrow: boolean,
): { minimum: number; maximum: number } {
  if (signed)
    return { minimum: -(2 ** (bits - 1)) + (narrow ? 1 : 0), maximum: 2 ** (bits - 1) - 1 };
  return { minimum: 0, maximum: 2 ** bits - (narrow ? 2 : 1) };
}

/**
 * The one number of a constant input, such as a bit width.
 * @throws UNSUPPORTED where it is computed in the graph or differs by channel
 */
export function constantNumber(
  node: GraphNode,
  input: number,
  what: string,
  builder: ExpandContext,
): number {
  const found = builder.constantOf(node.inputs[input] ?? "");
  const values = found ? toNumbers(found) : new Float64Array();
  if (values.length > 0 && values.every((value) => value === values[0])) return values[0];
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}" (${node.op}): needs a constant ${what}, found ${found ? `${values.length} different ones` : `the computed value "${node.inputs[input] ?? ""}"`}; export it as one constant`,
  );
}

/** Whether an input is a constant of zeros, so that adding it changes nothing. */
export function isZero(value: string, builder: ExpandContext): boolean {
  return (
    builder.constantOf(value)?.data.every((element: number | bigint) => Number(element) === 0) ??
    false
  );
}
