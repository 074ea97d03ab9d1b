import { describe, expect, test } from "vitest";
import type { Graph } from "../../../compiler/ir/graph.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { sizeOf, toNumbers } from "../../../compiler/ir/tensor.ts";
import type { ModelSpec, NodeSpec } from "../../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers } from "../../support/build-onnx.ts";
import { importBytes, runBytes, runGraph } from "../../support/run-onnx.ts";

const float = (value: number) => ({ kind: "float", value }) as const;
const numbers = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => ((i * 37) % 19) / 4 - 2);
const data = (shape: readonly number[]): Tensor => floats(shape, numbers(sizeOf(shape)));
const shape = [2, 3, 4, 5];
const beside = (op: string, inputs: readonly string[], axis: number): NodeSpec => [
  op,
  inputs,
  ["y"],
  { broadcast: 1, axis },
];
const constants = {
  three: floats([3], [1, -2, 3]),
  threeOnes: floats([3, 1, 1], [1, -2, 3]),
  twelve: floats([3, 4], numbers(12)),
  twelveOnes: floats([3, 4, 1], numbers(12)),
  one: floats([1], [2]),
  pads: integers([0, 0, 1, 0, 0, 0, 0, 2]),
  target: integers([6, 20]),
  all: integers([0, 1]),
  b: floats([5, 2], numbers(10)),
  c: floats([2], [1, 2]),
  to: integers([2, 2]),
};

