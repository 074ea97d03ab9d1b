import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CompileOptions } from "../../compiler/define.ts";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r, feedsOf, numbersOf, perBatch, samplesOf } from "../support/compile.ts";
import { mnistTest } from "../support/mnist.ts";
import { readNpy } from "../support/read-npz.ts";
import { executor, runBytes } from "../support/run-onnx.ts";
import { shared } from "../support/shared.ts";

const digits = mnistTest();
const bytes = "scale:1/255";

/** Dense networks of other people that compile to pairs, and how many of 10,000 test digits some get right. */
const networks: readonly { name: string; options: Partial<CompileOptions> }[] = [
  { name: "tfc-1w1a", options: { inputTransform: bytes } },
  { name: "tfc-2w2a", options: { inputTransform: bytes } },
  { name: "finn-tfc-w1a1-streamlined", options: { inputTransform: bytes } },
  { name: "bnn-fc-1layer", options: {} },
];
const classifiers = [
  { name: "tfc-1w1a", correct: 9296 },
  { name: "tfc-2w2a", correct: 9660 },
];

/** Outputs of the exported quantized network, sample by sample where the model takes one. */
async function exported(image: ProgrammingImage, data: Tensor) {
  const onnx = await exportOnnx(image);
  const anyBatch = image.layers.every((layer) => layer.kind !== "subgraph" || layer.anyBatch);
  return perBatch(feedsOf(image, data), anyBatch, (feeds) => runBytes(onnx, Object.fromEntries(feeds)));
}

/** Samples for a network: test digits where it reads digits, else numbers from −1 to 1. */
function samplesFor({ inputs }: ProgrammingImage, count: number): Tensor {
  const [{ shape }] = inputs;
  if (sizeOf(shape) === 784) return { ...samplesOf(digits.x, 0, count), shape: [count, ...shape] };
  const values = Float32Array.from({ length: count * sizeOf(shape) }, (_, k) => ((k * 37) % 101) / 50 - 1);
  return tensor("float32", [count, ...shape], values);
}

const pathOf = (name: string): string | null => shared(`models/qonnx/${name}.onnx`);
const compiled = (path: string | null, options: Partial<CompileOptions>) =>
  compileTo2t2r(new Uint8Array(readFileSync(path ?? "")), options);

describe.each(networks)("$name", ({ name, options }) => {
  const path = pathOf(name);
  test.skipIf(path === null)("the image's outputs equal the exported network's bit for bit (skipped where the model is absent)", async () => {
    const image = await compiled(path, options);
    const data = samplesFor(image, 300);
    const { outputs } = await run(image, data, { executor });
    expect(numbersOf(outputs)).toEqual(numbersOf(await exported(image, data)));
  });
});

describe.each(classifiers)("$name", ({ name, correct }) => {
  const path = pathOf(name);
  test.skipIf(path === null)(`the image classifies ${correct} of 10,000 test digits (skipped where the model is absent)`, async () => {
    const image = await compiled(path, { inputTransform: bytes });
    const x = { ...digits.x, shape: [10_000, ...image.inputs[0].shape] };
    const { mapped } = await evaluate(image, { x, y: digits.y }, { executor, noise: "none", threads: 2 });
    expect(Math.round(mapped.accuracy * 10_000)).toBe(correct);
  });
});

const pair = shared("models/qonnx/finn-tfc-w1a1-streamlined.io");

test.skipIf(pair === null)("FINN's own inputs give FINN's own answers on the image (skipped where the pair is absent)", async () => {
  const [input, expected] = ["input.npy", "expected_output.npy"].map((file) => readNpy(readFileSync(join(pair ?? "", file))));
  if (!input || !expected) throw new Error("no pair");
  const image = await compiled(pathOf("finn-tfc-w1a1-streamlined"), {});
  const { outputs } = await run(image, input, { executor });
  const [answer] = [...outputs.values()].map((output) => [...toNumbers(output)]);
  expect(answer).toEqual([...toNumbers(expected)]);
});
