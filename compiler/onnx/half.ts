import type { Attribute, Graph, GraphNode, ValueType } from "../ir/graph.ts";
import type { ElementType, Tensor } from "../ir/tensor.ts";
import { toFloat32 } from "../ir/tensor.ts";
import { dataTypes } from "./element-type.ts";

const isHalf = (type: ElementType) => type === "float16" || type === "bfloat16";

/**
 * The graph with float16 and bfloat16 computed in float32: constants, inputs, casts. Rounding between
 * operators falls away, which a warning says; a graph without them is returned as it is.
 */
export function widenHalf(graph: Graph): Graph {
  const found = new Set<ElementType>();
  for (const { type } of [...graph.values.values(), ...graph.constants.values()]) {
    if (isHalf(type)) found.add(type);
  }
  const nodes = graph.nodes.map((node) => widenNode(node, found));
  if (found.size === 0) return graph;
  return {
    ...graph,
    nodes,
    values: new Map([...graph.values].map(([name, value]) => [name, widenType(value)])),
    constants: new Map([...graph.constants].map(([name, value]) => [name, widenTensor(value)])),
    warnings: [
      ...graph.warnings,
      `model: ${[...found].sort().join(" and ")} is computed in float32`,
    ],
  };
}

function widenType(value: ValueType): ValueType {
  return isHalf(value.type) ? { ...value, type: "float32" } : value;
}

function widenTensor(value: Tensor): Tensor {
  return isHalf(value.type)
    ? { type: "float32", shape: value.shape, data: toFloat32(value) }
    : value;
}

/** Attributes that name a data type, or hold a tensor of one. */
const typeAttributes = ["to", "dtype", "output_dtype", "stash_type", "softmax_precision"];

function widenNode(node: GraphNode, found: Set<ElementType>): GraphNode {
  if (node.domain !== "") return node;
  const attributes = [...node.attributes].map(([name, attribute]): [string, Attribute] => {
    if (attribute.kind === "tensor" && isHalf(attribute.value.type)) {
      found.add(attribute.value.type);
      return [name, { kind: "tensor", value: widenTensor(attribute.value) }];
    }
    if (attribute.kind !== "int" || !typeAttributes.includes(name)) return [name, attribute];
    if (attribute.value !== dataTypes.float16 && attribute.value !== dataTypes.bfloat16)
      return [name, attribute];
    found.add(attribute.value === dataTypes.float16 ? "float16" : "bfloat16");
    return [name, { kind: "int", value: dataTypes.float32 }];
  });
  return { ...node, attributes: new Map(attributes) };
}
