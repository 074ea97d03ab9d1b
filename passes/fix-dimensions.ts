import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type { Dimension, Graph, ValueType } from "../compiler/ir/graph.ts";
import { intAttribute } from "../compiler/ir/graph.ts";
import { inferValues } from "../compiler/onnx/infer.ts";

/**
 * Buffers and schedules need sizes. Where an input leaves one open beside the batch, such as the length of a sequence,
 * calibration data say which: the image then holds for sequences of that length.
 */
export default definePass({
  name: "fix-dimensions",
  summary: "Sizes that the inputs leave open, but for the batch, as calibration data have them",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: async (graph, context) => fixDimensions(graph, context),
});

function fixDimensions(
  graph: Graph,
  { options, assume }: Pick<PassContext, "options" | "assume">,
): Graph {
  const counted = stepNames(graph);
  const sizes = new Map<string, number>();
  const values = new Map<string, ValueType>();
  for (const input of graph.inputs) {
    const type = graph.values.get(input);
    const data = options.calibration?.get(input)?.shape;
    if (!type?.shape || data?.length !== type.shape.length) continue;
    const shape = type.shape.map((size, axis): Dimension => {
      const isOpen = typeof size !== "number" && (axis > 0 || counted.has(String(size)));
      if (!isOpen) return size;
      const known = sizes.get(String(size)) ?? data[axis];
      if (size !== null) sizes.set(size, known);
      assume(
        `dimension ${axis} of input ${input}${size === null ? "" : ` (${size})`} is ${known}, as in the calibration data`,
      );
      return known;
    });
    if (shape.some((size, axis) => size !== type.shape?.[axis]))
      values.set(input, { ...type, shape });
  }
  if (values.size === 0) return graph;
  const own = new Set([...graph.inputs, ...graph.constants.keys()]);
  const kept = [...graph.values].filter(([id]) => own.has(id));
  return inferValues({ ...graph, values: new Map([...kept, ...values]) });
}

/** Names of dimensions that a recurrent layer takes as its steps. */
function stepNames(graph: Graph): ReadonlySet<string> {
  const names = graph.nodes.flatMap((node) => {
    if (!["LSTM", "GRU", "RNN"].includes(node.op)) return [];
    const shape = graph.values.get(node.inputs[0])?.shape;
    const steps = shape?.[intAttribute(node, "layout", 0) === 1 ? 1 : 0];
    return typeof steps === "string" ? [steps] : [];
  });
  return new Set(names);
}
