import type { Graph, ValueId } from "../../compiler/ir/graph.ts";
import { producers } from "../../compiler/ir/graph.ts";
import { operatorOf } from "../../compiler/onnx/infer.ts";

/** Why a value that meets a matrix is not known to be quantized, and what to do: the end of a message. */
export function whyFloat(graph: Graph, value: ValueId): string {
  const input = wholeInput(graph, value);
  if (input !== null) {
    const type = graph.values.get(input)?.type;
    return (
      `found ${type} numbers of any size in ${value}, from input ${input}; ` +
      "export the model with a uint8 or int8 input, or with a Clip to their range before the layer"
    );
  }
  const encoding =
    "--input-encoding: bits:1 for spikes of 0 or 1, binary:0.5 for ±1, bits:8 for 0 to 1";
  return graph.inputs.includes(source(graph, value))
    ? `found floats in ${value}, the network's input; say what it holds by ${encoding}; or give --calibration DATA`
    : `found floats in ${value}; give --calibration DATA to quantize them, or, if the network's input alone makes them, ${encoding}`;
}

/** Operators that pass numbers on as they are. */
const passing = new Set([
  "Cast",
  "Identity",
  "Reshape",
  "Flatten",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
]);

/** The value that a value is, but for its type and shape. */
function source(graph: Graph, value: ValueId): ValueId {
  const made = producers(graph);
  let at = value;
  for (let node = made.get(at); node; node = made.get(at)) {
    if (!passing.has(node.op) || node.domain !== "") return at;
    at = node.inputs[0];
  }
  return at;
}

/** The input of an integer type that a value is, but for its type and shape; null where there is none. */
function wholeInput(graph: Graph, value: ValueId): ValueId | null {
  const at = source(graph, value);
  const type = graph.values.get(at)?.type ?? "";
  return graph.inputs.includes(at) && /^u?int(16|32|64)$/.test(type) ? at : null;
}

/** Domains of onnxruntime's own operators. */
const known = new Set(["", "ai.onnx.ml", "com.microsoft"]);

/** A node that neither xbc nor onnxruntime knows, or null. */
export const unknownOperator = (graph: Graph) =>
  graph.nodes.find((node) => !known.has(node.domain) && operatorOf(node) === null) ?? null;
