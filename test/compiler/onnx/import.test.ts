import { describe, expect, test } from "vitest";
import type { Graph } from "../../../compiler/ir/graph.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { dataTypes } from "../../../compiler/onnx/element-type.ts";
import type { FunctionProto, TensorProto } from "../../../compiler/onnx/proto.ts";
import { fromNumber } from "../../../compiler/onnx/proto.ts";
import { writeGraph } from "../../../compiler/onnx/write-graph.ts";
import type { ModelSpec } from "../../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers, of } from "../../support/build-onnx.ts";
import { importBytes, runGraph } from "../../support/run-onnx.ts";

const importSpec = (spec: ModelSpec): Graph => importBytes(buildModel(spec));
const x: ModelSpec["inputs"] = { x: ["float32", ["batch", 4]] };

describe("an initializer is read in every storage form", () => {
  const stored = (proto: Omit<TensorProto, "name">): Tensor => {
    const change: ModelSpec["change"] = (model) => ({
      ...model,
      graph: { ...model.graph, initializer: [{ ...proto, name: "c" }], output: [{ name: "c" }] },
    });
    const found = importSpec({ inputs: {}, outputs: ["c"], nodes: [], change }).constants.get("c");
    if (!found) throw new Error("no constant");
    return found;
  };
  const dims = [fromNumber(2)];
  const longs = [fromNumber(-1), fromNumber(3)];
  test.each<[string, Omit<TensorProto, "name">, string, readonly (number | bigint)[]]>([
    ["float_data", { dataType: 1, dims, floatData: [1.5, -2] }, "float32", [1.5, -2]],
    ["double_data", { dataType: 11, dims, doubleData: [1.5, -2] }, "float64", [1.5, -2]],
    ["int32_data as int8", { dataType: 3, dims, int32Data: [-3, 7] }, "int8", [-3, 7]],
    ["int32_data as bool", { dataType: 9, dims, int32Data: [1, 0] }, "bool", [1, 0]],
    [
      "int32_data as float16",
      { dataType: 10, dims, int32Data: [0x3c00, 0xc000] },
      "float32",
      [1, -2],
    ],
    [
      "int32_data as bfloat16",
      { dataType: 16, dims, int32Data: [0x3f80, 0xc000] },
      "float32",
      [1, -2],
    ],
    ["int64_data", { dataType: 7, dims, int64Data: longs }, "int64", [-1n, 3n]],
    [
      "uint64_data as uint32",
      { dataType: 12, dims, uint64Data: [fromNumber(5), fromNumber(6)] },
      "uint32",
      [5, 6],
    ],
    [
      "raw_data",
      { dataType: 1, dims, rawData: new Uint8Array(Float32Array.of(1.5, -2).buffer) },
      "float32",
      [1.5, -2],
    ],
    ["raw int4", { dataType: 22, dims, rawData: Uint8Array.of(0x7f) }, "int8", [-1, 7]],
    ["raw uint4", { dataType: 21, dims, rawData: Uint8Array.of(0x7f) }, "uint8", [15, 7]],
    ["raw int2", { dataType: 26, dims, rawData: Uint8Array.of(0b0110) }, "int8", [-2, 1]],
    ["raw uint2", { dataType: 25, dims, rawData: Uint8Array.of(0b0110) }, "uint8", [2, 1]],
    ["int32_data as uint4", { dataType: 21, dims, int32Data: [0x7f] }, "uint8", [15, 7]],
  ])("%s", (_, proto, type, values) => {
    const found = stored(proto);
    expect(found.type).toBe(type);
    expect(Array.from<number | bigint>(found.data)).toEqual(values);
  });

  test.each<[string, Omit<TensorProto, "name">, RegExp]>([
    [
      "too few elements",
      { dataType: 1, dims, floatData: [1] },
      /initializer "c": needs 2 elements, found 1/,
    ],
    [
      "too few bytes",
      { dataType: 1, dims, rawData: new Uint8Array(7) },
      /needs 8 bytes for float32\[2\], found 7/,
    ],
    [
      "absurd dimensions",
      { dataType: 1, dims: [fromNumber(2 ** 40), fromNumber(2 ** 40)] },
      /fewer than 2\^53 elements/,
    ],
    [
      "more elements than any memory",
      { dataType: 1, dims: [fromNumber(2 ** 40)] },
      /needs 1099511627776 elements, found 0/,
    ],
    ["a negative dimension", { dataType: 1, dims: [fromNumber(-2)] }, /dimensions of at least 0/],
    ["text", { dataType: 8, dims, stringData: [] }, /found string/],
    ["float8", { dataType: 17, dims, rawData: new Uint8Array(2) }, /found float8e4m3fn/],
  ])("%s is refused", (_, proto, message) => {
    expect(() => stored(proto)).toThrow(message);
  });
});

