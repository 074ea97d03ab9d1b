import type { ExpandContext } from "../define.ts";
import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { GraphNode } from "../ir/graph.ts";
import { tensor, toNumbers } from "../ir/tensor.ts";
import { dataTypeOf, dataTypes } from "../onnx/element-type.ts";

/**
 * clip(floor((x·mul + add)/div + 1/2)) on integers, to 0 … n−1 or, where signed, −n/2 … n/2−1; in float64,
 * so that products up to 2^53 are exact.
 * Source: the operator of PULP's Deeploy; n is `n_levels_out`, in other versions `n_levels`.
 */
export default defineOperator({
  ops: ["RequantShift"],
  domains: [""],
  summary: "PULP's integer requantization: multiply, add, shift, clip",
  infer: (_node, [x]) => [x],
  expand: (node, builder) => {
    const { add } = builder;
    const number = (value: number) =>
      builder.constant(tensor("float64", [], Float64Array.of(value)));
    const [x, factor, offset] = node.inputs;
    const wide = add("Cast", [x], { to: dataTypes.float64 });
    const sum = add("Add", [
      add("Mul", [wide, doubles(factor, builder)]),
      doubles(offset, builder),
    ]);
    const divided = add("Div", [sum, number(numberOf(node, "div"))]);
    const rounded = add("Floor", [add("Add", [divided, number(0.5)])]);
    const levels = numberOf(node, "n_levels_out", "n_levels");
    const minimum = numberOf(node, "signed") === 0 ? 0 : -levels / 2;
    const clipped = add("Clip", [rounded, number(minimum), number(minimum + levels - 1)]);
    add(
      "Cast",
      [clipped],
      { to: dataTypeOf(builder.typeOf(x)?.type ?? "float32") },
      node.outputs[0],
    );
  },
});

/** A constant as float64, or a cast of what is computed. */
function doubles(value: string, builder: ExpandContext): string {
  const constant = builder.constantOf(value);
  if (!constant) return builder.add("Cast", [value], { to: dataTypes.float64 });
  return builder.constant(tensor("float64", constant.shape, toNumbers(constant)));
}

/** An attribute that is a number, or a tensor of one. */
function numberOf(node: GraphNode, ...names: readonly string[]): number {
  for (const name of names) {
    const attribute = node.attributes.get(name);
    if (attribute?.kind === "int" || attribute?.kind === "float") return attribute.value;
    if (attribute?.kind === "tensor" && attribute.value.data.length === 1)
      return toNumbers(attribute.value)[0];
  }
  throw new XbcError(
    "BAD_MODEL",
    `node "${node.name}" (RequantShift): needs a number as attribute ${names.join(" or ")}, found none; export the model again`,
  );
}
