import { describe, expect, test } from "vitest";
import type { Layer, MatrixLayer, QuantizedNetwork } from "../../compiler/ir/network.ts";
import extractThresholds from "../../passes/extract-thresholds.ts";
import lower from "../../passes/lower.ts";
import type { NodeSpec } from "../support/build-onnx.ts";
import { buildModel, floats, integers } from "../support/build-onnx.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";

const NEVER = 2 ** 31 - 1;
const ALWAYS = -(2 ** 31);

const constants = {
  zero: floats([], [0]),
  one: floats([], [1]),
  minus: floats([], [-1]),
  half: floats([], [0.5]),
  w1: floats([4, 3], [1, 1, 1, 1, -1, 1, 1, 1, 1, 1, -1, 1]),
  w2: floats([3, 1], [1, -1, 1]),
  scale: floats([3], [2, -2, 0]),
  shift: floats([3], [1, 1, -1]),
  mean: floats([3], [0, 0, 0]),
  variance: floats([3], [1, 1, 1]),
  w14: floats([4, 4], [1, 1, 1, 1, -1, 1, 1, 1, 1, 1, -1, 1, 1, -1, 1, 1]),
  wt: floats([4, 3], [1, 1, 1, 0, 0, 0, -1, -1, -1, 0, 0, 0]),
  w24: floats([4, 1], [1, -1, 1, 1]),
  levels: floats([4], [-1, 0, 1, 2]),
  square: integers([-1, 2, 2]),
  flat: integers([-1, 4]),
};

/** Weights of the two matrices by the width between them, and with zeros. */
const matrices = {
  three: ["w1", "w2"],
  four: ["w14", "w24"],
  ternary: ["wt", "w2"],
} as const;

/** A network of two matrices, 4 → 3 or 4 → 1, with some nodes from the sums `h` to the codes between them. */
async function between(
  nodes: readonly NodeSpec[],
  outputs = ["y"],
  codes = "a",
  weights: keyof typeof matrices = "three",
): Promise<QuantizedNetwork> {
  const { context } = passContext();
  const model = buildModel({
    inputs: { x: ["float32", ["n", 4]] },
    outputs,
    constants,
    nodes: [
      ["Greater", ["x", "half"], ["lit"]],
      ["Where", ["lit", "one", "minus"], ["ink"]],
      ["MatMul", ["ink", matrices[weights][0]], ["h"], {}, "fc1"],
      ...nodes,
      ["MatMul", [codes, matrices[weights][1]], ["y"], {}, "fc2"],
    ],
  });
  const network = await extractThresholds.run(
    await lower.run(await preparedGraph(model), context),
    context,
  );
  if (!("weights" in network)) throw new Error("no network");
  return network;
}

const isMatrix = (layer: Layer): layer is MatrixLayer => layer.kind === "matrix";
const first = (network: QuantizedNetwork) => {
  const found = network.layers.find((layer) => layer.id === "fc1");
  if (!found || !isMatrix(found)) throw new Error("no fc1");
  return found;
};
const kinds = (network: QuantizedNetwork) =>
  network.layers.map((layer) => (layer.kind === "digital" ? layer.op : layer.kind));

const batchNorm: NodeSpec = [
  "BatchNormalization",
  ["h", "scale", "shift", "mean", "variance"],
  ["b"],
  { epsilon: { kind: "float", value: 0 } },
];