test("a tensor of a type without use is no obstacle where nothing reads it", () => {
  const change: ModelSpec["change"] = (model) => ({
    ...model,
    graph: {
      ...model.graph,
      initializer: [{ name: "unused", dataType: dataTypes.string, dims: [fromNumber(1)] }],
    },
  });
  expect(
    importSpec({ inputs: x, outputs: ["y"], nodes: [["Relu", ["x"], ["y"]]], change }).constants
      .size,
  ).toBe(0);
});

test.each([
  ["value", { value: floats([2], [1, 2]) }, "float32", [1, 2]],
  ["value_float", { value_float: { kind: "float", value: 3 } }, "float32", [3]],
  ["value_floats", { value_floats: { kind: "floats", value: [3, 4] } }, "float32", [3, 4]],
  ["value_int", { value_int: 3 }, "int64", [3n]],
  ["value_ints", { value_ints: [3, 4] }, "int64", [3n, 4n]],
] as const)("a Constant node with %s becomes a constant", (_, attributes, type, values) => {
  const graph = importSpec({
    inputs: {},
    outputs: ["c"],
    nodes: [["Constant", [], ["c"], attributes]],
  });
  expect(graph.nodes).toEqual([]);
  expect(graph.constants.get("c")?.type).toBe(type);
  expect(Array.from<number | bigint>(graph.constants.get("c")?.data ?? [])).toEqual(values);
});

test("an input that is an initializer as well (IR 3) is a constant", () => {
  const change: ModelSpec["change"] = (model) => ({
    ...model,
    graph: { ...model.graph, input: [...(model.graph.input ?? []), { name: "w" }] },
  });
  const graph = importSpec({
    inputs: x,
    outputs: ["y"],
    nodes: [["Mul", ["x", "w"], ["y"]]],
    constants: { w: floats([], [2]) },
    ir: 3,
    change,
  });
  expect(graph.inputs).toEqual(["x"]);
  expect(graph.constants.has("w")).toBe(true);
});

describe("order and names", () => {
  test("nodes come in topological order, whatever the file's order", () => {
    const nodes: ModelSpec["nodes"] = [
      ["Relu", ["b"], ["y"]],
      ["Neg", ["a"], ["b"]],
      ["Abs", ["x"], ["a"]],
    ];
    expect(importSpec({ inputs: x, outputs: ["y"], nodes }).nodes.map(({ op }) => op)).toEqual([
      "Abs",
      "Neg",
      "Relu",
    ]);
  });

  test("a chain of 20 000 nodes is no problem", () => {
    const length = 20_000;
    const nodes = Array.from({ length }, (_, i): ModelSpec["nodes"][number] => [
      "Relu",
      [i === 0 ? "x" : `v${i - 1}`],
      [`v${i}`],
    ]).reverse();
    const graph = importSpec({ inputs: x, outputs: [`v${length - 1}`], nodes });
    expect(graph.nodes.length).toBe(length);
    expect(graph.values.get(`v${length - 1}`)?.shape).toEqual(["batch", 4]);
  });

  test("a repeated name gets #2, #3; a missing one is the first output", () => {
    const nodes: ModelSpec["nodes"] = [
      ["Relu", ["x"], ["a"], {}, "n"],
      ["Relu", ["a"], ["b"], {}, "n"],
      ["Relu", ["b"], ["c"], {}, "n#2"],
      ["Relu", ["c"], ["y"], {}, ""],
    ];
    expect(importSpec({ inputs: x, outputs: ["y"], nodes }).nodes.map(({ name }) => name)).toEqual([
      "n",
      "n#3",
      "n#2",
      "y",
    ]);
  });

  test.each<[string, ModelSpec["nodes"], RegExp]>([
    [
      "a cycle",
      [
        ["Add", ["x", "b"], ["a"], {}, "first"],
        ["Relu", ["a"], ["b"], {}, "second"],
        ["Neg", ["b"], ["y"], {}, "after"],
      ],
      /through "first", "second";/,
    ],
    [
      "a value that nothing makes",
      [["Relu", ["nowhere"], ["y"], {}, "n"]],
      /node "n" \(Relu\): needs a value "nowhere"/,
    ],
    [
      "a value made twice",
      [
        ["Relu", ["x"], ["y"], {}, "n"],
        ["Neg", ["x"], ["y"], {}, "m"],
      ],
      /"y": needs one definition, found node "n" and node "m"/,
    ],
    ["an output that nothing makes", [["Relu", ["x"], ["z"]]], /output "y"/],
  ])("%s is refused", (_, nodes, message) => {
    expect(() => importSpec({ inputs: x, outputs: ["y"], nodes })).toThrow(message);
  });
});

