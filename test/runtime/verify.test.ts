import { describe, expect, test } from "vitest";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Layer } from "../../compiler/ir/network.ts";
import { verify } from "../../runtime/verify.ts";
import { buildModel, floats, integers, type NodeSpec } from "../support/build-onnx.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { executor } from "../support/run-onnx.ts";

/** Two binary layers, 9 → 5 → 2; for one sample the second multiplies from the left, which fixes the batch. */
const model = (batch: "n" | 1) =>
  buildModel({
    inputs: { x: ["float32", [batch, 9]] },
    outputs: ["y"],
    constants: {
      half: floats([], [0.5]),
      one: floats([], [1]),
      minus: floats([], [-1]),
      w1: floats(
        [9, 5],
        Array.from({ length: 45 }, (_, k) => (k % 3 === 0 || k % 7 === 2 ? 1 : -1)),
      ),
      w2: floats(
        [2, 5],
        Array.from({ length: 10 }, (_, k) => (k % 2 === 0 ? 1 : -1)),
      ),
    },
    nodes: [
      ["Greater", ["x", "half"], ["p"]],
      ["Where", ["p", "one", "minus"], ["ink"]],
      ["MatMul", ["ink", "w1"], ["h"], {}, "fc1"],
      ["Sign", ["h"], ["a"]],
      ...(batch === 1 ? fromLeft : fromRight),
    ],
  });

const fromRight: readonly NodeSpec[] = [["Gemm", ["a", "w2"], ["y"], { transB: 1 }, "fc2"]];
const fromLeft: readonly NodeSpec[] = [
  ["Transpose", ["a"], ["t"], { perm: [1, 0] }],
  ["MatMul", ["w2", "t"], ["z"], {}, "fc2"],
  ["Transpose", ["z"], ["y"], { perm: [1, 0] }],
];

test("a float subgraph whose operators may round is said to differ only where it does", async () => {
  const bytes = buildModel({
    inputs: { x: ["float32", ["n", 3]] },
    outputs: ["y"],
    constants: { w: floats([3, 2], [1, -1, 1, 1, -1, 1]), axes: integers([1]) },
    nodes: [
      ["Sign", ["x"], ["a"]],
      ["MatMul", ["a", "w"], ["h"], {}, "fc"],
      ["ReduceSum", ["h", "axes"], ["y"]],
    ],
  });
  const { checks } = await verify(await compileTo2t2r(bytes), { executor });
  expect(checks[0].detail).toMatch(/on the quantized network: 0 differ$/);
});

/** The image with the first threshold of its first matrix moved. */
function moved(image: ProgrammingImage, by: number): ProgrammingImage {
  const layers = image.layers.map((layer): Layer => {
    if (layer.id !== "fc1" || layer.kind !== "matrix" || layer.requantize.kind !== "thresholds")
      return layer;
    const thresholds = layer.requantize.thresholds.map((t, k) => (k === 0 ? t + by : t));
    return { ...layer, requantize: { ...layer.requantize, thresholds } };
  });
  expect(layers).not.toEqual(image.layers);
  return { ...image, layers };
}

describe.each(["n", 1] as const)("a model of batch %s", (batch) => {
  test("its image equals an independent executor, and the model itself", async () => {
    const bytes = model(batch);
    const report = await verify(await compileTo2t2r(bytes), { executor, model: bytes });
    expect(report.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ["noise-free equality", true],
      ["activations", true],
      ["model", true],
    ]);
    expect(report.checks[2].detail).toContain("0 decisions and 0 of");
  });

  test("a threshold that is off by two sums is found", async () => {
    const report = await verify(moved(await compileTo2t2r(model(batch)), 2), { executor });
    expect(report.passed).toBe(false);
    expect(report.checks[0].detail).toMatch(
      /^256 samples, 512 outputs against .*: [1-9]\d* differ/,
    );
  });
});