describe("extract-thresholds", () => {
  test("a sign at 0 or more: one threshold, in the matrix layer", async () => {
    const network = await between([
      ["GreaterOrEqual", ["h", "zero"], ["p"]],
      ["Where", ["p", "one", "minus"], ["a"]],
    ]);
    expect(kinds(network)).toEqual(["encode", "matrix", "matrix", "subgraph"]);
    expect(first(network).requantize).toEqual({
      kind: "thresholds",
      range: { minimum: -1, maximum: 1, step: 2 },
      thresholds: Int32Array.of(0, 0, 0),
      directions: Int8Array.of(1, 1, 1),
    });
  });

  test("a batch normalization: rising by a positive scale, falling by a negative one, constant by zero", async () => {
    // 2n + 1 ≥ 0 from n = 0 on (n = −½ is no sum); −2n + 1 ≥ 0 up to n = 0; −1 never
    const network = await between([
      batchNorm,
      ["GreaterOrEqual", ["b", "zero"], ["p"]],
      ["Where", ["p", "one", "minus"], ["a"]],
    ]);
    expect(first(network).requantize).toMatchObject({
      thresholds: Int32Array.of(0, 0, NEVER),
      directions: Int8Array.of(1, -1, 1),
    });
  });

  test("Sign with sums that can be 0 is ternary: ≥ 0 leaves −1, ≥ 1 reaches +1", async () => {
    const { requantize } = first(await between([["Sign", ["h"], ["a"]]]));
    expect(requantize).toMatchObject({
      range: { minimum: -1, maximum: 1, step: 1 },
      thresholds: Int32Array.of(0, 1, 0, 1, 0, 1),
    });
  });

  test("Sign of numbers that are never 0 is binary", async () => {
    const network = await between([
      ["Add", ["h", "half"], ["b"]],
      ["Sign", ["b"], ["a"]],
    ]);
    expect(first(network).requantize).toMatchObject({
      range: { minimum: -1, maximum: 1, step: 2 },
      thresholds: Int32Array.of(0, 0, 0),
    });
    const second = network.layers.find((layer) => layer.id === "fc2");
    expect(second).toMatchObject({ activations: { minimum: -1, maximum: 1, step: 2 } });
  });

  test("L2: a ternary activation of ±Δ after batch normalization has two thresholds an output", async () => {
    const network = await between([
      batchNorm,
      ["Greater", ["b", "one"], ["u"]],
      ["Less", ["b", "minus"], ["l"]],
      ["Cast", ["u"], ["up"], { to: 1 }],
      ["Cast", ["l"], ["down"], { to: 1 }],
      ["Sub", ["up", "down"], ["a"]],
    ]);
    // Δ = 1. 2n + 1 ≥ −1 from n = −1 on, > 1 from 1 on; −2n + 1 ≥ −1 up to n = 1, > 1 up to −1; −1 is always 0
    expect(first(network).requantize).toMatchObject({
      range: { minimum: -1, maximum: 1, step: 1 },
      thresholds: Int32Array.of(-1, 1, 1, -1, ALWAYS, NEVER),
      directions: Int8Array.of(1, -1, 1),
    });
  });

  test("codes in another order than the sums are permuted after the thresholds", async () => {
    const network = await between(
      [
        ["GreaterOrEqual", ["h", "levels"], ["p"]],
        ["Where", ["p", "one", "minus"], ["c"]],
        ["Reshape", ["c", "square"], ["q"]],
        ["Transpose", ["q"], ["r"], { perm: [0, 2, 1] }],
        ["Reshape", ["r", "flat"], ["a"]],
      ],
      ["y"],
      "a",
      "four",
    );
    expect(kinds(network)).toEqual(["encode", "matrix", "permute", "matrix", "subgraph"]);
    // thresholds in the order of the sums; [0 1 / 2 3] read by columns
    expect(first(network).requantize).toMatchObject({ thresholds: Int32Array.of(-1, 0, 1, 2) });
    expect(network.layers[2]).toMatchObject({ order: Int32Array.of(0, 2, 1, 3) });
  });

  test("a chain that is not monotone is a table", async () => {
    const network = await between([
      ["Abs", ["h"], ["m"]],
      ["Greater", ["m", "one"], ["p"]],
      ["Where", ["p", "one", "minus"], ["a"]],
    ]);
    // |n| > 1 for n = −4 … 4
    const row = [1, 1, 1, -1, -1, -1, 1, 1, 1];
    expect(first(network).requantize).toMatchObject({
      kind: "table",
      minimum: -4,
      maximum: 4,
      codes: Int16Array.from([...row, ...row, ...row]),
    });
  });

  test("a table holds the sums of misread weights too: a stored 0 may be read as ±1", async () => {
    const network = await between(
      [
        ["Abs", ["h"], ["m"]],
        ["Greater", ["m", "one"], ["p"]],
        ["Where", ["p", "one", "minus"], ["a"]],
      ],
      ["y"],
      "a",
      "ternary",
    );
    // the stored weights 1, 0, −1, 0 give |n| ≤ 2, four ternary weights |n| ≤ 4
    expect(first(network).requantize).toMatchObject({ kind: "table", minimum: -4, maximum: 4 });
  });

  test("sums that others read too keep their buffer, and digital logic takes the thresholds", async () => {
    const network = await between(
      [
        ["Sign", ["h"], ["a"]],
        ["Add", ["h", "one"], ["z"]],
      ],
      ["y", "z"],
    );
    expect(kinds(network)).toEqual(["encode", "matrix", "requantize", "matrix", "subgraph"]);
    expect(first(network).requantize).toEqual({ kind: "sum" });
  });

  test("an activation that is an output of the network is one still", async () => {
    const network = await between([["Sign", ["h"], ["a"]]], ["y", "a"]);
    expect(network.outputs.map((output) => output.name)).toEqual(["y", "a"]);
    for (const { buffer } of network.outputs) expect(network.buffers.has(buffer)).toBe(true);
  });

  test("a chain that mixes sums stays a subgraph", async () => {
    const network = await between([
      ["Softmax", ["h"], ["s"]],
      ["Greater", ["s", "half"], ["p"]],
      ["Where", ["p", "one", "minus"], ["a"]],
    ]);
    expect(kinds(network)).toEqual([
      "encode",
      "matrix",
      "subgraph",
      "encode",
      "matrix",
      "subgraph",
    ]);
  });

  test("a constant activation is always or never", async () => {
    const network = await between([
      ["Mul", ["h", "zero"], ["m"]],
      ["GreaterOrEqual", ["m", "zero"], ["p"]],
      ["Where", ["p", "one", "minus"], ["a"]],
    ]);
    expect(first(network).requantize).toMatchObject({
      thresholds: Int32Array.of(ALWAYS, ALWAYS, ALWAYS),
    });
  });
});
