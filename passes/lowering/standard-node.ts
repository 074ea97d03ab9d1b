import type { Attribute, GraphNode, ValueId } from "../../compiler/ir/graph.ts";

/** A node of ai.onnx with one output, named as that output is. */
export const standardNode = (
  op: string,
  inputs: readonly ValueId[],
  output: ValueId,
  attributes: Readonly<Record<string, Attribute>> = {},
): GraphNode => ({
  name: output,
  op,
  domain: "",
  inputs,
  outputs: [output],
  attributes: new Map(Object.entries(attributes)),
});
