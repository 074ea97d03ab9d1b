import type { Attribute, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { ElementType, Tensor } from "../../compiler/ir/tensor.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { standardNode } from "./standard-node.ts";

/** The reference graph while it grows. */
export interface Builder {
  readonly values: Map<ValueId, ValueType>;
  readonly constants: Map<ValueId, Tensor>;
  readonly nodes: GraphNode[];
  readonly codesOf: Map<ValueId, ValueId>;
}

/** Adds a standard node and the type of its one output; returns the output. */
export function addNode(
  builder: Builder,
  op: string,
  inputs: readonly ValueId[],
  output: ValueId,
  type: ValueType,
  attributes: Readonly<Record<string, Attribute>> = {},
): ValueId {
  builder.nodes.push(standardNode(op, inputs, output, attributes));
  builder.values.set(output, type);
  return output;
}

/** A number, or one per output: on the last axis, or before `inner` axes of positions. */
export function constantVector(
  builder: Builder,
  name: ValueId,
  values: Float32Array | Float64Array,
  inner = 0,
): ValueId {
  const type = values instanceof Float32Array ? "float32" : "float64";
  const shape = values.length === 1 ? [] : [values.length, ...Array<number>(inner).fill(1)];
  builder.constants.set(name, tensor(type, shape, values));
  builder.values.set(name, { type, shape });
  return name;
}

/** Attributes of a Cast to a float type (ONNX, TensorProto.DataType: 1 and 11). */
export const castTo = (to: ElementType): Record<string, Attribute> => ({
  to: { kind: "int", value: to === "float64" ? 11 : 1 },
});

export function transposed(value: ValueId, name: ValueId, builder: Builder): ValueId {
  const type = builder.values.get(value);
  const shape = type?.shape ? [...type.shape].reverse() : null;
  return addNode(builder, "Transpose", [value], name, { type: type?.type ?? "float32", shape });
}
