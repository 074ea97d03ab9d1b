import { XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import type { NetworkInput } from "../../compiler/ir/network.ts";
import { drawnBits } from "../../compiler/ir/network.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { standardNode } from "./standard-node.ts";

/**
 * The graph that takes, in the place of an input, the bits drawn of it: so many presentations of each element,
 * whose share of ones times full scale stands for the element (R5). Bytes are full at 255, floats at 1.
 * @throws UNSUPPORTED for an input of another type
 */
export function drawInput(graph: Graph, input: ValueId, presentations: number): Graph {
  const type = graph.values.get(input);
  if (!type?.shape || (type.type !== "float32" && type.type !== "uint8")) {
    throw new XbcError(
      "UNSUPPORTED",
      `input ${input}: stochastic presentations need bytes or float32 in [0, 1], found ${type?.type}; use --input-encoding auto`,
    );
  }
  const bits = drawnBits(input);
  const [batch, ...rest] = type.shape;
  const values = new Map(graph.values);
  const constants = new Map(graph.constants);
  const nodes: GraphNode[] = [];
  const add = (...node: Parameters<typeof standardNode>) => nodes.push(standardNode(...node));
  values.set(bits, { type: "bool", shape: [batch, presentations, ...rest] });
  values.set(`${input}/ones`, { type: "float32", shape: [batch, presentations, ...rest] });
  values.set(`${input}/count`, { type: "float32", shape: type.shape });
  values.set(input, { type: "float32", shape: type.shape });
  constants.set(`${input}/axis`, tensor("int64", [1], BigInt64Array.of(1n)));
  constants.set(
    `${input}/share`,
    tensor("float32", [], Float32Array.of(fullScaleOf(type.type) / presentations)),
  );
  add("Cast", [bits], `${input}/ones`, { to: { kind: "int", value: 1 } });
  add("ReduceSum", [`${input}/ones`, `${input}/axis`], `${input}/count`, {
    keepdims: { kind: "int", value: 0 },
  });
  add("Mul", [`${input}/count`, `${input}/share`], input, {});
  return {
    ...graph,
    nodes: [...nodes, ...graph.nodes],
    inputs: graph.inputs.map((id) => (id === input ? bits : id)),
    values,
    constants,
  };
}

const fullScaleOf = (type: string): number => (type === "uint8" ? 255 : 1);

/** An input whose bits go through the whole network: a Cast of them stands in its place, of the same shape. */
function presentedInput(
  graph: Graph,
  id: ValueId,
): { readonly name: ValueId; readonly drawn: NetworkInput["drawn"] } | null {
  const cast = graph.nodes.find((node) => node.op === "Cast" && drawnBits(node.outputs[0]) === id);
  const presentations = graph.values.get(id)?.shape?.[1];
  if (!cast || typeof presentations !== "number") return null;
  return { name: cast.outputs[0], drawn: { presentations, fullScale: 1, summed: "outputs" } };
}

/** The network input behind a graph input: the input itself, or the one whose bits it carries. */
export function drawnInputOf(
  graph: Graph,
  id: ValueId,
): { readonly name: ValueId; readonly drawn: NetworkInput["drawn"] } {
  const presented = presentedInput(graph, id);
  if (presented) return presented;
  const reduce = graph.nodes.find((node) => node.op === "Mul" && drawnBits(node.outputs[0]) === id);
  const shape = graph.values.get(id)?.shape;
  const share = reduce ? graph.constants.get(`${reduce.outputs[0]}/share`) : undefined;
  if (!reduce || !share || typeof shape?.[1] !== "number") return { name: id, drawn: null };
  const presentations = shape[1];
  return {
    name: reduce.outputs[0],
    drawn: {
      presentations,
      fullScale: Math.round(Number(share.data[0]) * presentations),
      summed: "inputs",
    },
  };
}
