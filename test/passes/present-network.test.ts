import { describe, expect, test } from "vitest";
import { evaluateGraph } from "../../compiler/evaluate.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { presentNetwork } from "../../passes/lowering/present-network.ts";
import { run } from "../../runtime/run.ts";
import { verify } from "../../runtime/verify.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { preparedGraph } from "../support/pass-context.ts";
import { executor } from "../support/run-onnx.ts";

/** Three inputs, two hidden bits, two output bits; weights of ±1. */
const model = buildModel({
  inputs: { x: ["float32", ["n", 3]] },
  outputs: ["y"],
  constants: {
    zero: floats([], [0]),
    w1: floats([3, 2], [1, 1, 1, -1, -1, 1]),
    w2: floats([2, 2], [1, -1, -1, 1]),
  },
  nodes: [
    ["MatMul", ["x", "w1"], ["a"], {}, "fc1"],
    ["Greater", ["a", "zero"], ["fires"]],
    ["Cast", ["fires"], ["h"], { to: 1 }],
    ["MatMul", ["h", "w2"], ["b"], {}, "fc2"],
    ["Greater", ["b", "zero"], ["wins"]],
    ["Cast", ["wins"], ["y"], { to: 1 }],
  ],
});

/** The network on one presentation, by hand. */
function outputBits([a, b, c]: readonly number[]): readonly number[] {
  const h = [a + b - c, a - b + c].map((sum) => (sum > 0 ? 1 : 0));
  return [h[0] - h[1], h[1] - h[0]].map((sum) => (sum > 0 ? 1 : 0));
}

describe("presentations through the whole network", () => {
  test("sum the output bits of each, in the reference graph", async () => {
    const graph = presentNetwork(await preparedGraph(model), "x", 4);
    const bits = [
      [1, 0, 0],
      [1, 1, 0],
      [1, 0, 1],
      [0, 1, 0],
    ];
    const feed = tensor("bool", [1, 4, 3], Uint8Array.from(bits.flat()));
    const answer = await evaluateGraph(graph, executor, new Map([["x/bits", feed]]));
    const expected = bits
      .map(outputBits)
      .reduce((sum, one) => sum.map((x, k) => x + one[k]), [0, 0]);
    const y = answer.get("y");
    expect([y?.shape, y && [...toNumbers(y)]]).toEqual([[1, 2], expected]);
  });

  test("run bit for bit as onnxruntime does, by the seed and the sample alone", async () => {
    const image = await compile(model, {
      target: "2t2r",
      executor,
      inputEncoding: "stochastic:32:outputs",
    });
    const x = floats(
      [6, 3],
      Array.from({ length: 18 }, (_, k) => (k % 7) / 7),
    );
    const report = await verify(image, { data: x, executor });
    expect(report.checks.map(({ passed, detail }) => [passed, detail])[0][0]).toBe(true);
    const once = await run(image, x, { executor });
    const again = await run(image, x, { executor, batch: 4, threads: 2 });
    expect(again.outputs).toEqual(once.outputs);
    const other = await run(image, x, { executor, seed: 9 });
    expect(other.outputs).not.toEqual(once.outputs);
    const most = Math.max(...toNumbers(once.outputs.get("y") ?? x));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(32);
    expect(image.costs[0].clocks).toBe(32 * image.placements[0].clocks);
  });

  test("refuse operators that would mix them, and inputs that are no vector", async () => {
    const mixing = buildModel({
      inputs: { x: ["float32", ["n", 3]] },
      outputs: ["y"],
      constants: { w1: floats([3, 2], [1, 1, 1, -1, -1, 1]) },
      nodes: [["Gemm", ["x", "w1"], ["y"], {}, "fc1"]],
    });
    const graph = await preparedGraph(mixing);
    expect(() => presentNetwork(graph, "x", 4)).toThrow(/node fc1: .*found Gemm/);
  });
});
