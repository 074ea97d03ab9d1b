import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { standardNode } from "./standard-node.ts";

/** The graph in which a matrix node's outputs are raised by so much each: in its bias, or by an Add behind it. */
export function raiseOutputs(graph: Graph, matrix: MatrixNode, by: Float32Array): Graph {
  const { node, bias } = matrix;
  const name = `${node.outputs[0]}/bias-corrected`;
  const isConv = node.op === "Conv";
  const takesBias = isConv || node.op === "Gemm";
  const old = bias ? graph.constants.get(bias.value) : undefined;
  if (takesBias && (!bias || (old && bias.beta === 1))) {
    const known = old ? toNumbers(old) : new Float64Array(1);
    const sums = Float32Array.from(by, (x, o) => x + known[o % known.length]);
    const [data, weights] = node.inputs;
    return withConstant(
      replacedBy(graph, node, [{ ...node, inputs: [data, weights, name] }]),
      name,
      tensor("float32", [by.length], sums),
    );
  }
  if (isConv || matrix.weightsFirst) return graph;
  const before = `${node.outputs[0]}/uncorrected`;
  const type = graph.values.get(node.outputs[0]);
  const values = new Map(graph.values);
  if (type) values.set(before, type);
  return withConstant(
    replacedBy({ ...graph, values }, node, [
      { ...node, outputs: [before] },
      // the matrix node keeps its name, which is often that of its output
      { ...standardNode("Add", [before, name], node.outputs[0]), name: `${name}/add` },
    ]),
    name,
    tensor("float32", [by.length], by),
  );
}

const replacedBy = (graph: Graph, old: GraphNode, nodes: readonly GraphNode[]): Graph => ({
  ...graph,
  nodes: graph.nodes.flatMap((node) => (node.name === old.name ? nodes : [node])),
});

const withConstant = (graph: Graph, id: ValueId, value: Tensor): Graph => ({
  ...graph,
  constants: new Map([...graph.constants, [id, value]]),
  values: new Map([...graph.values, [id, { type: value.type, shape: value.shape }]]),
});
