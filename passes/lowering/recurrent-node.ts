import { XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import {
  floatAttribute,
  intAttribute,
  producers,
  stringAttribute,
} from "../../compiler/ir/graph.ts";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";

export type RecurrentOp = "LSTM" | "GRU" | "RNN";

/** Blocks of rows that W and R hold, in ONNX's order: LSTM i, o, f, c; GRU z, r, h. */
export const gateCount: Readonly<Record<RecurrentOp, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

/** What a state starts from: nothing (zeros), numbers that every sample shares, or a value [batch, hidden]. */
export type Start =
  | { readonly kind: "zero" }
  | { readonly kind: "numbers"; readonly numbers: Float64Array }
  | { readonly kind: "value"; readonly value: ValueId; readonly index: number };

/** One direction of a recurrent layer. */
export interface Direction {
  readonly reverse: boolean;
  /** [gates·hidden x inputs] */
  readonly input: Float64Array;
  /** [gates·hidden x hidden] */
  readonly recurrent: Float64Array;
  /** [gates·hidden] each; zeros where the node has none */
  readonly inputBias: Float64Array;
  readonly recurrentBias: Float64Array;
  /** LSTM: [3·hidden] for i, o, f, or null */
  readonly peepholes: Float64Array | null;
  /** the nonlinear operators: f, then g (and h) */
  readonly activations: readonly string[];
  readonly hiddenStart: Start;
  readonly cellStart: Start;
}

/** An LSTM, GRU or RNN node with constant weights over a known number of steps. */
export interface RecurrentNode {
  readonly node: GraphNode;
  readonly op: RecurrentOp;
  readonly inputs: number;
  readonly hidden: number;
  /** steps of its input, and those that are computed: fewer where all sequence lengths are smaller */
  readonly length: number;
  readonly steps: number;
  /** layout 1: [batch, step, …], else [step, batch, …] */
  readonly batchFirst: boolean;
  readonly linearBeforeReset: boolean;
  readonly inputForget: boolean;
  readonly clip: number | null;
  readonly directions: readonly Direction[];
}

const isRecurrentOp = (op: string): op is RecurrentOp => Object.hasOwn(gateCount, op);

/** A recurrent node that can be unrolled; else why its weights stay digital; null for another operator. */
export function recurrentNodeOf(graph: Graph, node: GraphNode): RecurrentNode | string | null {
  const { op } = node;
  if (node.domain !== "" || !isRecurrentOp(op)) return null;
  const [x, w, r, b, lengths] = node.inputs;
  const [input, recurrent, bias] = [w, r, b].map((id) => graph.constants.get(id ?? ""));
  if (graph.constants.has(x)) return "its input is a constant";
  if (!input || !recurrent || (b && !bias)) return "its weights are no constants";
  const [directions, rows, inputs] = input.shape;
  const hidden = recurrent.shape[2];
  const gates = gateCount[op];
  const fits =
    input.shape.length === 3 &&
    sizeOf(recurrent.shape) === directions * gates * hidden * hidden &&
    rows === gates * hidden &&
    (!bias || sizeOf(bias.shape) === 2 * directions * rows);
  if (!fits) return "its weights have other shapes than its operator says";
  const unknown = unknownActivation(node, op, directions);
  if (unknown !== null) return unknown;
  const batchFirst = intAttribute(node, "layout", 0) === 1;
  const length = lengthOf(graph, node, batchFirst);
  const steps = stepsOf(graph, lengths ?? "", length);
  if (steps === null) return "its sequence lengths differ from sample to sample";
  const cut = (values: Float64Array, parts: number, part: number) => {
    const size = values.length / parts;
    return values.slice(part * size, (part + 1) * size);
  };
  const [inputAll, recurrentAll] = [toNumbers(input), toNumbers(recurrent)];
  const biasAll = bias ? toNumbers(bias) : new Float64Array(2 * directions * rows);
  const peepholes = op === "LSTM" ? (node.inputs[7] ?? "") : "";
  const peepholesAll = graph.constants.get(peepholes);
  if (peepholes !== "" && !peepholesAll) return "its peepholes are no constants";
  const way = stringAttribute(node, "direction", "forward");
  const starts = (index: number) =>
    Array.from({ length: directions }, (_, d) =>
      startOf(graph, node.inputs[index] ?? "", d, { directions, hidden }),
    );
  const [hiddenStarts, cellStarts] = [starts(5), starts(6)];
  if ([...hiddenStarts, ...cellStarts].includes(null))
    return "its initial state is a constant that differs from sample to sample";
  const clip = floatAttribute(node, "clip", 0);
  return {
    node,
    op,
    inputs,
    hidden,
    length,
    steps,
    batchFirst,
    linearBeforeReset: intAttribute(node, "linear_before_reset", 0) !== 0,
    inputForget: intAttribute(node, "input_forget", 0) !== 0,
    clip: clip > 0 ? clip : null,
    directions: Array.from({ length: directions }, (_, d) => ({
      reverse: way === "reverse" || d === 1,
      input: cut(inputAll, directions, d),
      recurrent: cut(recurrentAll, directions, d),
      inputBias: cut(biasAll, 2 * directions, 2 * d),
      recurrentBias: cut(biasAll, 2 * directions, 2 * d + 1),
      peepholes: peepholesAll ? cut(toNumbers(peepholesAll), directions, d) : null,
      activations: activationsOf(node, op, directions, d),
      hiddenStart: hiddenStarts[d] ?? { kind: "zero" },
      cellStart: cellStarts[d] ?? { kind: "zero" },
    })),
  };
}

/** @throws UNSUPPORTED where the number of steps is not known */
function lengthOf(graph: Graph, node: GraphNode, batchFirst: boolean): number {
  const shape = graph.values.get(node.inputs[0])?.shape;
  const length = shape?.[batchFirst ? 1 : 0];
  if (typeof length === "number" && length > 0) return length;
  throw new XbcError(
    "UNSUPPORTED",
    `layer ${node.name}: needs a sequence of known length, found an input of ${shape ? `[${shape.join(", ")}]` : "unknown shape"}; ` +
      "export the model with a fixed length, or give --calibration DATA of sequences of that length",
  );
}

/** Steps that are computed; null where samples differ, or nothing is known. */
function stepsOf(graph: Graph, lengths: ValueId, length: number): number | null {
  if (lengths === "") return length;
  const constant = graph.constants.get(lengths);
  if (!constant || constant.data.length === 0) return null;
  const [first, ...others] = toNumbers(constant);
  return first >= 1 && first <= length && others.every((other) => other === first) ? first : null;
}

/** What a direction's state starts from; null for constants that samples do not share. */
function startOf(
  graph: Graph,
  value: ValueId,
  direction: number,
  { directions, hidden }: { readonly directions: number; readonly hidden: number },
): Start | null {
  if (value === "" || isZeros(graph, value)) return { kind: "zero" };
  const constant = graph.constants.get(value);
  if (!constant) return { kind: "value", value, index: direction };
  const numbers = toNumbers(constant);
  if (numbers.length !== directions * hidden) return null;
  return { kind: "numbers", numbers: numbers.slice(direction * hidden, (direction + 1) * hidden) };
}

/** Zeros, however large the batch is: a constant of them, spread over a shape or made of one. */
function isZeros(graph: Graph, value: ValueId): boolean {
  const constant = graph.constants.get(value);
  if (constant) return toNumbers(constant).every((x) => x === 0);
  const node = producers(graph).get(value);
  if (node?.op === "Expand") return isZeros(graph, node.inputs[0]);
  if (node?.op !== "ConstantOfShape") return false;
  const filled = node.attributes.get("value");
  return filled?.kind !== "tensor" || toNumbers(filled.value).every((x) => x === 0);
}

const usual: Readonly<Record<RecurrentOp, readonly string[]>> = {
  LSTM: ["Sigmoid", "Tanh", "Tanh"],
  GRU: ["Sigmoid", "Tanh"],
  RNN: ["Tanh"],
};

/** Operators of ai.onnx by the names that recurrent nodes give them, whose defaults agree. */
const known = new Map(
  ["Sigmoid", "Tanh", "Relu", "Softsign", "Softplus", "Elu", "LeakyRelu", "HardSigmoid"].map(
    (op) => [op.toLowerCase(), op],
  ),
);

function activationsOf(
  node: GraphNode,
  op: RecurrentOp,
  directions: number,
  direction: number,
): readonly string[] {
  const named = node.attributes.get("activations");
  const list = named?.kind === "strings" && named.value.length > 0 ? named.value : null;
  if (!list) return usual[op];
  const each = list.length / directions;
  return list
    .slice(direction * each, (direction + 1) * each)
    .map((name) => known.get(name.toLowerCase()) ?? name);
}

/** What is wrong with a node's activations, or null. */
function unknownActivation(node: GraphNode, op: RecurrentOp, directions: number): string | null {
  const numbers = ["activation_alpha", "activation_beta"].find((name) => {
    const value = node.attributes.get(name);
    return value?.kind === "floats" && value.value.length > 0;
  });
  if (numbers) return `it gives ${numbers}, and activations are laid out with their defaults only`;
  for (let d = 0; d < directions; d++) {
    const list = activationsOf(node, op, directions, d);
    if (list.length !== usual[op].length) return `it names ${list.length} activations a direction`;
    const strange = list.find((name) => !known.has(name.toLowerCase()));
    if (strange !== undefined) return `its activation ${strange} has no operator of its own`;
  }
  return null;
}
