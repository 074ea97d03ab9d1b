import { XbcError } from "../errors.ts";
import type { Dimension, GraphNode } from "../ir/graph.ts";
import { intAttribute, intsAttribute, stringAttribute } from "../ir/graph.ts";

/**
 * Sizes of the spatial axes behind a sliding window: convolution or pooling.
 * @param spatial sizes of the input's spatial axes
 * @param kernel  as many
 * @throws SHAPE_MISMATCH where the window is larger than the padded input
 * Source: ONNX, Conv and MaxPool; ceil_mode never lets a window start in the end padding.
 */
export function windowSizes(
  node: GraphNode,
  spatial: readonly Dimension[],
  kernel: readonly number[],
): readonly Dimension[] {
  const rank = spatial.length;
  const strides = intsAttribute(node, "strides", Array(rank).fill(1));
  const dilations = intsAttribute(node, "dilations", Array(rank).fill(1));
  const pads = intsAttribute(node, "pads", Array(2 * rank).fill(0));
  const auto = stringAttribute(node, "auto_pad", "NOTSET");
  const ceil = intAttribute(node, "ceil_mode", 0) === 1;
  if (
    [kernel, strides, dilations].some((list) => list.length !== rank) ||
    pads.length !== 2 * rank
  ) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `node "${node.name}" (${node.op}): needs kernel, strides, dilations and pads for ${rank} spatial axes, found ${kernel.length}, ${strides.length}, ${dilations.length} and ${pads.length}; export the model again`,
    );
  }
  return spatial.map((size, axis) => {
    if (typeof size !== "number") return null;
    if (auto.startsWith("SAME")) return Math.ceil(size / strides[axis]);
    const before = auto === "VALID" ? 0 : pads[axis];
    const after = auto === "VALID" ? 0 : pads[axis + rank];
    const room = size + before + after - (dilations[axis] * (kernel[axis] - 1) + 1);
    if (room < 0) {
      throw new XbcError(
        "SHAPE_MISMATCH",
        `node "${node.name}" (${node.op}): needs an input of at least ${size - room} on spatial axis ${axis}, found ${size}; check the size of the model's input`,
      );
    }
    const steps = room / strides[axis];
    if (!ceil) return Math.floor(steps) + 1;
    const last = Math.ceil(steps);
    return last * strides[axis] >= size + before ? last : last + 1;
  });
}

/** The sizes as numbers, or null where one is not known. */
export function fixedSizes(shape: readonly Dimension[]): readonly number[] | null {
  const numbers = shape.filter((dimension) => typeof dimension === "number");
  return numbers.length === shape.length ? numbers : null;
}
