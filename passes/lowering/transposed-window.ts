import type { Dimension, Graph, GraphNode } from "../../compiler/ir/graph.ts";
import { intAttribute, intsAttribute, stringAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";

/** A ConvTranspose with constant weights over one to three axes of known size. */
export interface TransposedWindow {
  /** [channels, perGroup, …kernel] */
  readonly weights: Tensor;
  readonly channels: number;
  /** outputs of one group */
  readonly perGroup: number;
  readonly groups: number;
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** what is cut off the outputs' begin, axis by axis */
  readonly cut: readonly number[];
  readonly output: readonly number[];
}

/** The window of a node, or null where its weights or sizes are not known. */
export function transposedWindow(graph: Graph, node: GraphNode): TransposedWindow | null {
  const weights = graph.constants.get(node.inputs[1]);
  const shape = graph.values.get(node.inputs[0])?.shape;
  if (!weights || !shape || shape.length !== weights.shape.length) return null;
  const [channels, ...input] = shape.slice(1);
  const [inputs, perGroup, ...kernel] = weights.shape;
  const groups = intAttribute(node, "group", 1);
  const rank = kernel.length;
  const known = typeof channels === "number" && areNumbers(input) && channels === inputs;
  if (!known || rank < 1 || rank > 3 || channels % groups !== 0) return null;
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, "strides", ones);
  const dilations = intsAttribute(node, "dilations", ones);
  const places = placesOf(node, input, { kernel, strides, dilations });
  return (
    places && { weights, channels, perGroup, groups, input, kernel, strides, dilations, ...places }
  );
}

const areNumbers = (list: readonly Dimension[]): list is readonly number[] =>
  list.every((size) => typeof size === "number");

/**
 * How many outputs there are, and what is cut off their begin.
 * Source: ONNX, ConvTranspose; where a total is to be shared, SAME_UPPER cuts the odd one off the end.
 */
function placesOf(
  node: GraphNode,
  input: readonly number[],
  { kernel, strides, dilations }: Pick<TransposedWindow, "kernel" | "strides" | "dilations">,
): Pick<TransposedWindow, "cut" | "output"> | null {
  const rank = kernel.length;
  const zeros = kernel.map(() => 0);
  const extra = intsAttribute(node, "output_padding", zeros);
  const auto = stringAttribute(node, "auto_pad", "NOTSET");
  const asked = intsAttribute(node, "output_shape", []).slice(-rank);
  const full = kernel.map(
    (size, axis) =>
      strides[axis] * (input[axis] - 1) + extra[axis] + dilations[axis] * (size - 1) + 1,
  );
  const isSame = auto.startsWith("SAME");
  if (asked.length === 0 && !isSame) {
    const pads = auto === "VALID" ? [] : intsAttribute(node, "pads", []);
    const pad = (k: number) => pads[k] ?? 0;
    return {
      cut: zeros.map((_, axis) => pad(axis)),
      output: full.map((size, axis) => size - pad(axis) - pad(axis + rank)),
    };
  }
  const output = asked.length > 0 ? asked : input.map((size, axis) => size * strides[axis]);
  const cut = full.map((size, axis) => {
    const total = Math.max(0, size - output[axis]);
    return auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
  });
  return { cut, output };
}

/** Where the outputs o = phase + stride·q of one axis read, for q = 0 … count − 1. */
export interface AxisPhase {
  readonly phase: number;
  readonly count: number;
  /** taps of the kernel that reach this phase, in order */
  readonly taps: readonly number[];
  readonly dilation: number;
  /** padding of the convolution that reads its taps turned round; less than 0: pixels that are not read */
  readonly begin: number;
  readonly end: number;
}

/**
 * Tap k reaches output o from input (o + cut − k·dilation) / stride, where that is whole. Of one phase, such taps are
 * stride/g apart and their inputs dilation/g, g the greatest divisor of both.
 */
export function axisPhases(window: TransposedWindow, axis: number): readonly AxisPhase[] {
  const { input, kernel, strides, dilations, cut, output } = window;
  const [size, stride, dilation] = [input[axis], strides[axis], dilations[axis]];
  const count = Math.ceil(output[axis] / stride);
  const step = dilation / greatestDivisor(dilation, stride);
  return Array.from({ length: Math.min(stride, output[axis]) }, (_, phase) => {
    const from = (k: number) => (phase + cut[axis] - k * dilation) / stride;
    const taps = Array.from({ length: kernel[axis] }, (_, k) => k).filter((k) =>
      Number.isInteger(from(k)),
    );
    const base = { phase, count, dilation: step };
    if (taps.length === 0) return { ...base, taps, begin: 0, end: 0 };
    const begin = (taps.length - 1) * step - from(taps[0]);
    const end = count - 1 + from(taps[0]) - (size - 1);
    // a phase that only meets padding reads nothing
    const isOutside = size + Math.min(0, begin) + Math.min(0, end) <= 0;
    return isOutside ? { ...base, taps: [], begin: 0, end: 0 } : { ...base, taps, begin, end };
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
