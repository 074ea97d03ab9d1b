import { definePass } from "../compiler/define.ts";
import type { Graph, ValueId } from "../compiler/ir/graph.ts";
import { intsAttribute, producers } from "../compiler/ir/graph.ts";
import { inferValues } from "../compiler/onnx/infer.ts";
import type { NodeBuilder } from "../compiler/onnx/rewrite.ts";
import { rewriteNodes } from "../compiler/onnx/rewrite.ts";
import { prune } from "../compiler/onnx/simplify.ts";
import type { RecurrentNode } from "./lowering/recurrent-node.ts";
import { recurrentNodeOf } from "./lowering/recurrent-node.ts";
import type { Unrolled } from "./lowering/recurrent-steps.ts";
import { unrollDirection } from "./lowering/recurrent-steps.ts";

/**
 * LSTM, GRU and RNN with constant weights, step by step: the input's matrix becomes one layer over all steps, the
 * recurrent one a matrix that every step uses; gates and states are element-wise operators between them. Sums are
 * rounded in another order than in the operator itself.
 */
export default definePass({
  name: "unroll-recurrent",
  summary: "Recurrent layers of known length as their steps: two matrices and what lies between",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, { warn }) => unrolled(graph, warn),
});

function unrolled(graph: Graph, warn: (message: string) => void): Graph {
  let found = 0;
  const rewritten = rewriteNodes(graph, (node, builder) => {
    const layer = recurrentNodeOf(graph, node);
    if (layer === null) return false;
    if (typeof layer === "string") {
      warn(
        `layer ${node.name}: this ${node.op} is not laid out on arrays, as ${layer}; its weights stay digital, in float`,
      );
      return false;
    }
    found++;
    unroll(layer, graph, builder);
    return true;
  });
  return found === 0 ? graph : inferValues(prune(rewritten));
}

function unroll(layer: RecurrentNode, graph: Graph, builder: NodeBuilder): void {
  const { node, directions, steps, length, batchFirst } = layer;
  const x = batchFirst ? node.inputs[0] : batchInFront(graph, node.inputs[0], builder);
  const made = directions.map((direction, d) =>
    unrollDirection(layer, direction, x, d === 0 ? "" : "-reverse", builder),
  );
  const [all = "", last = "", cell = ""] = node.outputs;
  if (all !== "") {
    const perDirection = made.map((states) => sequence(states, length - steps, builder));
    const perm = batchFirst ? [0, 2, 1, 3] : [2, 1, 0, 3];
    const together = stacked(perDirection, 1, undefined, builder);
    builder.add("Transpose", [together], { perm }, all);
  }
  const axis = batchFirst ? 1 : 0;
  if (last !== "")
    stacked(
      made.map((states) => states.last),
      axis,
      last,
      builder,
    );
  const cells = made.flatMap((states) => states.cell ?? []);
  if (cell !== "" && cells.length > 0) stacked(cells, axis, cell, builder);
}

/** [step, batch, inputs] as [batch, step, inputs]: what a Transpose of the model made of it, if one did. */
function batchInFront(graph: Graph, x: ValueId, builder: NodeBuilder): ValueId {
  const made = producers(graph).get(x);
  const isTurned =
    made?.op === "Transpose" && intsAttribute(made, "perm", []).join() === [1, 0, 2].join();
  return isTurned ? made.inputs[0] : builder.add("Transpose", [x], { perm: [1, 0, 2] });
}

/** Hidden states as [batch, step, hidden], zeros behind the steps that are computed. */
function sequence({ hidden }: Unrolled, missing: number, builder: NodeBuilder): ValueId {
  const behind = builder.integers([1]);
  const lifted = hidden.map((state) => builder.add("Unsqueeze", [state, behind]));
  const computed = lifted.length === 1 ? lifted[0] : builder.add("Concat", lifted, { axis: 1 });
  if (missing === 0) return computed;
  const pads = builder.integers([0, 0, 0, 0, missing, 0]);
  return builder.add("Pad", [computed, pads, builder.scalar(0)]);
}

/** One value a direction on an axis of its own. */
function stacked(
  values: readonly ValueId[],
  axis: number,
  output: ValueId | undefined,
  builder: NodeBuilder,
): ValueId {
  const at = builder.integers([axis]);
  if (values.length === 1) return builder.add("Unsqueeze", [values[0], at], {}, output);
  const lifted = values.map((value) => builder.add("Unsqueeze", [value, at]));
  return builder.add("Concat", lifted, { axis }, output);
}
