import type { ExpandContext } from "../define.ts";
import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { GraphNode } from "../ir/graph.ts";
import { floatAttribute, stringAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";
import { dataTypes } from "../onnx/element-type.ts";
import { qonnxDomains } from "./code-range.ts";

/** Source: qonnx, custom_op/general/multithreshold.py. */
export default defineOperator({
  ops: ["MultiThreshold"],
  domains: qonnxDomains,
  summary:
    "FINN activation: how many thresholds [channels x steps] a value reaches, scaled and shifted",
  infer: (_node, [x]) => [x],
  expand: (node, builder) => {
    const { add } = builder;
    const number = (value: number) =>
      builder.constant(tensor("float32", [], Float32Array.of(value)));
    const count = countReached(node, builder);
    const [scale, bias] = [
      floatAttribute(node, "out_scale", 1),
      floatAttribute(node, "out_bias", 0),
    ];
    const steps: { op: string; by: number }[] = [];
    if (scale !== 1) steps.push({ op: "Mul", by: scale });
    if (bias !== 0 || steps.length === 0) steps.push({ op: "Add", by: bias });
    steps.reduce(
      (x, { op, by }, i) =>
        add(op, [x, number(by)], {}, i === steps.length - 1 ? node.outputs[0] : undefined),
      count,
    );
  },
});

/** Each value beside all thresholds of its channel, on an axis of their own that is summed away. */
function countReached(node: GraphNode, builder: ExpandContext): string {
  const { add } = builder;
  const [x, thresholds] = node.inputs;
  const type = builder.typeOf(x);
  const levels = builder.constantOf(thresholds);
  const rank = type?.shape?.length;
  if (rank === undefined || levels === null || levels.shape.length !== 2) {
    throw new XbcError(
      "UNSUPPORTED",
      `node "${node.name}" (MultiThreshold): needs an input of known rank and constant thresholds [channels x steps], ` +
        `found ${rank === undefined ? "an unknown rank" : levels ? `thresholds [${levels.shape.join(", ")}]` : "computed thresholds"}; run shape inference and constant folding before export`,
    );
  }
  const axis = channelAxis(node, rank);
  const [channels, count] = levels.shape;
  const shape = [channels, ...Array<number>(rank - 1 - axis).fill(1), count];
  const value = type?.type === "float32" ? x : add("Cast", [x], { to: dataTypes.float32 });
  if (count === 1) {
    const reached = add("GreaterOrEqual", [
      value,
      builder.constant({ ...levels, shape: shape.slice(0, -1) }),
    ]);
    return add("Cast", [reached], { to: dataTypes.float32 });
  }
  const last = builder.constant(tensor("int64", [1], BigInt64Array.of(-1n)));
  const reached = add("GreaterOrEqual", [
    add("Unsqueeze", [value, last]),
    builder.constant({ ...levels, shape }),
  ]);
  return add("ReduceSum", [add("Cast", [reached], { to: dataTypes.float32 }), last], {
    keepdims: 0,
  });
}

/** Channels come first behind the batch, but last in NHWC and in ranks other than 2 and 4. */
function channelAxis(node: GraphNode, rank: number): number {
  const layout = stringAttribute(node, "data_layout", "NCHW");
  return layout === "NHWC" || (rank !== 2 && rank !== 4) ? rank - 1 : 1;
}
