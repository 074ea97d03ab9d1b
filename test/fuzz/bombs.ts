/** Models that are small as files and ask for everything: memory, time, depth. Each is one case. */
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { fromNumber, type NodeProto } from "../../compiler/onnx/proto.ts";
import type { ModelSpec, NodeSpec } from "../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers, of } from "../support/build-onnx.ts";

const one = floats([], [1]);
const w: Tensor = floats([4, 3], [1, -1, 1, 1, 1, -1, -1, 1, 1, -1, -1, 1]);

/** `nodes` make a value `extra`, which is added to what a sound network gives. */
const beside = (
  nodes: readonly NodeSpec[],
  constants: Readonly<Record<string, Tensor>>,
): ModelSpec => ({
  inputs: { x: ["float32", ["n", 4]] },
  outputs: ["y"],
  constants: { half: floats([], [0.5]), one, minus: floats([], [-1]), w, ...constants },
  nodes: [
    ...nodes,
    ["GreaterOrEqual", ["x", "half"], ["lit"]],
    ["Where", ["lit", "one", "minus"], ["code"]],
    ["MatMul", ["code", "w"], ["h"], {}, "fc"],
    ["ReduceSum", ["extra"], ["total"], { keepdims: 0 }],
    ["Add", ["h", "total"], ["y"]],
  ],
});

const huge = 2 ** 40;
const chain = (
  op: (from: string, to: string) => NodeSpec,
  first: string,
  length: number,
): NodeSpec[] =>
  Array.from({ length }, (_, k) =>
    op(k === 0 ? first : `c${k}`, k === length - 1 ? "extra" : `c${k + 1}`),
  );

const endless = buildGraph({
  inputs: { i: ["int64", []], go: ["bool", []], s: ["float32", []] },
  outputs: ["again", "next"],
  nodes: [
    ["Identity", ["go"], ["again"]],
    ["Add", ["s", "s"], ["next"]],
  ],
});

/** Functions that each call the one before twice: 2^depth nodes. */
const laughs = (depth: number): ModelSpec => ({
  ...beside([["own:F0", ["one"], ["extra"]]], {}),
  change: (model) => ({
    ...model,
    functions: Array.from({ length: depth }, (_, k) => {
      const call = (input: string, output: string): NodeProto =>
        k + 1 < depth
          ? { opType: `F${k + 1}`, domain: "own", input: [input], output: [output] }
          : { opType: "Neg", input: [input], output: [output] };
      return {
        name: `F${k}`,
        domain: "own",
        input: ["a"],
        output: ["c"],
        node: [call("a", "b"), call("b", "c")],
        opsetImport: [
          { domain: "", version: fromNumber(17) },
          { domain: "own", version: fromNumber(1) },
        ],
      };
    }),
  }),
});