/** the node in its old form, its operator set; nodes that mean the same since operator set 17 */
const cases: readonly (readonly [NodeSpec, number, readonly NodeSpec[], (readonly number[])?])[] = [
  [beside("Add", ["x", "three"], 1), 6, [["Add", ["x", "threeOnes"], ["y"]]]],
  [beside("Sub", ["x", "twelve"], 1), 6, [["Sub", ["x", "twelveOnes"], ["y"]]]],
  [beside("Mul", ["x", "one"], 0), 6, [["Mul", ["x", "one"], ["y"]]]],
  [beside("Greater", ["x", "three"], 1), 1, [["Greater", ["x", "threeOnes"], ["y"]]]],
  [["Div", ["x", "x"], ["y"], { consumed_inputs: [0, 0] }], 1, [["Div", ["x", "x"], ["y"]]]],
  [["PRelu", ["x", "three"], ["y"]], 6, [["PRelu", ["x", "threeOnes"], ["y"]]]],
  [["PRelu", ["x", "one"], ["y"]], 6, [["PRelu", ["x", "one"], ["y"]]]],
  [
    ["Pad", ["x"], ["y"], { paddings: [0, 0, 1, 0, 0, 0, 0, 2], value: float(3) }],
    1,
    [
      ["Add", ["x", "zero"], ["y0"]],
      ["Pad", ["y0", "pads", "fill"], ["y"]],
    ],
  ],
  [["Reshape", ["x"], ["y"], { shape: [6, 20] }], 1, [["Reshape", ["x", "target"], ["y"]]]],
  [["Concat", ["x", "x"], ["y"]], 1, [["Concat", ["x", "x"], ["y"], { axis: 1 }]]],
  [["Cast", ["x"], ["y"], { to: "INT32" }], 1, [["Cast", ["x"], ["y"], { to: 6 }]]],
  [["Cast", ["x"], ["y"], { to: "DOUBLE" }], 1, [["Cast", ["x"], ["y"], { to: 11 }]]],
  [
    ["Selu", ["x"], ["y"]],
    1,
    [["Selu", ["x"], ["y"], { alpha: float(1.6732), gamma: float(1.0507) }]],
  ],
  [
    ["Upsample", ["x"], ["y"], { height_scale: float(2), width_scale: float(3), mode: "nearest" }],
    1,
    [
      [
        "Resize",
        ["x", "", "scales"],
        ["y"],
        { coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
      ],
    ],
  ],
  [["Dropout", ["x"], ["y"], { is_test: 1 }], 6, [["Identity", ["x"], ["y"]]]],
  [
    ["BatchNormalization", ["x", "three", "three", "three", "nine"], ["y"], { is_test: 1 }],
    6,
    [["BatchNormalization", ["x", "three", "three", "three", "nine"], ["y"]]],
  ],
  [
    ["Gemm", ["x", "b", "c"], ["y"], { broadcast: 1 }],
    6,
    [["Gemm", ["x", "b", "c"], ["y"]]],
    [4, 5],
  ],
];
const more = {
  ...constants,
  zero: floats([1], [0]),
  fill: floats([], [3]),
  scales: floats([4], [1, 1, 2, 3]),
  nine: floats([3], [9, 9, 9]),
};

describe("a node of operator sets before 7 computes what its successor does", () => {
  const named = cases.map(([node, opset, now, of]) => ({
    op: node[0],
    opset,
    attributes: JSON.stringify(node[3] ?? {}),
    node,
    now,
    of: of ?? shape,
  }));
  test.each(named)("$op of operator set $opset $attributes", async ({ node, opset, now, of }) => {
    const spec = (nodes: readonly NodeSpec[]): ModelSpec => {
      const read = new Set(nodes.flatMap(([, inputs]) => inputs));
      const used = Object.entries(more).filter(([name]) => read.has(name));
      return {
        inputs: { x: ["float32", of] },
        outputs: ["y"],
        nodes,
        constants: Object.fromEntries(used),
      };
    };
    const graph = importBytes(buildModel({ ...spec([node]), opset }));
    expect(graph.warnings).toEqual([]);
    const feeds = { x: data(of) };
    expect(await runGraph(graph, feeds)).toEqual(await runBytes(buildModel(spec(now)), feeds));
  });

  test("a computed second operand gets axes behind its own too", async () => {
    const nodes: NodeSpec[] = [
      ["Relu", ["b"], ["r"]],
      ["Mul", ["x", "r"], ["y"], { broadcast: 1, axis: 1 }],
    ];
    const inputs = { x: ["float32", shape], b: ["float32", [3, 4]] } satisfies ModelSpec["inputs"];
    const graph = importBytes(buildModel({ inputs, outputs: ["y"], nodes, opset: 6 }));
    const feeds = { x: data(shape), b: data([3, 4]) };
    const y = (await runGraph(graph, feeds)).get("y");
    const [x, b] = [numbers(sizeOf(shape)), numbers(12)];
    const expected = x.map((v, e) => v * Math.max(0, b[Math.floor(e / 5) % 12]));
    expect(y && [...toNumbers(y)]).toEqual(expected);
  });

  test("inside If, where the axes of what stands outside are not known, it is refused", () => {
    const branch = (op: string): Graph =>
      buildGraph({
        inputs: {},
        outputs: { z: ["float32", shape] },
        nodes: [
          ["Relu", ["x"], ["r"]],
          [op, ["r", "three"], ["z"], { broadcast: 1, axis: 1 }],
        ],
        constants: { three: constants.three },
      });
    const attributes = { then_branch: branch("Add"), else_branch: branch("Sub") };
    const model = buildModel({
      inputs: { x: ["float32", shape], choice: ["bool", []] },
      outputs: ["y"],
      nodes: [["If", ["choice"], ["y"], attributes]],
      opset: 6,
    });
    expect(() => importBytes(model)).toThrow(/needs operands of known axes.*found unknown and 1/);
  });
});

test("training, once the default, is said and computed as inference", () => {
  const graph = importBytes(
    buildModel({
      inputs: { x: ["float32", shape] },
      outputs: ["y"],
      nodes: [["BatchNormalization", ["x", "three", "three", "three", "three"], ["y"]]],
      constants: { three: constants.three },
      opset: 6,
    }),
  );
  expect(graph.warnings.join()).toMatch(/"y" \(BatchNormalization\) is in training mode/);
});

test.each<[NodeSpec, RegExp]>([
  [["Tile", ["x", "one", "one"], ["y"]], /Tile.*a number of repeats for each axis/],
  [["Cast", ["x"], ["y"], { to: "FLAOT" }], /a data type that ONNX has, not flaot/],
  [
    beside("Add", ["x", "twelve"], 3),
    /the second's within the first's from axis 3 on, found 4 and 2/,
  ],
])("%j is refused", (node, message) => {
  const model = buildModel({
    inputs: { x: ["float32", shape] },
    outputs: ["y"],
    nodes: [node],
    constants: { one: constants.one, twelve: constants.twelve },
    opset: 1,
  });
  expect(() => importBytes(model)).toThrow(message);
});
