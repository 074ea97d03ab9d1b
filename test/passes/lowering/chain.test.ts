import { describe, expect, test } from "vitest";
import { broadcastIndex, traceChain } from "../../../passes/lowering/chain.ts";
import type { NodeSpec } from "../../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers } from "../../support/build-onnx.ts";
import { preparedGraph } from "../../support/pass-context.ts";

const constants = {
  two: floats([], [2]),
  minusTwo: floats([], [-2]),
  signs: floats([4], [1, -1, 0, 2]),
  bias: floats([4], [1, 2, 3, 4]),
  zeros: floats([4], [0, 0, 0, 0]),
  ones: floats([4], [1, 1, 1, 1]),
  square: integers([-1, 2, 2]),
  flat: integers([-1, 4]),
  steps: floats([3, 1], [-1, 0, 1]),
  lastAxis: integers([-1]),
  firstAxis: integers([1]),
};

/** Sources and directions of the elements of y, for x of four elements a sample. */
async function traced(nodes: readonly NodeSpec[], outputs = ["y"]) {
  const model = buildModel({ inputs: { x: ["float32", ["n", 4]] }, outputs, nodes, constants });
  const trace = traceChain(await preparedGraph(model), "x", "y");
  return (
    trace && { source: [...trace.source], direction: Array.from(trace.direction, (way) => way + 0) }
  );
}

const inOrder = [0, 1, 2, 3];
const rising = [1, 1, 1, 1];
const falling = [-1, -1, -1, -1];
const unproved = [2, 2, 2, 2];

describe("directions", () => {
  const rules: readonly [string, readonly NodeSpec[], readonly number[]][] = [
    ["Relu rises", [["Relu", ["x"], ["y"]]], rising],
    ["a cast to float32 keeps the order", [["Cast", ["x"], ["y"], { to: 1 }]], rising],
    ["a cast to int8 wraps around", [["Cast", ["x"], ["y"], { to: 3 }]], unproved],
    ["a cast to bool is 1 on both sides of 0", [["Cast", ["x"], ["y"], { to: 9 }]], unproved],
    ["Neg falls", [["Neg", ["x"], ["y"]]], falling],
    [
      "two falls rise",
      [
        ["Neg", ["x"], ["a"]],
        ["Neg", ["a"], ["y"]],
      ],
      rising,
    ],
    ["a positive factor keeps, a negative one turns", [["Mul", ["x", "minusTwo"], ["y"]]], falling],
    ["a constant less the value falls", [["Sub", ["two", "x"], ["y"]]], falling],
    ["division by a negative constant falls", [["Div", ["x", "minusTwo"], ["y"]]], falling],
    ["a constant over the value is not proved", [["Div", ["two", "x"], ["y"]]], unproved],
    ["Abs is not proved", [["Abs", ["x"], ["y"]]], unproved],
    [
      "what is not proved stays so",
      [
        ["Abs", ["x"], ["a"]],
        ["Neg", ["a"], ["y"]],
      ],
      unproved,
    ],
    ["x·x is not proved", [["Mul", ["x", "x"], ["y"]]], unproved],
    [
      "x + relu(x) rises",
      [
        ["Relu", ["x"], ["a"]],
        ["Add", ["x", "a"], ["y"]],
      ],
      rising,
    ],
    [
      "x − relu(x) is not proved",
      [
        ["Relu", ["x"], ["a"]],
        ["Sub", ["x", "a"], ["y"]],
      ],
      unproved,
    ],
    [
      "a condition chooses the larger where it holds: rises",
      [
        ["Greater", ["x", "two"], ["c"]],
        ["Where", ["c", "two", "minusTwo"], ["y"]],
      ],
      rising,
    ],
    [
      "a condition chooses the smaller: falls",
      [
        ["Greater", ["x", "two"], ["c"]],
        ["Where", ["c", "minusTwo", "two"], ["y"]],
      ],
      falling,
    ],
    [
      "Less falls",
      [
        ["Less", ["x", "two"], ["c"]],
        ["Cast", ["c"], ["y"], { to: 1 }],
      ],
      falling,
    ],
    [
      "Not turns",
      [
        ["Less", ["x", "two"], ["c"]],
        ["Not", ["c"], ["d"]],
        ["Cast", ["d"], ["y"], { to: 1 }],
      ],
      rising,
    ],
    [
      "LeakyRelu with a negative slope is not proved",
      [["LeakyRelu", ["x"], ["y"], { alpha: { kind: "float", value: -0.5 } }]],
      unproved,
    ],
    ["Min with a constant rises", [["Min", ["x", "two"], ["y"]]], rising],
  ];
  test.each(rules)("%s", async (_, nodes, direction) => {
    expect(await traced(nodes)).toEqual({ source: inOrder, direction });
  });

  test("factors of both signs and of zero: turned, kept, constant", async () => {
    expect(await traced([["Mul", ["x", "signs"], ["y"]]])).toEqual({
      source: [0, 1, -1, 3],
      direction: [1, -1, 0, 1],
    });
  });

  test("a batch normalization goes by the sign of its scale, channel by channel", async () => {
    const bn: NodeSpec = ["BatchNormalization", ["x", "signs", "bias", "zeros", "ones"], ["y"]];
    expect(await traced([bn])).toEqual({ source: [0, 1, -1, 3], direction: [1, -1, 0, 1] });
  });
});

describe("where an element comes from", () => {
  test("Reshape, Transpose, Reshape permute", async () => {
    const nodes: NodeSpec[] = [
      ["Reshape", ["x", "square"], ["a"]],
      ["Transpose", ["a"], ["b"], { perm: [0, 2, 1] }],
      ["Reshape", ["b", "flat"], ["y"]],
    ];
    // [0 1 / 2 3] read by columns
    expect(await traced(nodes)).toEqual({ source: [0, 2, 1, 3], direction: rising });
  });

  test("comparisons with several constants, summed, are one rising staircase", async () => {
    const nodes: NodeSpec[] = [
      ["Unsqueeze", ["x", "firstAxis"], ["a"]],
      ["Greater", ["a", "steps"], ["b"]],
      ["Cast", ["b"], ["c"], { to: 1 }],
      ["ReduceSum", ["c", "firstAxis"], ["y"], { keepdims: 0 }],
    ];
    expect(await traced(nodes)).toEqual({ source: inOrder, direction: rising });
  });

  test("an element of several sources has no trace", async () => {
    expect(await traced([["ReduceSum", ["x", "lastAxis"], ["y"]]])).toBeNull();
    const turned: NodeSpec[] = [
      ["Reshape", ["x", "square"], ["a"]],
      ["Transpose", ["a"], ["b"], { perm: [0, 2, 1] }],
      ["Add", ["a", "b"], ["y"]],
    ];
    expect(await traced(turned)).toBeNull();
  });

  test("an operator that is not known has no trace", async () => {
    expect(await traced([["Softmax", ["x"], ["y"]]])).toBeNull();
  });

  test("a size that is not known has no trace", () => {
    const graph = buildGraph({
      inputs: { x: ["float32", ["n", "m"]] },
      outputs: ["y"],
      nodes: [["Relu", ["x"], ["y"]]],
    });
    expect(traceChain(graph, "x", "y")).toBeNull();
  });
});

test("broadcastIndex repeats axes of size 1 and axes in front", () => {
  expect([...broadcastIndex([2, 1], [2, 3])]).toEqual([0, 0, 0, 1, 1, 1]);
  expect([...broadcastIndex([3], [2, 3])]).toEqual([0, 1, 2, 0, 1, 2]);
  expect([...broadcastIndex([], [2, 2])]).toEqual([0, 0, 0, 0]);
});
