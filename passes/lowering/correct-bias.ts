import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { floatAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { floatConstant } from "./float-constant.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { standardNode } from "./standard-node.ts";

/** The graph in which a matrix node's outputs are raised by so much each: in its bias, or by an Add behind it. */
export function raiseOutputs(graph: Graph, matrix: MatrixNode, by: Float32Array): Graph {
  const { node } = matrix;
  const name = `${node.outputs[0]}/bias-corrected`;
  const isConv = node.op === "Conv";
  const type = graph.values.get(node.outputs[0]);
  const known = biasesOf(graph, matrix, by.length);
  if (known !== null) {
    const sums = Float32Array.from(by, (x, o) => x + known[o % known.length]);
    const [data, weights] = node.inputs;
    return withConstant(
      replacedBy(graph, node, [{ ...node, inputs: [data, weights, name] }]),
      name,
      floatConstant(type?.type, [by.length], sums),
    );
  }
  if (isConv || matrix.weightsFirst) return graph;
  const before = `${node.outputs[0]}/uncorrected`;
  const values = new Map(graph.values);
  if (type) values.set(before, type);
  return withConstant(
    replacedBy({ ...graph, values }, node, [
      { ...node, outputs: [before] },
      // the matrix node keeps its name, which is often that of its output
      { ...standardNode("Add", [before, name], node.outputs[0]), name: `${name}/add` },
    ]),
    name,
    floatConstant(type?.type, [by.length], by),
  );
}

/**
 * The bias of a Conv or Gemm where it is one constant for each output, or for all of them, and is added as it is; [0]
 * where there is none; null where no such bias can stand in the node, as for a Gemm whose C differs by row.
 */
function biasesOf(
  graph: Graph,
  { node, bias }: MatrixNode,
  outputs: number,
): ArrayLike<number> | null {
  if (node.op !== "Conv" && (node.op !== "Gemm" || floatAttribute(node, "beta", 1) !== 1))
    return null;
  if (!bias) return [0];
  const old = graph.constants.get(bias.value);
  if (!old || bias.beta !== 1) return null;
  const isOne = old.data.length === 1;
  const isEach = old.data.length === outputs && old.shape.at(-1) === outputs;
  return isOne || isEach ? toNumbers(old) : null;
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