describe("what inference does not need falls away", () => {
  test("nodes that no output needs, Identity, Dropout", () => {
    const nodes: ModelSpec["nodes"] = [
      ["Identity", ["x"], ["i"]],
      ["Dropout", ["i"], ["d", "mask"]],
      ["Relu", ["d"], ["r"]],
      ["Neg", ["x"], ["unused"]],
      ["Identity", ["r"], ["y"]],
    ];
    const graph = importSpec({ inputs: x, outputs: ["y"], nodes });
    expect(graph.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual([
      ["Relu", ["x"], ["y"]],
    ]);
  });

  test("an output that is an input keeps its Identity", () => {
    const graph = importSpec({
      inputs: x,
      outputs: ["y", "z"],
      nodes: [
        ["Identity", ["x"], ["y"]],
        ["Identity", ["x"], ["z"]],
      ],
    });
    expect(graph.nodes.length).toBe(2);
  });

  test("BatchNormalization in training mode is taken as in inference, with a warning", () => {
    const one = floats([4], [1, 1, 1, 1]);
    const nodes: ModelSpec["nodes"] = [
      [
        "BatchNormalization",
        ["x", "s", "b", "m", "v"],
        ["y", "rm", "rv"],
        { training_mode: 1 },
        "bn",
      ],
    ];
    const graph = importSpec({
      inputs: x,
      outputs: ["y"],
      nodes,
      constants: { s: one, b: one, m: one, v: one },
    });
    expect(graph.nodes[0].outputs).toEqual(["y"]);
    expect(graph.nodes[0].attributes.has("training_mode")).toBe(false);
    expect(graph.warnings.join()).toContain('node "bn" (BatchNormalization) is in training mode');
  });
});

describe("float16", () => {
  test("is computed in float32, with a warning", async () => {
    const nodes: ModelSpec["nodes"] = [
      ["Mul", ["x", "w"], ["h"]],
      ["Cast", ["h"], ["f"], { to: dataTypes.float32 }],
      ["Cast", ["f"], ["y"], { to: dataTypes.float16 }],
    ];
    const graph = importSpec({
      inputs: { x: ["float16", [2]] },
      outputs: ["y"],
      nodes,
      constants: { w: of("float16", [], [0x4000]) },
    });
    expect(graph.warnings).toEqual(["model: float16 is computed in float32"]);
    const result = await runGraph(graph, { x: floats([2], [1, 3]) });
    expect(result.get("y")).toEqual(floats([2], [2, 6]));
  });
});

describe("types narrower than a byte", () => {
  test("quantizing to int4 saturates at -8 and 7", async () => {
    const change: ModelSpec["change"] = (model) => ({
      ...model,
      graph: {
        ...model.graph,
        initializer: [
          ...(model.graph.initializer ?? []),
          { name: "zero", dataType: dataTypes.int4, dims: [], rawData: Uint8Array.of(0) },
        ],
      },
    });
    const nodes: ModelSpec["nodes"] = [
      ["QuantizeLinear", ["x", "s", "zero"], ["q"]],
      ["DequantizeLinear", ["q", "s", "zero"], ["y"]],
    ];
    const graph = importSpec({
      inputs: x,
      outputs: ["y"],
      nodes,
      constants: { s: floats([], [0.5]) },
      opset: 21,
      ir: 10,
      change,
    });
    const result = await runGraph(graph, { x: floats([1, 4], [100, -100, 1, -0.6]) });
    expect(result.get("y")).toEqual(floats([1, 4], [3.5, -4, 1, -0.5]));
  });
});

describe("model-local functions", () => {
  const body = (
    name: string,
    nodes: ModelSpec["nodes"],
    extra: Partial<FunctionProto> = {},
  ): FunctionProto => ({
    name,
    domain: "local",
    input: ["a"],
    output: ["b"],
    opsetImport: [
      { domain: "", version: fromNumber(17) },
      { domain: "local", version: fromNumber(1) },
    ],
    node: writeGraph(buildGraph({ inputs: {}, outputs: [], nodes })).node ?? null,
    ...extra,
  });
  const withFunctions = (functions: FunctionProto[], nodes: ModelSpec["nodes"]): Graph =>
    importSpec({ inputs: x, outputs: ["y"], nodes, change: (model) => ({ ...model, functions }) });

  test("are inlined, also calls of calls, with inner names kept apart", async () => {
    const twice = body("Twice", [["Add", ["a", "a"], ["b"]]]);
    const plusRelu = body("F", [
      ["local:Twice", ["a"], ["h"]],
      ["Relu", ["h"], ["b"]],
    ]);
    const graph = withFunctions(
      [twice, plusRelu],
      [
        ["local:F", ["x"], ["m"]],
        ["local:F", ["m"], ["y"]],
      ],
    );
    expect(graph.nodes.map(({ op }) => op)).toEqual(["Add", "Relu", "Add", "Relu"]);
    const result = await runGraph(graph, { x: floats([1, 4], [1, -1, 2, 0]) });
    expect(result.get("y")).toEqual(floats([1, 4], [4, 0, 8, 0]));
  });

  test("take attributes from the call, else their defaults", () => {
    const node = [
      {
        opType: "LeakyRelu",
        name: "l",
        input: ["a"],
        output: ["b"],
        attribute: [{ name: "alpha", refAttrName: "slope", type: 1 }],
      },
    ];
    const leaky = body("Leaky", [], {
      node,
      attributeProto: [{ name: "slope", type: 1, f: 0.25 }],
    });
    const slope = { slope: { kind: "float", value: 0.5 } } as const;
    const graph = withFunctions(
      [leaky],
      [
        ["local:Leaky", ["x"], ["m"]],
        ["local:Leaky", ["m"], ["y"], slope],
      ],
    );
    expect(graph.nodes.map(({ attributes }) => attributes.get("alpha")?.value)).toEqual([
      0.25, 0.5,
    ]);
  });

  test("that call themselves are refused", () => {
    const loop = body("F", [["local:F", ["a"], ["b"]]]);
    expect(() => withFunctions([loop], [["local:F", ["x"], ["y"]]])).toThrow(
      /does not call itself, found F -> F/,
    );
  });

  test("that grow without end are refused", () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      body(
        `F${level}`,
        Array.from({ length: 10 }, (_, i): ModelSpec["nodes"][number] => [
          level === 0 ? "Relu" : `local:F${level - 1}`,
          [i === 0 ? "a" : `v${i}`],
          [i === 9 ? "b" : `v${i + 1}`],
        ]),
      ),
    );
    expect(() => withFunctions(levels, [["local:F11", ["x"], ["y"]]])).toThrow(
      /at most 50000 nodes/,
    );
  });
});

