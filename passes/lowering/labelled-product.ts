import type { Dimension, Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { stringAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";

/** A product of data and constant weights, their axes told by labels as in Einstein's sums. */
export interface LabelledProduct {
  readonly data: ValueId;
  readonly weights: Tensor;
  readonly dataLabels: readonly string[];
  readonly weightLabels: readonly string[];
  readonly outputLabels: readonly string[];
}

/** Matrices that are multiplied one for each element of an axis: each is a layer of its own, so many at most. */
const mostMatrices = 64;

/**
 * A MatMul or Einsum of data and a constant; null for another operator, and where its axes are not known, are summed on one side alone, repeat,
 * or stack more than 64 matrices.
 */
export function labelledProduct(graph: Graph, node: GraphNode): LabelledProduct | null {
  if (node.domain !== "" || node.inputs.length !== 2) return null;
  const [left, right] = node.inputs.map((id) => graph.constants.get(id));
  if (Boolean(left) === Boolean(right)) return null;
  const weights = left ?? right;
  const data = node.inputs[left ? 1 : 0];
  const shape = graph.values.get(data)?.shape;
  if (!weights || !shape) return null;
  const labels =
    node.op === "MatMul"
      ? labelsOfMatMul(shape, weights.shape, Boolean(left))
      : node.op === "Einsum"
        ? labelsOfEinsum(stringAttribute(node, "equation", ""), shape.length, Boolean(left))
        : null;
  if (!labels) return null;
  const [dataLabels, weightLabels, outputLabels] = labels;
  const product = { data, weights, dataLabels, weightLabels, outputLabels };
  return isLaidOut(product, shape) ? product : null;
}

type Labels = readonly [
  data: readonly string[],
  weights: readonly string[],
  output: readonly string[],
];

/** Axes of size 1 in front of a weight's matrix have no label of the data's; null where they would add axes. */
function labelsOfMatMul(
  data: readonly Dimension[],
  weights: readonly number[],
  weightsFirst: boolean,
): Labels | null {
  const stacked = Math.max(0, weights.length - 2);
  const batch = data.length - 2;
  if (batch < stacked || data.length < 2) return null;
  const axes = Array.from({ length: batch }, (_, axis) => `batch ${axis}`);
  const stack = Array.from({ length: stacked }, (_, k) =>
    weights[k] === 1 ? `alone ${k}` : axes[batch - stacked + k],
  );
  const isVector = weights.length === 1;
  return weightsFirst
    ? [
        [...axes, "inner", "column"],
        [...stack, ...(isVector ? [] : ["row"]), "inner"],
        [...axes, ...(isVector ? [] : ["row"]), "column"],
      ]
    : [
        [...axes, "row", "inner"],
        [...stack, "inner", ...(isVector ? [] : ["column"])],
        [...axes, "row", ...(isVector ? [] : ["column"])],
      ];
}

/** An ellipsis stands for the data's other axes. */
function labelsOfEinsum(equation: string, rank: number, weightsFirst: boolean): Labels | null {
  const match = /^([A-Za-z.]+),([A-Za-z.]+)->([A-Za-z.]*)$/.exec(equation.replaceAll(" ", ""));
  if (!match) return null;
  const [, first, second, output] = match;
  const [data, weights] = weightsFirst ? [second, first] : [first, second];
  const others = rank - data.replace("...", "").length;
  if (others < 0 || weights.includes(".") || data.includes("...") !== output.includes("..."))
    return null;
  const expanded = (text: string) =>
    text
      .split(/(\.\.\.)/)
      .flatMap((part) =>
        part === "..." ? Array.from({ length: others }, (_, k) => `other ${k}`) : [...part],
      );
  return [expanded(data), [...weights], expanded(output)];
}

function isLaidOut(product: LabelledProduct, shape: readonly Dimension[]): boolean {
  const { dataLabels, weightLabels, outputLabels, weights } = product;
  const lists = [dataLabels, weightLabels, outputLabels];
  if (lists.some((labels) => labels.includes(".") || new Set(labels).size !== labels.length))
    return false;
  if (dataLabels.length !== shape.length || weightLabels.length !== weights.shape.length)
    return false;
  const { stack, inner, kept } = partsOf(product);
  const isAlone = (label: string) => !dataLabels.includes(label) && !outputLabels.includes(label);
  const sizeOf = (label: string) => weights.shape[weightLabels.indexOf(label)];
  const known = [...dataLabels, ...weightLabels];
  return (
    dataLabels.every((label) => weightLabels.includes(label) || outputLabels.includes(label)) &&
    weightLabels.every((label) => !isAlone(label) || sizeOf(label) === 1) &&
    outputLabels.every((label) => known.includes(label)) &&
    inner.length > 0 &&
    kept.length > 0 &&
    stack.length <= 1 &&
    stack.every((label) => {
      const size = shape[dataLabels.indexOf(label)];
      return size === sizeOf(label) && size > 0 && size <= mostMatrices;
    })
  );
}

/** The labels of a product by what becomes of them. */
export function partsOf({ dataLabels, weightLabels, outputLabels }: LabelledProduct): {
  /** in data, weights and output: a matrix for each element */
  readonly stack: readonly string[];
  /** in data and weights: summed over */
  readonly inner: readonly string[];
  /** in weights and output */
  readonly outer: readonly string[];
  /** in data and output, the stack's too, in the data's order */
  readonly kept: readonly string[];
} {
  const inWeights = (label: string) => weightLabels.includes(label);
  const inOutput = (label: string) => outputLabels.includes(label);
  return {
    stack: dataLabels.filter((label) => inWeights(label) && inOutput(label)),
    inner: dataLabels.filter((label) => inWeights(label) && !inOutput(label)),
    outer: outputLabels.filter((label) => inWeights(label) && !dataLabels.includes(label)),
    kept: dataLabels.filter(inOutput),
  };
}
