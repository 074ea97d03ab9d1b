import { describe, expect, test } from "vitest";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { sizeOf } from "../../../compiler/ir/tensor.ts";
import type { ModelSpec, NodeSpec } from "../../support/build-onnx.ts";
import { buildModel, floats, integers } from "../../support/build-onnx.ts";
import { importBytes, runBytes, runGraph } from "../../support/run-onnx.ts";

const float = (value: number) => ({ kind: "float", value }) as const;
const scales = { kind: "floats", value: [1, 1, 2, 3] } as const;
const data = (shape: readonly number[]): Tensor =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 37) % 19) / 4 - 2),
  );

/** operator sets, shape of x, node, constants */
const cases: readonly [
  opsets: readonly number[],
  shape: readonly number[],
  node: NodeSpec,
  constants?: ModelSpec["constants"],
][] = [
  [
    [7, 10],
    [2, 3],
    ["Clip", ["x"], ["y"], { min: float(-1), max: float(1.5) }],
  ],
  [[7], [2, 3], ["Clip", ["x"], ["y"], { min: float(0) }]],
  [
    [7],
    [1, 3, 4, 5],
    [
      "ImageScaler",
      ["x"],
      ["y"],
      { scale: float(0.5), bias: { kind: "floats", value: [1, -2, 0.25] } },
    ],
  ],
  [[7], [2, 3], ["Affine", ["x"], ["y"], { alpha: float(0.5), beta: float(3) }]],
  [[7], [1, 2, 6, 7], ["Crop", ["x"], ["y"], { border: [1, 2, 3, 0] }]],
  [[7], [1, 2, 6, 7], ["Crop", ["x"], ["y"], { border: [1, 2, 0, 0], scale: [3, 4] }]],
  [[7], [2, 3], ["Clip", ["x"], ["y"], { max: float(1) }]],
  [
    [7, 11],
    [2, 1, 3, 1],
    ["Squeeze", ["x"], ["y"], { axes: [1, 3] }],
  ],
  [
    [7, 12],
    [2, 1, 3],
    ["Squeeze", ["x"], ["y"]],
  ],
  [
    [7, 11],
    [2, 3],
    ["Unsqueeze", ["x"], ["y"], { axes: [0, 3] }],
  ],
  [
    [7, 11],
    [2, 3, 4],
    ["ReduceSum", ["x"], ["y"], { axes: [1], keepdims: 0 }],
  ],
  [[7], [2, 3, 4], ["ReduceSum", ["x"], ["y"]]],
  [
    [7, 10],
    [2, 3],
    ["Pad", ["x"], ["y"], { pads: [0, 1, 2, 0], value: float(5) }],
  ],
  [
    [7, 9],
    [4, 5],
    ["Slice", ["x"], ["y"], { starts: [1, -3], ends: [9, -1] }],
  ],
  [[7], [4, 5], ["Slice", ["x"], ["y"], { starts: [1], ends: [2 ** 63], axes: [1] }]],
  [
    [7, 9],
    [4, 5],
    ["TopK", ["x"], ["y", "i"], { k: 2, axis: 1 }],
  ],
  [
    [7, 11, 12],
    [2, 3, 4],
    ["Softmax", ["x"], ["y"]],
  ],
  [
    [7, 11],
    [2, 3, 4],
    ["Softmax", ["x"], ["y"], { axis: 2 }],
  ],
  [
    [7, 11],
    [2, 3, 4],
    ["LogSoftmax", ["x"], ["y"], { axis: 0 }],
  ],
  [[7], [1, 2, 3, 3], ["Upsample", ["x"], ["y"], { mode: "nearest", scales }]],
  [[7], [1, 2, 3, 3], ["Upsample", ["x"], ["y"], { mode: "linear", scales }]],
  [
    [9],
    [1, 2, 3, 3],
    ["Upsample", ["x", "s"], ["y"], { mode: "nearest" }],
    { s: floats([4], [1, 1, 2, 2]) },
  ],
  [
    [10],
    [1, 2, 3, 3],
    ["Resize", ["x", "s"], ["y"], { mode: "nearest" }],
    { s: floats([4], [1, 1, 2, 2]) },
  ],
  [
    [11],
    [1, 2, 4, 4],
    ["Resize", ["x", "roi", "s"], ["y"], { mode: "linear" }],
    { roi: floats([0], []), s: floats([4], [1, 1, 0.5, 2]) },
  ],
  [
    [7, 12],
    [4, 3],
    ["Flatten", ["x"], ["y"], { axis: 0 }],
  ],
  [
    [9],
    [3, 3],
    ["Scatter", ["x", "i", "u"], ["y"]],
    { i: { ...integers([0, 1, 2]), shape: [1, 3] }, u: floats([1, 3], [7, 8, 9]) },
  ],
  [
    [7, 9, 14],
    [1, 2, 3],
    ["BatchNormalization", ["x", "c", "c", "c", "c"], ["y"]],
    { c: floats([2], [0.5, 2]) },
  ],
];

describe("a node of an older operator set computes the same in its new form", () => {
  const each = cases.flatMap(([opsets, shape, node, constants]) =>
    opsets.map((opset) => ({
      opset,
      op: node[0],
      attributes: JSON.stringify(node[3] ?? {}),
      shape,
      node,
      constants,
    })),
  );
  test.each(each)(
    "$op of operator set $opset $attributes",
    async ({ opset, shape, node, constants }) => {
      const known = {
        inputs: { x: ["float32", shape] },
        outputs: node[2],
        nodes: [node],
        opset,
      } satisfies ModelSpec;
      const bytes = buildModel(constants ? { ...known, constants } : known);
      const unknown = buildModel({
        ...known,
        inputs: { x: ["float32", shape.map((_, axis) => `d${axis}`)] },
        ...(constants ? { constants } : {}),
      });
      const feeds = { x: data(shape) };
      const expected = await runBytes(bytes, feeds);
      for (const graph of [importBytes(bytes), importBytes(unknown)]) {
        expect(graph.opsets.get("")).toBe(17);
        expect(await runGraph(graph, feeds)).toEqual(expected);
      }
    },
  );
});

test.each<[number, NodeSpec, RegExp]>([
  [
    7,
    ["BatchNormalization", ["x", "c", "c", "c", "c"], ["y"], { spatial: 0 }],
    /needs spatial = 1/,
  ],
  [
    11,
    ["Resize", ["x", "", "c"], ["y"], { coordinate_transformation_mode: "tf_half_pixel_for_nn" }],
    /coordinate_transformation_mode/,
  ],
])("of operator set %i, a form without a successor is refused: %j", (opset, node, message) => {
  const spec = {
    inputs: { x: ["float32", [1, 2]] },
    outputs: ["y"],
    nodes: [node],
    opset,
    constants: { c: floats([2], [1, 1]) },
  } satisfies ModelSpec;
  expect(() => importBytes(buildModel(spec))).toThrow(message);
});

test("a model newer than operator set 17 keeps its forms", () => {
  const nodes: NodeSpec[] = [["ReduceMean", ["x", "axes"], ["y"], { keepdims: 0 }]];
  const graph = importBytes(
    buildModel({
      inputs: { x: ["float32", [2, 3]] },
      outputs: ["y"],
      nodes,
      opset: 18,
      constants: { axes: integers([1]) },
    }),
  );
  expect(graph.opsets.get("")).toBe(18);
  expect(graph.values.get("y")?.shape).toEqual([2]);
});