describe("inner graphs", () => {
  const inner = (op: string): Graph =>
    buildGraph({ inputs: {}, outputs: ["r"], nodes: [[op, ["h"], ["r"]]] });
  const branches = (): ModelSpec => ({
    inputs: { ...x, c: ["bool", []] },
    outputs: ["y"],
    nodes: [
      ["Identity", ["x"], ["h"]],
      ["If", ["c"], ["y"], { then_branch: inner("Neg"), else_branch: inner("Abs") }, "if"],
    ],
  });

  test("stay, with the values that they capture", async () => {
    const graph = importSpec(branches());
    const feeds = { x: floats([1, 4], [1, -1, 2, 0]), c: of("bool", [], [0]) };
    expect((await runGraph(graph, feeds)).get("y")).toEqual(floats([1, 4], [1, 1, 2, 0]));
  });

  test("are brought to operator set 17 as well", async () => {
    const pad = buildGraph({
      inputs: {},
      outputs: ["r"],
      nodes: [["Pad", ["h"], ["r"], { pads: [0, 1, 0, 0], value: { kind: "float", value: 9 } }]],
    });
    const spec = branches();
    const nodes: ModelSpec["nodes"] = [
      spec.nodes[0],
      ["If", ["c"], ["y"], { then_branch: pad, else_branch: inner("Abs") }, "if"],
    ];
    const graph = importSpec({ ...spec, nodes, opset: 9 });
    const feeds = { x: floats([1, 4], [1, -1, 2, 0]), c: of("bool", [], [1]) };
    expect((await runGraph(graph, feeds)).get("y")).toEqual(floats([1, 5], [9, 1, -1, 2, 0]));
  });
});

