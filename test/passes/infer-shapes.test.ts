import { expect, test } from "vitest";
import type { PassContext } from "../../compiler/define.ts";
import type { Dimension, Graph } from "../../compiler/ir/graph.ts";
import inferShapes from "../../passes/infer-shapes.ts";
import type { ModelSpec } from "../support/build-onnx.ts";
import { buildModel, floats, integers, of } from "../support/build-onnx.ts";
import { graphOf, importBytes, runGraph } from "../support/run-onnx.ts";

const pass = async (spec: ModelSpec): Promise<Graph> =>
  graphOf(await inferShapes.run(importBytes(buildModel(spec)), {} as PassContext));

/** Flatten as PyTorch exports it: Shape, Gather, Unsqueeze, Concat, Reshape. */
function flatten(shape: readonly Dimension[], rest: number): ModelSpec {
  return {
    inputs: { x: ["float32", shape] },
    outputs: ["y"],
    nodes: [
      ["Shape", ["x"], ["s"]],
      ["Gather", ["s", "zero"], ["n"]],
      ["Unsqueeze", ["n", "axes"], ["n1"]],
      ["Concat", ["n1", "rest"], ["target"], { axis: 0 }],
      ["Reshape", ["x", "target"], ["y"]],
    ],
    constants: { zero: of("int64", [], [0]), axes: integers([0]), rest: integers([rest]) },
  };
}

test.each<[readonly Dimension[], number, readonly number[]]>([
  [["batch", 3, 2], -1, [0, -1]],
  [["batch", 3, 2], 6, [0, 6]],
  [[null, 3, 2], -1, [0, -1]],
  [[4, 3, 2], -1, [4, -1]],
])("the computed target of a Reshape of %j becomes a constant", async (shape, rest, target) => {
  const graph = await pass(flatten(shape, rest));
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Reshape"]);
  expect(Array.from(graph.constants.get(graph.nodes[0].inputs[1])?.data ?? [], Number)).toEqual(
    target,
  );
  const data = floats(
    [4, 3, 2],
    Array.from({ length: 24 }, (_, i) => i),
  );
  expect((await runGraph(graph, { x: data })).get("y")).toEqual({ ...data, shape: [4, 6] });
});

test("a target in which more than the batch is unknown stays computed", async () => {
  const spec = flatten(["batch", "length", 2], -1);
  const nodes: ModelSpec["nodes"] = [
    ["Shape", ["x"], ["s"]],
    ["Gather", ["s", "one"], ["n1"]],
    ["Gather", ["s", "zero"], ["n0"]],
    ["Concat", ["n1", "n0", "rest"], ["target"], { axis: 0 }],
    ["Reshape", ["x", "target"], ["y"]],
  ];
  const graph = await pass({
    ...spec,
    nodes,
    constants: { zero: integers([0]), one: integers([1]), rest: integers([2]) },
  });
  expect(graph.nodes.length).toBe(5);
  expect(graph.values.get("y")?.shape).toEqual(["length", "batch", 2]);
});

test("a shape that is not told by the file is filled in", async () => {
  const graph = await pass({
    inputs: { x: ["float32", ["n", 1, 8, 8]] },
    outputs: ["y"],
    nodes: [
      ["Conv", ["x", "w"], ["h"], { pads: [1, 1, 1, 1], strides: [2, 2] }],
      ["GlobalAveragePool", ["h"], ["y"]],
    ],
    constants: { w: floats([2, 1, 3, 3], Array(18).fill(1)) },
  });
  expect(graph.values.get("h")).toEqual({ type: "float32", shape: ["n", 2, 4, 4] });
  expect(graph.values.get("y")).toEqual({ type: "float32", shape: ["n", 2, 1, 1] });
});
