import type { Dimension, Graph, GraphNode } from "../../compiler/ir/graph.ts";
import { intAttribute, intsAttribute, stringAttribute } from "../../compiler/ir/graph.ts";
import type { WindowAccess, WindowShape } from "../../compiler/ir/network.ts";
import { windowSizes } from "../../compiler/operators/window-shape.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { matrixData } from "./matrix-node.ts";

/** A Conv with constant weights over one to three axes of known size, or null. */
export function convolution(graph: Graph, node: GraphNode): MatrixNode | null {
  const [data, weightsValue, bias] = node.inputs;
  const weights = graph.constants.get(weightsValue);
  const shape = graph.values.get(data)?.shape;
  if (!weights || graph.constants.has(data) || !shape || shape.length !== weights.shape.length)
    return null;
  // a batch of a fixed size would be taken for a part of the sample
  if (typeof shape[0] === "number" && shape[0] !== 1) return null;
  const groups = intAttribute(node, "group", 1);
  const [outputs, perGroup, ...kernel] = weights.shape;
  const window = windowOf(node, shape, kernel);
  const rank = kernel.length;
  if (!window || rank < 1 || rank > 3 || window.channels !== perGroup * groups) return null;
  const access: WindowAccess = { kind: "window", groups, ...window };
  const inputs = perGroup * kernel.reduce((size, length) => size * length, 1);
  return {
    node,
    data,
    transposeData: false,
    weightsFirst: false,
    weightsValue,
    weights: { outputs, inputs, data: matrixData(weights), outputStride: inputs, inputStride: 1 },
    alpha: 1,
    bias: bias ? { value: bias, beta: 1 } : null,
    window: access,
  };
}

/**
 * Where the window of a convolution or pooling node reads; null where a size is not known.
 * @param shape of its input, with the batch in front
 */
export function windowOf(
  node: GraphNode,
  shape: readonly Dimension[],
  kernel: readonly number[],
): WindowShape | null {
  const [, channels, ...input] = shape;
  const output = windowSizes(node, input, kernel);
  if (typeof channels !== "number" || !areNumbers(input) || !areNumbers(output)) return null;
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides", ones);
  const dilations = intsAttribute(node, "dilations", ones);
  const base = { channels, input, kernel, strides, dilations, output };
  return { ...base, pads: padsOf(node, base) };
}

const areNumbers = (list: readonly Dimension[]): list is readonly number[] =>
  list.every((size) => typeof size === "number");

/** Source: ONNX, Conv, auto_pad: SAME_UPPER puts the odd one at the end, SAME_LOWER at the begin. */
function padsOf(node: GraphNode, window: Omit<WindowShape, "pads">): readonly number[] {
  const { input, kernel, strides, dilations, output } = window;
  const auto = stringAttribute(node, "auto_pad", "NOTSET");
  const none = Array<number>(2 * kernel.length).fill(0);
  if (auto === "VALID") return none;
  if (!auto.startsWith("SAME")) return intsAttribute(node, "pads", none);
  const totals = kernel.map((size, axis) => {
    const reach = (output[axis] - 1) * strides[axis] + dilations[axis] * (size - 1) + 1;
    return Math.max(0, reach - input[axis]);
  });
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total) => Math.ceil(total / 2));
  return auto === "SAME_LOWER" ? [...more, ...less] : [...less, ...more];
}