describe("shapes", () => {
  test("a named batch stays named through a chain that computes the target of a Reshape", () => {
    const nodes: ModelSpec["nodes"] = [
      ["Shape", ["x"], ["s"]],
      ["Gather", ["s", "zero"], ["n"]],
      ["Unsqueeze", ["n", "axes"], ["n1"]],
      ["Concat", ["n1", "rest"], ["target"], { axis: 0 }],
      ["Reshape", ["x", "target"], ["y"]],
    ];
    const constants = { zero: of("int64", [], [0]), axes: integers([0]), rest: integers([-1]) };
    const graph = importSpec({
      inputs: { x: ["float32", ["batch", 3, 5]] },
      outputs: ["y"],
      nodes,
      constants,
    });
    expect(graph.values.get("y")?.shape).toEqual(["batch", 15]);
  });

  test.each([2 ** 31, 2 ** 63])("a Slice to %i - 1 keeps a named axis whole", (end) => {
    const constants = { from: integers([0]), to: of("int64", [1], [0]), axes: integers([0]) };
    constants.to.data[0] = BigInt.asIntN(64, BigInt(end) - 1n);
    const graph = importSpec({
      inputs: x,
      outputs: ["y"],
      nodes: [["Slice", ["x", "from", "to", "axes"], ["y"]]],
      constants,
    });
    expect(graph.values.get("y")?.shape).toEqual(["batch", 4]);
  });

  test("an unknown dimension of an input gets a name of its own", () => {
    const graph = importSpec({
      inputs: { x: ["float32", [null, 4]] },
      outputs: ["y"],
      nodes: [["Relu", ["x"], ["y"]]],
    });
    expect(graph.values.get("y")?.shape).toEqual(["x.0", 4]);
  });

  test("shapes that contradict each other are refused with the node's name", () => {
    const nodes: ModelSpec["nodes"] = [["MatMul", ["x", "w"], ["y"], {}, "dense"]];
    expect(() =>
      importSpec({ inputs: x, outputs: ["y"], nodes, constants: { w: floats([3, 1], [1, 2, 3]) } }),
    ).toThrow(/node "dense" \(MatMul\).*\[batch, 4\] and \[3, 1\]/);
  });
});

test("a node of an unknown domain stays; the refusal is whoever's must run it", () => {
  const graph = importSpec({ inputs: x, outputs: ["y"], nodes: [["somewhere:Odd", ["x"], ["y"]]] });
  expect(graph.nodes[0].domain).toBe("somewhere");
  expect(graph.values.has("y")).toBe(false);
});

test.each([
  ["QLinearMatMul", 8],
  ["MatMulInteger", 2],
])("%s without all its inputs is refused by its name", (op, count) => {
  const model = buildModel({
    inputs: { x: ["uint8", ["n", 2]] },
    outputs: ["y"],
    constants: {},
    nodes: [[op, ["x"], ["y"], {}, "odd"]],
  });
  expect(() => importBytes(model)).toThrow(
    `node "odd" (${op}): needs ${count} inputs, found 1; export the model again`,
  );
});