const specs: Readonly<Record<string, ModelSpec>> = {
  "ConstantOfShape of 2^40": beside([["ConstantOfShape", ["shape"], ["extra"]]], {
    shape: integers([huge]),
  }),
  "ConstantOfShape of 2^28": beside([["ConstantOfShape", ["shape"], ["extra"]]], {
    shape: integers([2 ** 28]),
  }),
  "ConstantOfShape of 2^27": beside([["ConstantOfShape", ["shape"], ["extra"]]], {
    shape: integers([2 ** 27]),
  }),
  "Expand to 2^40": beside([["Expand", ["one", "shape"], ["extra"]]], {
    shape: integers([2 ** 20, 2 ** 20]),
  }),
  "Expand by a computed shape": beside(
    [
      ["Mul", ["shape", "shape"], ["large"]],
      ["Expand", ["one", "large"], ["extra"]],
    ],
    { shape: integers([2 ** 20]) },
  ),
  "Tile by 2^36": beside([["Tile", ["row", "repeats"], ["extra"]]], {
    row: floats([1], [1]),
    repeats: integers([2 ** 36]),
  }),
  "Range to 10^12": beside([["Range", ["start", "end", "step"], ["extra"]]], {
    start: one,
    end: floats([], [1e12]),
    step: one,
  }),
  "Range to infinity": beside([["Range", ["start", "end", "step"], ["extra"]]], {
    start: one,
    end: floats([], [Number.POSITIVE_INFINITY]),
    step: one,
  }),
  "Range by nothing": beside([["Range", ["start", "end", "step"], ["extra"]]], {
    start: one,
    end: floats([], [9]),
    step: floats([], [0]),
  }),
  "Pad by 2^40": beside([["Pad", ["row", "pads"], ["extra"]]], {
    row: floats([1], [1]),
    pads: integers([0, huge]),
  }),
  "Resize by 10^9": beside([["Resize", ["row", "", "scales"], ["extra"]]], {
    row: floats([1], [1]),
    scales: floats([1], [1e9]),
  }),
  "OneHot of 2^40": beside([["OneHot", ["at", "depth", "pair"], ["extra"]]], {
    at: integers([1]),
    depth: of("int64", [], [huge]),
    pair: floats([2], [0, 1]),
  }),
  "EyeLike of 2^17": beside(
    [
      ["ConstantOfShape", ["shape"], ["zeros"]],
      ["EyeLike", ["zeros"], ["extra"]],
    ],
    { shape: integers([2 ** 17, 2 ** 17]) },
  ),
  "a Loop without end": beside(
    [["Loop", ["count", "go", "one"], ["extra"], { body: endless }, "forever"]],
    {
      count: of("int64", [], [2 ** 53]),
      go: of("bool", [], [1]),
    },
  ),
  "a Loop of 10^9 turns": beside(
    [["Loop", ["count", "", "one"], ["extra"], { body: endless }, "long"]],
    {
      count: of("int64", [], [1e9]),
    },
  ),
  "doubling sixty times": beside(
    chain((from, to) => ["Concat", [from, from], [to], { axis: 0 }], "row", 60),
    { row: floats([1], [1]) },
  ),
  "doubling twenty-eight times": beside(
    chain((from, to) => ["Concat", [from, from], [to], { axis: 0 }], "row", 28),
    { row: floats([1], [1]) },
  ),
  "an outer product of 2^34": beside(
    [
      ["ConstantOfShape", ["tall"], ["a"]],
      ["ConstantOfShape", ["wide"], ["b"]],
      ["MatMul", ["a", "b"], ["extra"]],
    ],
    { tall: integers([2 ** 17, 1]), wide: integers([1, 2 ** 17]) },
  ),
  "a large product": beside(
    [
      ["ConstantOfShape", ["square"], ["a"]],
      ["MatMul", ["a", "a"], ["b"]],
      ["MatMul", ["b", "a"], ["extra"]],
    ],
    { square: integers([6000, 6000]) },
  ),
  "a chain of 20 000 nodes": beside(
    chain((from, to) => ["Neg", [from], [to]], "one", 20_000),
    {},
  ),
  "a chain of 3 000 nodes on the input": {
    inputs: { x: ["float32", ["n", 4]] },
    outputs: ["y"],
    constants: { w },
    nodes: [
      ...chain((from, to) => ["Neg", [from], [to]], "x", 3000),
      ["Sign", ["extra"], ["code"]],
      ["MatMul", ["code", "w"], ["y"], {}, "fc"],
    ],
  },
  "2^16 calls of functions": laughs(16),
  "2^40 calls of functions": laughs(40),
  "a function that calls itself": {
    ...beside([["own:F", ["one"], ["extra"]]], {}),
    change: (model) => ({
      ...model,
      functions: [
        {
          name: "F",
          domain: "own",
          input: ["a"],
          output: ["c"],
          node: [{ opType: "F", domain: "own", input: ["a"], output: ["c"] }],
        },
      ],
    }),
  },
  "a weight of 2^20 x 2^20 made by Expand": {
    inputs: { x: ["float32", ["n", 4]] },
    outputs: ["y"],
    constants: { one, shape: integers([4, 2 ** 38]) },
    nodes: [
      ["Expand", ["one", "shape"], ["w"]],
      ["Sign", ["x"], ["code"]],
      ["MatMul", ["code", "w"], ["y"], {}, "fc"],
    ],
  },
  "a weight of 4 x 2^24 made by Expand": {
    inputs: { x: ["float32", ["n", 4]] },
    outputs: ["y"],
    constants: { one, shape: integers([4, 2 ** 24]) },
    nodes: [
      ["Expand", ["one", "shape"], ["w"]],
      ["Sign", ["x"], ["code"]],
      ["MatMul", ["code", "w"], ["y"], {}, "fc"],
    ],
  },
  "an image of 2^20 x 2^20 pixels": {
    inputs: { x: ["float32", ["n", 1, 2 ** 20, 2 ** 20]] },
    outputs: ["y"],
    constants: { w: floats([1, 1, 3, 3], [1, -1, 1, 1, -1, 1, 1, -1, 1]) },
    nodes: [
      ["Sign", ["x"], ["code"]],
      ["Conv", ["code", "w"], ["y"], { kernel_shape: [3, 3] }, "conv"],
    ],
  },
  "an image of 4096 x 4096 pixels": {
    inputs: { x: ["float32", ["n", 1, 4096, 4096]] },
    outputs: ["y"],
    constants: { w: floats([1, 1, 3, 3], [1, -1, 1, 1, -1, 1, 1, -1, 1]) },
    nodes: [
      ["Sign", ["x"], ["code"]],
      ["Conv", ["code", "w"], ["y"], { kernel_shape: [3, 3] }, "conv"],
    ],
  },
};

export interface Bomb {
  readonly name: string;
  readonly model: Uint8Array;
}

export const bombs: readonly Bomb[] = Object.entries(specs).map(([name, spec]) => ({
  name,
  model: buildModel(spec),
}));
