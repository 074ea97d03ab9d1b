import type { Attribute, Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { floatConstant } from "./float-constant.ts";

/** A step of a quantizer: an operator on the running value and scalar operands, float32 numbers in the value's type. */
export interface QuantizerStep {
  readonly op: string;
  readonly operands: readonly number[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/**
 * The graph in which every reader of a value reads it through some added operators instead.
 * The added values are named `VALUE/STEP`.
 */
export function insertAfter(graph: Graph, value: ValueId, steps: readonly QuantizerStep[]): Graph {
  const constants = new Map<ValueId, Tensor>(graph.constants);
  const values = new Map(graph.values);
  const shape = graph.values.get(value)?.shape ?? null;
  const type = graph.values.get(value)?.type === "float64" ? "float64" : "float32";
  const added: GraphNode[] = [];
  let current = value;
  steps.forEach((step, index) => {
    const output = `${value}/quantized-${index + 1}`;
    const operands = step.operands.map((operand, k) => {
      const name = `${output}/operand-${k + 1}`;
      constants.set(name, floatConstant(type, [], [operand]));
      values.set(name, { type, shape: [] });
      return name;
    });
    added.push({
      name: output,
      op: step.op,
      domain: "",
      inputs: [current, ...operands],
      outputs: [output],
      attributes: new Map(Object.entries(step.attributes ?? {})),
    });
    const isTruth = step.op === "Greater" || step.op === "GreaterOrEqual";
    values.set(output, { type: isTruth ? "bool" : type, shape });
    current = output;
  });
  const last = current;
  const redirect = (id: ValueId) => (id === value ? last : id);
  const made = graph.nodes.findIndex((node) => node.outputs.includes(value));
  const rest = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(redirect) }));
  const nodes = [...rest.slice(0, made + 1), ...added, ...rest.slice(made + 1)];
  return { ...graph, nodes, constants, values };
}

/** offset + scale·round(clip((x − offset)/scale, minimum, maximum)), rounding half to even. */
export function uniformQuantizer(
  scale: number,
  offset: number,
  minimum: number,
  maximum: number,
): readonly QuantizerStep[] {
  return [
    ...(offset === 0 ? [] : [{ op: "Sub", operands: [offset] }]),
    ...(scale === 1 ? [] : [{ op: "Div", operands: [scale] }]),
    { op: "Clip", operands: [minimum, maximum] },
    { op: "Round", operands: [] },
    ...(scale === 1 ? [] : [{ op: "Mul", operands: [scale] }]),
    ...(offset === 0 ? [] : [{ op: "Add", operands: [offset] }]),
  ];
}
