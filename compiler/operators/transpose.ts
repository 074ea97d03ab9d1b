import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import { intsAttribute } from "../ir/graph.ts";
import { showShape } from "./broadcast.ts";

export default defineOperator({
  ops: ["Transpose"],
  domains: [""],
  summary: "The axes in another order, reversed by default",
  infer: (node, [x]) => {
    if (!x?.shape) return [x];
    const { shape } = x;
    const order = intsAttribute(
      node,
      "perm",
      shape.map((_, axis) => shape.length - 1 - axis),
    );
    const sorted = [...order].sort((a, b) => a - b);
    if (order.length !== shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new XbcError(
        "SHAPE_MISMATCH",
        `node "${node.name}" (Transpose): needs an order of the axes of ${showShape(shape)}, found [${order.join(", ")}]; export the model again`,
      );
    }
    return [{ type: x.type, shape: order.map((axis) => shape[axis]) }];
  },
});
