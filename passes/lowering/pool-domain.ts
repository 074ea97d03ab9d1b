import { intAttribute, intsAttribute, stringAttribute } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import type { Domain } from "./domain.ts";
import { grid } from "./domain.ts";
import type { Rule } from "./domain-rule.ts";

/** A mean of k codes is a sum of them at a scale of 1/k; where padding is counted or left out, nothing is known. */
export const averagePool: Rule = (node, { of }) => {
  const kernel = intsAttribute(node, "kernel_shape", []);
  const isPadded = intsAttribute(node, "pads", []).some((pad) => pad !== 0);
  const isPlain =
    !isPadded &&
    stringAttribute(node, "auto_pad", "NOTSET") === "NOTSET" &&
    intAttribute(node, "ceil_mode", 0) === 0;
  return isPlain && kernel.length > 0 ? mean(of(0), sizeOf(kernel)) : null;
};

export const globalAveragePool: Rule = (node, { graph, of }) => {
  const sizes = graph.values.get(node.inputs[0])?.shape?.slice(2);
  const known = sizes?.filter((size) => typeof size === "number");
  return known && known.length === sizes?.length ? mean(of(0), sizeOf(known)) : null;
};

function mean({ low, high, codes }: Domain, count: number): Domain | null {
  if (codes?.offset !== 0) return { low, high, codes: null };
  const { minimum, maximum, step } = codes.range;
  return grid(codes.scale / count, 0, { minimum: minimum * count, maximum: maximum * count, step });
}
