import { definePass } from "../compiler/define.ts";
import type { Graph, GraphNode, ValueId } from "../compiler/ir/graph.ts";
import { sizeOf, tensor } from "../compiler/ir/tensor.ts";
import { inferValues } from "../compiler/onnx/infer.ts";
import type { NodeBuilder } from "../compiler/onnx/rewrite.ts";
import { attributeOf, rewriteNodes } from "../compiler/onnx/rewrite.ts";
import { prune } from "../compiler/onnx/simplify.ts";
import { matrixData } from "./lowering/matrix-node.ts";
import type { AxisPhase, TransposedWindow } from "./lowering/transposed-window.ts";
import { axisPhases, transposedWindow } from "./lowering/transposed-window.ts";

/**
 * A transposed convolution with constant weights as plain convolutions, one for each phase of its strides: the outputs
 * o = r + stride·q of one phase r read the same taps of the kernel, which slide over the input one step at a time. So
 * no zero is inserted, stored or read; the phases' outputs are then put between each other.
 */
export default definePass({
  name: "transposed-convolutions",
  summary: "Transposed convolutions as one convolution for each phase of their strides",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: async (graph) => withoutTransposed(graph),
});

function withoutTransposed(graph: Graph): Graph {
  const rewritten = rewriteNodes(graph, (node, builder) => {
    if (node.op !== "ConvTranspose" || node.domain !== "") return false;
    const window = graph.constants.has(node.inputs[0]) ? null : transposedWindow(graph, node);
    return window !== null && replaced(node, window, builder);
  });
  return rewritten.nodes.length === graph.nodes.length &&
    rewritten.nodes.every((node, k) => node === graph.nodes[k])
    ? graph
    : inferValues(prune(rewritten));
}

/** The convolutions of all phases and what puts their outputs in place; false where no phase reads anything. */
function replaced(node: GraphNode, window: TransposedWindow, builder: NodeBuilder): boolean {
  const { output } = window;
  const phases = window.kernel.map((_, axis) => axisPhases(window, axis));
  const combinations = product(phases);
  const single = combinations.length === 1;
  const made = combinations.map((each) =>
    each.every(({ taps }) => taps.length > 0)
      ? convolve(node, window, each, single ? node.outputs[0] : null, builder)
      : null,
  );
  const some = made.find((value) => value !== null);
  if (!some) return false;
  if (single) return true;
  const values = made.map((value) => value ?? unreached(node, window, some, builder));
  interleave(node, values, { phases, output }, builder);
  return true;
}

/** Every choice of one element of each list, the last list changing fastest. */
const product = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>(
    (rows, list) => rows.flatMap((row) => list.map((each) => [...row, each])),
    [[]],
  );

function convolve(
  node: GraphNode,
  window: TransposedWindow,
  phases: readonly AxisPhase[],
  output: ValueId | null,
  builder: NodeBuilder,
): ValueId {
  const [data, , bias] = node.inputs;
  const weights = builder.constant(phaseWeights(window, phases));
  const suffix = phases.map(({ phase }) => phase).join("-");
  const name = output === null ? `${node.name}/phase-${suffix}` : node.name;
  const result = output ?? name;
  const attributes = {
    kernel_shape: phases.map(({ taps }) => taps.length),
    dilations: phases.map(({ dilation }) => dilation),
    pads: [
      ...phases.map(({ begin }) => Math.max(0, begin)),
      ...phases.map(({ end }) => Math.max(0, end)),
    ],
    group: window.groups,
  };
  builder.emit({
    name,
    op: "Conv",
    domain: "",
    inputs: [cropped(data, window, phases, builder), weights, ...(bias ? [bias] : [])],
    outputs: [result],
    attributes: new Map(
      Object.entries(attributes).map(([key, value]) => [key, attributeOf(key, value)]),
    ),
  });
  return result;
}

/** The input without what a phase never reads: the pixels that negative padding stands for. */
function cropped(
  data: ValueId,
  { input }: TransposedWindow,
  phases: readonly AxisPhase[],
  builder: NodeBuilder,
): ValueId {
  const starts = phases.map(({ begin }) => Math.max(0, -begin));
  const ends = phases.map(({ end }, axis) => input[axis] - Math.max(0, -end));
  if (starts.every((s) => s === 0) && ends.every((e, axis) => e === input[axis])) return data;
  const axes = input.map((_, axis) => axis + 2);
  const lists = [starts, ends, axes].map((list) => builder.integers(list));
  return builder.add("Slice", [data, ...lists]);
}

/** [inputs, outputs of a group, …kernel] as [outputs, inputs of a group, …taps]: the taps of one phase, turned round. */
function phaseWeights(window: TransposedWindow, phases: readonly AxisPhase[]) {
  const { weights, channels, perGroup, groups, kernel } = window;
  const inputsEach = channels / groups;
  const from = matrixData(weights);
  const size = sizeOf(kernel);
  const taps = product(phases.map((phase) => [...phase.taps].reverse())).map((tap) =>
    tap.reduce((at, k, axis) => at * kernel[axis] + k, 0),
  );
  const shape = [groups * perGroup, inputsEach, ...phases.map((phase) => phase.taps.length)];
  const data = new Float32Array(sizeOf(shape));
  let to = 0;
  for (let o = 0; o < groups * perGroup; o++) {
    const group = Math.floor(o / perGroup);
    for (let i = 0; i < inputsEach; i++) {
      const first = ((group * inputsEach + i) * perGroup + (o % perGroup)) * size;
      for (const tap of taps) data[to++] = from[first + tap];
    }
  }
  return tensor("float32", shape, data);
}

/** What outputs hold that no tap reaches, where the stride is larger than the kernel: nothing, and the bias. */
function unreached(
  node: GraphNode,
  { kernel }: TransposedWindow,
  like: ValueId,
  builder: NodeBuilder,
): ValueId {
  const zeros = builder.add("Mul", [like, builder.scalar(0)]);
  const [, , bias] = node.inputs;
  if (!bias) return zeros;
  const axes = builder.integers(kernel.map((_, axis) => axis + 1));
  return builder.add("Add", [zeros, builder.add("Unsqueeze", [bias, axes])]);
}

/** Puts the phases' outputs between each other, the last axis first, and cuts what is too much off their ends. */
function interleave(
  node: GraphNode,
  made: readonly ValueId[],
  {
    phases,
    output,
  }: { readonly phases: readonly (readonly AxisPhase[])[]; readonly output: readonly number[] },
  builder: NodeBuilder,
): void {
  const sizes = phases.map(([{ count }]) => count);
  const exact = () => sizes.every((size, axis) => size === output[axis]);
  let values = made;
  for (let axis = phases.length - 1; axis >= 0; axis--) {
    const each = phases[axis].length;
    if (each === 1) continue;
    sizes[axis] *= each;
    const target = builder.integers([0, 0, ...sizes]);
    const next: ValueId[] = [];
    for (let k = 0; k < values.length; k += each) {
      const behind = builder.integers([axis + 3]);
      const lifted = values
        .slice(k, k + each)
        .map((value) => builder.add("Unsqueeze", [value, behind]));
      const joined = builder.add("Concat", lifted, { axis: axis + 3 });
      const isLast = values.length === each && exact();
      next.push(builder.add("Reshape", [joined, target], {}, isLast ? node.outputs[0] : undefined));
    }
    values = next;
  }
  if (exact()) return;
  const lists = [output.map(() => 0), output, output.map((_, axis) => axis + 2)].map((list) =>
    builder.integers(list),
  );
  builder.add("Slice", [values[0], ...lists], {}, node.outputs[0]);
}
