import { describe, expect, test } from "vitest";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { exportOnnx, run, verify } from "../../index.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const w = floats([3, 2], [1, -1, -1, -1, 1, 1]);
const bytes = (shape: readonly number[], first: number): Tensor => ({
  type: "uint8",
  shape,
  data: Uint8Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, k) => (first + 37 * k) % 256,
  ),
});

const modelOf = (shape: readonly number[], output: readonly number[]) =>
  buildModel({
    inputs: { x: ["uint8", shape] },
    outputs: { y: ["float32", output] },
    nodes: [
      ["Cast", ["x"], ["f"], { to: 1 }],
      ["MatMul", ["f", "w"], ["sum"], {}, "fc"],
      ["Sign", ["sum"], ["s"]],
      ["MatMul", ["s", "v"], ["y"], {}, "out"],
    ],
    constants: { w, v: floats([2, 2], [1, 1, -1, 1]) },
  });

/** Inputs of any rank whose first dimension is a size of the sample, not a number of samples. */
const cases = [
  { shape: [3], output: [2] },
  { shape: [4, 3], output: [4, 2] },
  { shape: [2, 5, 3], output: [2, 5, 2] },
] as const;

describe("a network whose inputs have no batch", () => {
  test.each(cases)(
    "$shape: a run is the exported network's, also of several samples",
    async ({ shape, output }) => {
      const image = await compileTo2t2r(modelOf(shape, output));
      expect(image.inputs.map(({ shape: own, batched }) => [own, batched])).toEqual([
        [shape, false],
      ]);
      const exported = await exportOnnx(image);
      const samples = [bytes(shape, 3), bytes(shape, 90)];
      const answers = [];
      for (const x of samples) {
        const { outputs } = await run(image, x);
        expect(numbersOf(outputs)).toEqual(numbersOf(await runBytes(exported, { x })));
        answers.push(...numbersOf(outputs).y);
      }
      const both: Tensor = {
        type: "uint8",
        shape: [2, ...shape],
        data: Uint8Array.from(samples.flatMap(({ data }) => [...data].map(Number))),
      };
      const { outputs } = await run(image, both);
      expect(outputs.get("y")?.shape).toEqual([2, ...output]);
      expect(numbersOf(outputs).y).toEqual(answers);
    },
  );

  test("verify compares it with the model", async () => {
    const model = modelOf([4, 3], [4, 2]);
    const image = await compileTo2t2r(model);
    const report = await verify(image, { model, executor });
    expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
  });

  test("a 1 that stands in front of inputs alone is no batch", async () => {
    const model = buildModel({
      inputs: { x: ["uint8", [1, 2, 3]] },
      outputs: ["y"],
      nodes: [
        ["Cast", ["x"], ["f"], { to: 1 }],
        ["Transpose", ["f"], ["t"], { perm: [1, 0, 2] }],
        ["MatMul", ["t", "w"], ["y"], {}, "fc"],
      ],
      constants: { w },
    });
    const image = await compileTo2t2r(model);
    const x = bytes([1, 2, 3], 5);
    const { outputs } = await run(image, x);
    expect(numbersOf(outputs)).toEqual(numbersOf(await runBytes(await exportOnnx(image), { x })));
  });

  test("a convolution in it is refused, with the shape that it needs", async () => {
    const model = buildModel({
      inputs: { x: ["uint8", [1, 2, 4]], z: ["float32", [3]] },
      outputs: ["y", "d"],
      nodes: [
        ["Cast", ["x"], ["f"], { to: 1 }],
        ["Conv", ["f", "k"], ["y"], {}, "conv"],
        ["Relu", ["z"], ["d"]],
      ],
      constants: { k: floats([1, 2, 2], [1, -1, 1, 1]) },
    });
    await expect(compileTo2t2r(model)).rejects.toThrow(
      "layer conv: needs the batch as first dimension of every input, a name or 1, found x [1, 2, 4], z [3]",
    );
  });
});
