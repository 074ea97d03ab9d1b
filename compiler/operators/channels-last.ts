import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { Attribute } from "../ir/graph.ts";

/** Source: qonnx, custom_op/channels_last/base_wrapped_op.py: a Conv's weight is channels last as well. */
export default defineOperator({
  ops: ["Conv", "MaxPool", "BatchNormalization"],
  domains: ["qonnx.custom_op.channels_last"],
  summary: "QONNX operators with the channels on the last axis",
  expand: (node, builder) => {
    const [x, weight] = node.inputs;
    const isConv = node.op === "Conv";
    const rank =
      builder.typeOf(isConv ? weight : x)?.shape?.length ?? builder.typeOf(x)?.shape?.length;
    if (rank === undefined) {
      throw new XbcError(
        "UNSUPPORTED",
        `node "${node.name}" (${node.op}, channels last): needs an input of known rank, found none; run shape inference before export`,
      );
    }
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    const toFirst = [0, rank - 1, ...axes.slice(1, -1)];
    const toLast = [0, ...axes.slice(2), 1];
    const first = builder.add("Transpose", [x], { perm: toFirst });
    const others = isConv
      ? [builder.add("Transpose", [weight], { perm: toFirst }), ...node.inputs.slice(2)]
      : node.inputs.slice(1);
    const result = builder.add(node.op, [first, ...others], plain(node.attributes));
    builder.add("Transpose", [result], { perm: toLast }, node.outputs[0]);
  },
});

/** Attributes as the builder takes them: numbers, text and lists of numbers. */
function plain(
  attributes: ReadonlyMap<string, Attribute>,
): Record<string, number | string | readonly number[]> {
  const found: Record<string, number | string | readonly number[]> = {};
  for (const [name, attribute] of attributes) {
    switch (attribute.kind) {
      case "int":
      case "float":
      case "string":
      case "ints":
      case "floats":
        found[name] = attribute.value;
        break;
      case "strings":
      case "tensor":
      case "graph":
        break;
    }
  }
  return found;
}
