import { definePass } from "../compiler/define.ts";
import type { Graph, GraphNode, ValueType } from "../compiler/ir/graph.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { inferValues } from "../compiler/onnx/infer.ts";

export default definePass({
  name: "free-batch",
  summary:
    "Let a model that was exported for one sample take any number of them, where its shapes allow it",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: async (graph) => freeBatch(graph),
});

/** Operators that treat the samples of a batch one by one, whatever its size. */
const bySample = new Set([
  ...[
    "Conv",
    "ConvTranspose",
    "BatchNormalization",
    "Relu",
    "Clip",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
  ],
  ...["GlobalMaxPool", "QuantizeLinear", "DequantizeLinear", "Cast", "Identity", "Constant"],
]);

/**
 * A batch of 1 becomes a named one, and Reshape targets that begin with 1 keep their input's batch; a larger one only
 * where there are convolutions and every operator treats samples one by one. Taken back where inference then does not find the batch in front of
 * every output.
 */
export function freeBatch(graph: Graph): Graph {
  const [batch] = graph.inputs.map((input) => graph.values.get(input)?.shape?.[0]);
  const fixed = graph.inputs.every((input) => graph.values.get(input)?.shape?.[0] === batch);
  if (!fixed || typeof batch !== "number") return graph;
  const isConvolved = graph.nodes.some(({ op }) => op === "Conv" || op === "ConvTranspose");
  if (batch !== 1 && !(isConvolved && graph.nodes.every(({ op }) => bySample.has(op))))
    return graph;
  const values = new Map<string, ValueType>();
  for (const [id, type] of graph.values) if (graph.constants.has(id)) values.set(id, type);
  for (const input of graph.inputs) {
    const type = graph.values.get(input);
    if (type?.shape)
      values.set(input, { type: type.type, shape: ["batch", ...type.shape.slice(1)] });
  }
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => freeReshape(node, graph, constants));
  const freed = inferValues({ ...graph, nodes, constants, values });
  const carried = (id: string) => freed.values.get(id)?.shape?.[0] === "batch";
  const sizesKept = freed.nodes.every((node) =>
    node.outputs.every((id) => sameButBatch(graph.values.get(id), freed.values.get(id), batch)),
  );
  return graph.outputs.every(carried) && sizesKept ? freed : graph;
}

/** A Reshape to [1, …] as one to [0, …], which copies the batch. */
function freeReshape(node: GraphNode, graph: Graph, constants: Map<string, Tensor>): GraphNode {
  const target = graph.constants.get(node.inputs[1] ?? "");
  if (node.op !== "Reshape" || node.domain !== "" || !target || graph.constants.has(node.inputs[0]))
    return node;
  const shape = [...toNumbers(target)];
  if (shape[0] !== 1 || shape.includes(0)) return node;
  const name = `${node.outputs[0]}/shape-of-any-batch`;
  constants.set(
    name,
    tensor(
      "int64",
      target.shape,
      BigInt64Array.from(shape.map((d, axis) => BigInt(axis === 0 ? 0 : d))),
    ),
  );
  // with `allowzero` a 0 would be an empty axis, not a copied one
  const attributes = new Map([...node.attributes].filter(([key]) => key !== "allowzero"));
  return { ...node, inputs: [node.inputs[0], name], attributes };
}

/** Where both shapes are known they agree but for a leading size that became the batch. */
function sameButBatch(
  before: ValueType | undefined,
  after: ValueType | undefined,
  batch: number,
): boolean {
  if (!before?.shape) return true;
  if (!after?.shape || after.shape.length !== before.shape.length) return false;
  return before.shape.every(
    (d, axis) =>
      d === after.shape?.[axis] || (axis === 0 && d === batch && after.shape?.[0] === "batch"),
  );
}
