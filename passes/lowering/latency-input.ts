import { XbcError } from "../../compiler/errors.ts";
import type { Attribute, Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { latencySpikes } from "../../compiler/ir/network.ts";
import type { ElementType } from "../../compiler/ir/tensor.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { standardNode } from "./standard-node.ts";

/** Bytes from here on spike: the brighter half. */
const LOWEST = 128;

/**
 * The graph that takes bytes in the place of an input of spikes over time, [batch, steps, …], by first-spike latency: a
 * byte of at least 128 spikes once, brighter ones sooner, in steps of equal width (S6 names no rule: assumed).
 * @throws UNSUPPORTED where the input has no axis of so many steps; BAD_OPTION for steps that do not divide 128
 */
export function latencyInput(graph: Graph, input: ValueId, steps: number): Graph {
  const type = graph.values.get(input);
  if (type?.type !== "float32" || !type.shape || type.shape.length < 3 || type.shape[1] !== steps) {
    throw new XbcError(
      "UNSUPPORTED",
      `input ${input}: spikes:${steps} needs a float input [batch, ${steps}, …] of spikes over time, found ${type?.type ?? "nothing"} ` +
        `[${type?.shape?.join(", ") ?? ""}]; use --input-encoding auto where the model makes its own spikes`,
    );
  }
  if (LOWEST % steps !== 0) {
    throw new XbcError(
      "BAD_OPTION",
      `--input-encoding spikes:${steps}: needs steps that divide ${LOWEST}, such as 4 or 8`,
    );
  }
  const spikes = latencySpikes(input);
  const [batch, , ...rest] = type.shape;
  const one = rest.map(() => 1);
  const width = LOWEST / steps;
  const bounds = (offset: number) =>
    tensor(
      "float32",
      [steps, ...one],
      Float32Array.from({ length: steps }, (_, t) => 256 - width * (t + offset)),
    );
  const values = new Map(graph.values);
  const nodes: GraphNode[] = [];
  const add = (
    op: string,
    inputs: readonly ValueId[],
    output: ValueId,
    element: ElementType,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId => {
    const isFlat = op === "Cast" && output !== spikes;
    values.set(output, {
      type: element,
      shape: isFlat ? [batch, ...rest] : op === "Unsqueeze" ? [batch, 1, ...rest] : type.shape,
    });
    nodes.push(standardNode(op, inputs, output, attributes));
    return output;
  };
  values.set(input, { type: "uint8", shape: [batch, ...rest] });
  const float: Attribute = { kind: "int", value: 1 };
  const real = add("Cast", [input], `${input}/real`, "float32", { to: float });
  const spread = add("Unsqueeze", [real, `${input}/axis`], `${input}/spread`, "float32");
  const from = add("GreaterOrEqual", [spread, `${input}/low`], `${input}/from`, "bool");
  const below = add("Less", [spread, `${input}/high`], `${input}/below`, "bool");
  const window = add("And", [from, below], `${input}/window`, "bool");
  add("Cast", [window], spikes, "float32", { to: float });
  const readers = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((id) => (id === input ? spikes : id)),
  }));
  return {
    ...graph,
    nodes: [...nodes, ...readers],
    values,
    constants: new Map([
      ...graph.constants,
      [`${input}/axis`, tensor("int64", [1], BigInt64Array.of(1n))],
      [`${input}/low`, bounds(1)],
      [`${input}/high`, bounds(0)],
    ]),
  };
}
