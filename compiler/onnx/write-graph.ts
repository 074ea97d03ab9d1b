import type { Graph, GraphNode } from "../ir/graph.ts";
import { writeAttribute } from "./attribute-proto.ts";
import type { GraphProto, NodeProto } from "./proto.ts";
import { writeTensor } from "./tensor-proto.ts";
import { writeValueType } from "./value-type.ts";

/** A Graph as ONNX writes it: constants as initializers, types of inputs and outputs. */
export function writeGraph(graph: Graph): GraphProto {
  const info = (name: string) => writeValueType(name, graph.values.get(name) ?? null);
  return {
    name: graph.name || "graph",
    node: graph.nodes.map(writeNode),
    initializer: [...graph.constants].map(([name, value]) => writeTensor(name, value)),
    input: graph.inputs.map(info),
    output: graph.outputs.map(info),
  };
}

function writeNode(node: GraphNode): NodeProto {
  return {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: [...node.attributes].map(([name, attribute]) => writeAttribute(name, attribute)),
  };
}
