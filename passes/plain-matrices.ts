import { definePass } from "../compiler/define.ts";
import type { Graph, GraphNode, ValueId } from "../compiler/ir/graph.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { allocate, sizeOf } from "../compiler/ir/tensor.ts";
import { inferValues } from "../compiler/onnx/infer.ts";
import type { NodeBuilder } from "../compiler/onnx/rewrite.ts";
import { rewriteNodes } from "../compiler/onnx/rewrite.ts";
import { prune } from "../compiler/onnx/simplify.ts";
import type { LabelledProduct } from "./lowering/labelled-product.ts";
import { labelledProduct, partsOf } from "./lowering/labelled-product.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";

/**
 * Products of data and constant weights as MatMul by one matrix [inputs x outputs], which an array holds: MatMul with weights on
 * the left, with a vector, with axes of size 1 in front; Einsum; a stack of matrices, one for each element of an axis, as
 * one MatMul for each.
 */
export default definePass({
  name: "plain-matrices",
  summary:
    "Einsum, and MatMul by stacks or from the left, as products with one matrix on the right",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: async (graph) => withPlainMatrices(graph),
});

function withPlainMatrices(graph: Graph): Graph {
  const found = new Map<GraphNode, LabelledProduct>();
  for (const node of graph.nodes) {
    const product = matrixNodeOf(graph, node) ? null : labelledProduct(graph, node);
    if (product) found.set(node, product);
  }
  if (found.size === 0) return graph;
  const rewritten = rewriteNodes(graph, (node, builder) => {
    const product = found.get(node);
    if (product) replace(node, product, builder);
    return product !== undefined;
  });
  return inferValues(prune(rewritten));
}

/** Data as [kept …, inner], a MatMul, and its result [kept …, outer …] with its axes as the output has them. */
function replace(node: GraphNode, product: LabelledProduct, builder: NodeBuilder): void {
  const { stack, inner, outer, kept } = partsOf(product);
  const { dataLabels, weightLabels, weights, outputLabels } = product;
  const size = (label: string) => weights.shape[weightLabels.indexOf(label)];
  const moved = permuted(product.data, dataLabels, [...kept, ...inner], builder);
  const data = inner.length === 1 ? moved : reshaped(moved, [...kept.map(() => 0), -1], builder);
  const matrices = matricesOf(product);
  const [along] = stack;
  const isPlain =
    outer.length === 1 && [...kept, ...outer].every((label, axis) => label === outputLabels[axis]);
  const made =
    along === undefined
      ? single(node, data, matrices[0], isPlain ? node.outputs[0] : null, builder)
      : stacked(data, matrices, kept.indexOf(along), isPlain ? node.outputs[0] : null, builder);
  if (isPlain) return;
  const target = [...kept.map(() => 0), ...outer.map(size)];
  const isOrdered = [...kept, ...outer].every((label, axis) => label === outputLabels[axis]);
  const last = node.outputs[0];
  const full =
    outer.length === 1 ? made : reshaped(made, target, builder, isOrdered ? last : undefined);
  if (!isOrdered) permuted(full, [...kept, ...outer], outputLabels, builder, last);
}

/** The MatMul keeps the node's name. */
function single(
  node: GraphNode,
  data: ValueId,
  matrix: Tensor,
  output: ValueId | null,
  builder: NodeBuilder,
): ValueId {
  const result = output ?? `${node.name}/product`;
  const inputs = [data, builder.constant(matrix)];
  builder.emit({ ...node, op: "MatMul", inputs, outputs: [result], attributes: new Map() });
  return result;
}

function stacked(
  data: ValueId,
  matrices: readonly Tensor[],
  axis: number,
  output: ValueId | null,
  builder: NodeBuilder,
): ValueId {
  const products = matrices.map((matrix, k) => {
    const ends = [[k], [k + 1], [axis]].map((list) => builder.integers(list));
    return builder.add("MatMul", [builder.add("Slice", [data, ...ends]), builder.constant(matrix)]);
  });
  return builder.add("Concat", products, { axis }, output ?? undefined);
}

function permuted(
  value: ValueId,
  from: readonly string[],
  to: readonly string[],
  builder: NodeBuilder,
  output?: ValueId,
): ValueId {
  const perm = to.map((label) => from.indexOf(label));
  return perm.every((axis, k) => axis === k)
    ? value
    : builder.add("Transpose", [value], { perm }, output);
}

const reshaped = (
  value: ValueId,
  shape: readonly number[],
  builder: NodeBuilder,
  output?: ValueId,
): ValueId => builder.add("Reshape", [value, builder.integers(shape)], {}, output);

/** Weights as [inputs x outputs], one matrix for each element of the stack's axis. */
function matricesOf(product: LabelledProduct): readonly Tensor[] {
  const { weights, weightLabels } = product;
  const { stack, inner, outer } = partsOf(product);
  const axes = (labels: readonly string[]) => labels.map((label) => weightLabels.indexOf(label));
  const sizes = (labels: readonly string[]) =>
    sizeOf(axes(labels).map((axis) => weights.shape[axis]));
  const [count, inputs, outputs] = [stack, inner, outer].map(sizes);
  const order = axes([...stack, ...inner, ...outer]);
  const strides = weights.shape.map((_, axis) => sizeOf(weights.shape.slice(axis + 1)));
  const data = allocate(weights.type, count * inputs * outputs);
  const index = order.map(() => 0);
  let from = 0;
  for (let k = 0; k < data.length; k++) {
    data[k] = weights.data[from];
    for (let a = order.length - 1; a >= 0; a--) {
      index[a]++;
      from += strides[order[a]];
      if (index[a] < weights.shape[order[a]]) break;
      from -= index[a] * strides[order[a]];
      index[a] = 0;
    }
  }
  return Array.from({ length: count }, (_, k) => ({
    type: weights.type,
    shape: [inputs, outputs],
    data: data.slice(k * inputs * outputs, (k + 1) * inputs * outputs),
  }));
}
