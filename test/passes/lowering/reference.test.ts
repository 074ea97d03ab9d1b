import { describe, expect, test } from "vitest";
import { evaluateNetwork, filledReference } from "../../../compiler/evaluate.ts";
import type { QuantizedNetwork } from "../../../compiler/ir/network.ts";
import { toNumbers } from "../../../compiler/ir/tensor.ts";
import lower from "../../../passes/lower.ts";
import type { ModelSpec } from "../../support/build-onnx.ts";
import { buildModel, floats, of } from "../../support/build-onnx.ts";
import { passContext, preparedGraph } from "../../support/pass-context.ts";
import { executor, runGraph } from "../../support/run-onnx.ts";

async function lowered(spec: ModelSpec): Promise<QuantizedNetwork> {
  const network = await lower.run(await preparedGraph(buildModel(spec)), passContext().context);
  if (!("weights" in network)) throw new Error("no network");
  return network;
}

/** The reference's own answer for one sample. */
async function answer(network: QuantizedNetwork, x: readonly number[]) {
  const graph = filledReference(network.reference, network.referenceWeights, network.weights);
  const type = network.inputs[0].type;
  return [
    ...toNumbers(
      (await runGraph(graph, { x: of(type, [1, x.length], x) })).get("y") ?? floats([0], []),
    ),
  ];
}

const bytes: ModelSpec["inputs"] = { x: ["uint8", ["n", 2]] };
const asFloat = ["Cast", ["x"], ["f"], { to: 1 }] as const;

describe("the reference graph", () => {
  test("is the integer sum, then its scale rounded once: 3·fround(0.1), not three roundings", async () => {
    const s = Math.fround(0.1);
    const network = await lowered({
      inputs: { x: ["uint8", ["n", 3]] },
      outputs: ["y"],
      constants: { w: floats([3, 1], [s, s, s]) },
      nodes: [asFloat, ["MatMul", ["f", "w"], ["y"]]],
    });
    expect(await answer(network, [7, 11, 13])).toEqual([Math.fround(31 * s)]);
  });

  test("multiplies the scales of weights, activations and alpha once, before the sum", async () => {
    const network = await lowered({
      inputs: bytes,
      outputs: ["y"],
      constants: { half: floats([], [0.5]), w: floats([2, 1], [0.25, -0.25]) },
      nodes: [
        asFloat,
        ["Mul", ["f", "half"], ["h"]],
        ["Gemm", ["h", "w"], ["y"], { alpha: { kind: "float", value: 3 } }],
      ],
    });
    // 3 · ½ · ¼ · (9 − 4)
    expect(network.layers.find((layer) => layer.kind === "matrix")?.scale).toEqual(
      Float32Array.of(0.375),
    );
    expect(await answer(network, [9, 4])).toEqual([1.875]);
  });

  test("adds what an offset of the activations gives: offset · Σw", async () => {
    const network = await lowered({
      inputs: bytes,
      outputs: ["y"],
      constants: { shift: floats([], [0.3]), w: floats([2, 2], [1, 1, 1, -1]) },
      nodes: [asFloat, ["Add", ["f", "shift"], ["h"]], ["MatMul", ["h", "w"], ["y"]]],
    });
    // Σw = 2 and 0
    expect(await answer(network, [5, 2])).toEqual([
      Math.fround(7 + Math.fround(2 * Math.fround(0.3))),
      3,
    ]);
  });

  test("takes beta into the bias: 3 − 2·bias", async () => {
    const network = await lowered({
      inputs: bytes,
      outputs: ["y"],
      constants: { w: floats([2, 1], [1, -1]), c: floats([1], [10]) },
      nodes: [asFloat, ["Gemm", ["f", "w", "c"], ["y"], { beta: { kind: "float", value: -2 } }]],
    });
    expect(await answer(network, [5, 2])).toEqual([3 - 20]);
  });

  test("goes through float64 where a sum may reach 2^24, so that 2^24 + 1 is not lost", async () => {
    const inputs = 65_794; // 255 · 65,794 = 2^24 + 254
    const w = new Array<number>(inputs).fill(1);
    const network = await lowered({
      inputs: { x: ["uint8", ["n", inputs]] },
      outputs: ["y"],
      constants: { w: floats([inputs, 1], w), big: floats([], [-(2 ** 24)]) },
      nodes: [asFloat, ["MatMul", ["f", "w"], ["m"]], ["Add", ["m", "big"], ["y"]]],
    });
    const layer = network.layers.find((other) => other.kind === "matrix");
    expect(layer && network.buffers.get(layer.to)).toMatchObject({
      kind: "sums",
      bound: 255 * inputs,
    });
    const x = new Array<number>(inputs).fill(255);
    x[0] = 2; // 2^24 + 254 − 253 = 2^24 + 1, half way between two floats: rounded to even once
    expect(await answer(network, x)).toEqual([0]);
    x[0] = 4; // 2^24 + 3: to 2^24 + 4
    expect(await answer(network, x)).toEqual([4]);
    const plain = await evaluateNetwork(
      network,
      executor,
      new Map([["x", of("uint8", [1, inputs], x)]]),
    );
    expect([...(plain.get("y")?.data ?? [])]).toEqual([4]);
  });

  test("shares one quantization between all matrices that read a value", async () => {
    const network = await lowered({
      inputs: bytes,
      outputs: ["y", "z"],
      constants: { w: floats([2, 1], [1, -1]), v: floats([2, 1], [1, 1]) },
      nodes: [asFloat, ["MatMul", ["f", "w"], ["y"]], ["MatMul", ["f", "v"], ["z"]]],
    });
    expect(
      network.layers.filter((layer) => layer.kind === "digital" && layer.op === "encode"),
    ).toHaveLength(1);
  });
});

describe("what cannot be put on cells is refused by name", () => {
  const refused = (nodes: ModelSpec["nodes"], w: readonly number[]) =>
    lowered({
      inputs: { x: ["float32", ["n", 2]] },
      outputs: ["y"],
      constants: { w: floats([2, 2], w) },
      nodes,
    });
  test("float weights", async () => {
    await expect(
      refused(
        [
          ["Sign", ["x"], ["s"]],
          ["MatMul", ["s", "w"], ["y"], {}, "fc"],
        ],
        [0.1, 0.7123, 0.3317, 0.9171],
      ),
    ).rejects.toThrow(
      /layer fc: needs quantized weights, found floats; use --precision binary or --precision ternary/,
    );
  });
  test("float activations", async () => {
    await expect(refused([["MatMul", ["x", "w"], ["y"], {}, "fc"]], [1, -1, 1, 1])).rejects.toThrow(
      /layer fc: needs quantized activations, found floats in x/,
    );
  });
  test("a model without a matrix", async () => {
    await expect(refused([["Relu", ["x"], ["y"]]], [1, 1, 1, 1])).rejects.toThrow(
      /needs at least one Conv, Gemm or MatMul with constant weights/,
    );
  });
});
