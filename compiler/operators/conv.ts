import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { Dimension, GraphNode } from "../ir/graph.ts";
import { intAttribute, intsAttribute } from "../ir/graph.ts";
import { showShape } from "./broadcast.ts";
import { requireOneType } from "./one-type.ts";
import { fixedSizes, windowSizes } from "./window-shape.ts";

export default defineOperator({
  ops: ["Conv"],
  domains: [""],
  summary: "Convolution, channels first, in groups",
  infer: (node, inputs) => {
    const quantized = node.op === "QLinearConv";
    if (node.op === "Conv") requireOneType(node, inputs[0], inputs[1]);
    const x = inputs[0]?.shape ?? null;
    const w = (quantized ? inputs[3] : inputs[1])?.shape ?? null;
    const type =
      node.op === "ConvInteger" ? "int32" : quantized ? inputs[7]?.type : inputs[0]?.type;
    return [type ? { type, shape: x && w ? outputShape(node, x, w) : null } : null];
  },
});

function outputShape(
  node: GraphNode,
  x: readonly Dimension[],
  w: readonly Dimension[],
): readonly Dimension[] | null {
  const groups = intAttribute(node, "group", 1);
  const [channels, perGroup] = [x[1], w[1]];
  const fit =
    typeof channels !== "number" || typeof perGroup !== "number" || channels === perGroup * groups;
  if (x.length < 3 || x.length !== w.length || !fit) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `node "${node.name}" (${node.op}): needs an input whose channels are ${groups} group(s) of the weight's, found ${showShape(x)} and ${showShape(w)}; export the model again`,
    );
  }
  const kernel = fixedSizes(w.slice(2)) ?? intsAttribute(node, "kernel_shape", []);
  return kernel.length === 0 ? null : [x[0], w[0], ...windowSizes(node, x.slice(2), kernel)];
}
