import { XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import { drawnBits } from "../../compiler/ir/network.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { infer } from "../../compiler/onnx/infer.ts";
import type { CodesValue } from "./cut.ts";
import type { Domain } from "./domain.ts";
import { matrixNodeOf } from "./matrix-nodes.ts";
import { standardNode } from "./standard-node.ts";

/** Operators that treat every element alike, whatever axes stand before the last one. */
const elementwise = new Set(
  (
    "Abs Add And Cast Ceil Clip Div Equal Floor Greater GreaterOrEqual Identity Less LessOrEqual Max Min Mul Neg Not Or " +
    "Relu Round Sigmoid Sign Sub Tanh Where Xor"
  ).split(" "),
);

/**
 * The graph that takes, in the place of its input, the bits drawn of it, and runs on one presentation after another
 * (R5): they stand as an axis behind the batch, and each output is summed over it.
 * @throws UNSUPPORTED for an input that is no vector of float32, or an operator that would mix presentations
 */
export function presentNetwork(graph: Graph, input: ValueId, presentations: number): Graph {
  const type = graph.values.get(input);
  if (type?.type !== "float32" || type.shape?.length !== 2) {
    throw new XbcError(
      "UNSUPPORTED",
      `input ${input}: presentations whose outputs are summed need float32 in [0, 1] of shape [batch, features], ` +
        `found ${type?.type} [${type?.shape?.join(", ")}]; use --input-encoding stochastic:${presentations}:inputs`,
    );
  }
  const [batch, features] = type.shape;
  refuseMixing(graph, presentations);
  const bits = drawnBits(input);
  const ofOutput = (id: ValueId): ValueId => (graph.outputs.includes(id) ? `${id}/presented` : id);
  const renamed = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(ofOutput),
    outputs: node.outputs.map(ofOutput),
  }));
  const axis = `${input}/axis`;
  const nodes = [
    plainNode("Cast", [bits], input, { to: { kind: "int", value: 1 } }),
    ...renamed,
    ...graph.outputs.flatMap((output) => summed(graph, output, axis)),
  ];
  const known = [...graph.constants.keys()].flatMap((id): [ValueId, ValueType][] => {
    const of = graph.values.get(id);
    return of ? [[id, of]] : [];
  });
  const next: Graph = {
    ...graph,
    nodes,
    inputs: graph.inputs.map((id) => (id === input ? bits : id)),
    constants: new Map(graph.constants).set(axis, tensor("int64", [1], BigInt64Array.of(1n))),
    // all other shapes follow from the bits'
    values: new Map([...known, [bits, { type: "bool", shape: [batch, presentations, features] }]]),
  };
  return { ...next, values: infer(next).values };
}

/** An output as the sum over its presentations; what is true or false counts as 1 or 0. */
function summed(graph: Graph, output: ValueId, axis: ValueId): readonly GraphNode[] {
  const presented = `${output}/presented`;
  const isTruth = graph.values.get(output)?.type === "bool";
  const counted = isTruth ? `${presented}/float` : presented;
  return [
    ...(isTruth
      ? [plainNode("Cast", [presented], counted, { to: { kind: "int", value: 1 } })]
      : []),
    plainNode("ReduceSum", [counted, axis], output, { keepdims: { kind: "int", value: 0 } }),
  ];
}

/** name of the node that sums an output over its presentations */
const summing = (output: ValueId): string => `${output}/presentations`;

/**
 * What is summed over the presentations, where it is bits: neurons decide it presentation by presentation, so that a
 * read-out gives it as codes.
 */
export function presentedBits(
  graph: Graph,
  domains: ReadonlyMap<ValueId, Domain>,
): readonly CodesValue[] {
  return graph.outputs.flatMap((output) => {
    const sum = graph.nodes.find((node) => node.name === summing(output));
    const codesValue = sum?.inputs[0];
    const codes = codesValue === undefined ? null : domains.get(codesValue)?.codes;
    if (codesValue === undefined || !codes || codes.scale !== 1 || codes.offset !== 0) return [];
    const { minimum, maximum } = codes.range;
    return minimum === 0 && maximum === 1 ? [{ codesValue, range: codes.range }] : [];
  });
}

const plainNode = (...node: Parameters<typeof standardNode>): GraphNode => {
  const [, , output] = node;
  return { ...standardNode(...node), name: summing(output) };
};

function refuseMixing(graph: Graph, presentations: number): void {
  if (graph.inputs.length !== 1) {
    throw new XbcError(
      "UNSUPPORTED",
      `the model: presentations whose outputs are summed need one input, found ${graph.inputs.length}; use another --input-encoding`,
    );
  }
  for (const node of graph.nodes) {
    if (node.domain === "" && elementwise.has(node.op)) continue;
    if (node.op === "MatMul" && matrixNodeOf(graph, node)?.weightsFirst === false) continue;
    throw new XbcError(
      "UNSUPPORTED",
      `node ${node.name}: presentations whose outputs are summed need MatMul with constant weights and element-wise ` +
        `operators, found ${node.op}; write it so, or use --input-encoding stochastic:${presentations}:inputs`,
    );
  }
}
