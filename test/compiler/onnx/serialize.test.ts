import { describe, expect, test } from "vitest";
import { parseOnnx } from "../../../compiler/onnx/parse.ts";
import { serializeGraph, subgraph } from "../../../compiler/onnx/serialize.ts";
import type { ModelSpec } from "../../support/build-onnx.ts";
import { buildGraph, buildModel, floats } from "../../support/build-onnx.ts";
import { importBytes, runGraph } from "../../support/run-onnx.ts";

const spec: ModelSpec = {
  inputs: { x: ["float32", ["batch", 2]] },
  outputs: ["y"],
  nodes: [
    ["MatMul", ["x", "w"], ["h"]],
    ["Add", ["h", "b"], ["s"]],
    ["Relu", ["s"], ["y"]],
  ],
  constants: { w: floats([2, 2], [1, 2, 3, 4]), b: floats([2], [-4, 0.5]) },
};
const graph = importBytes(buildModel(spec));

test("a graph written and read again is the same graph", () => {
  expect(importBytes(serializeGraph(graph))).toEqual(graph);
});

test("equal graphs give equal bytes", () => {
  expect(serializeGraph(graph)).toEqual(serializeGraph(importBytes(buildModel(spec))));
});

test.each([
  [17, 8],
  [18, 8],
  [19, 9],
  [21, 10],
  [23, 11],
  [25, 13],
])("operator set %i is written as IR %i", (opset, ir) => {
  const { proto } = parseOnnx(serializeGraph(buildGraph({ ...spec, opset })));
  expect(Number(proto.irVersion)).toBe(ir);
});

test("every kind of attribute survives", () => {
  const inner = buildGraph({ inputs: {}, outputs: ["r"], nodes: [["Neg", ["x"], ["r"]]] });
  const attributes = {
    int: -3,
    float: 0.5,
    string: "ü",
    ints: [1, -(2 ** 40)],
    floats: [0.5, 1],
    strings: { kind: "strings", value: ["a", ""] },
    tensor: floats([1], [1]),
    graph: inner,
  } as const;
  const odd = buildGraph({ ...spec, nodes: [["other:Odd", ["x"], ["y"], attributes]] });
  expect(importBytes(serializeGraph(odd)).nodes[0].attributes).toEqual(odd.nodes[0].attributes);
});

describe("a subgraph", () => {
  test("holds the nodes between, and the constants that they need", async () => {
    const part = subgraph(graph, ["h"], ["y"]);
    expect(part.nodes.map(({ op }) => op)).toEqual(["Add", "Relu"]);
    expect([...part.constants.keys()]).toEqual(["b"]);
    const result = await runGraph(part, { h: floats([1, 2], [5, -1]) });
    expect(result.get("y")).toEqual(floats([1, 2], [1, 0]));
  });

  test("is refused where an output depends on an input that is not handed in", () => {
    expect(() => subgraph(graph, ["b"], ["y"])).toThrow(/node "h" needs value "x"/);
  });
});
