import type { Graph } from "../../compiler/ir/graph.ts";

/** Operators that make each element of those at its place alone, where their constants are single numbers. */
const elementwise = new Set(
  (
    "Add Sub Mul Div Max Min Clip Floor Ceil Round Relu Cast Sign Abs Neg Identity Sqrt Exp Sigmoid Tanh LeakyRelu Elu " +
    "HardSigmoid HardSwish Softplus QuantizeLinear DequantizeLinear Where Greater GreaterOrEqual Less LessOrEqual Equal And Or Not"
  ).split(" "),
);

/** Operators that keep elements in their order. */
const reshaping = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

/** Whether a graph makes every element of its output alike, of the elements at its own place. */
export function isElementwise({ nodes, constants, inputs, values }: Graph): boolean {
  return nodes.every((node) => {
    if (node.domain !== "") return false;
    if (reshaping.has(node.op)) return !constants.has(node.inputs[0]);
    if (!elementwise.has(node.op)) return false;
    const operands = node.inputs.filter((id) => id !== "" && !constants.has(id));
    const single = node.inputs.every(
      (id) => !constants.has(id) || constants.get(id)?.data.length === 1,
    );
    // operands of one shape: nothing is broadcast
    const shapes = operands.map((id) => values.get(id)?.shape);
    const alike = shapes.every(
      (shape) => shape && shapes[0] && shape.slice(1).join() === shapes[0].slice(1).join(),
    );
    return single && operands.length > 0 && (alike || operands.every((id) => inputs.includes(id)));
  });
}
