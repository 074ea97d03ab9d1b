import { join } from "node:path";
import { test } from "vitest";
import { inspectImage } from "../../compiler/image/inspect.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { expectGolden } from "../support/golden.ts";

const signs = (length: number, period: number): readonly number[] =>
  Array.from({ length }, (_, k) => (k % period === 0 ? 1 : k % period === 1 ? 0 : -1));

/** A binary layer behind a threshold, and a ternary one with a scale; 6 inputs, 4 hidden, 3 classes. */
const model = buildModel({
  inputs: { x: ["uint8", ["n", 6]] },
  outputs: ["y"],
  constants: {
    dark: floats([], [127]),
    one: floats([], [1]),
    minus: floats([], [-1]),
    half: floats([], [0.5]),
    w1: floats([6, 4], signs(24, 2).map((code) => (code === 0 ? -1 : 1))),
    w2: floats([4, 3], signs(12, 5).map((code) => code * 0.25)),
  },
  nodes: [
    ["Cast", ["x"], ["pixels"], { to: 1 }],
    ["Greater", ["pixels", "dark"], ["bright"]],
    ["Where", ["bright", "one", "minus"], ["ink"]],
    ["MatMul", ["ink", "w1"], ["h"], {}, "fc1"],
    ["GreaterOrEqual", ["h", "half"], ["on"]],
    ["Where", ["on", "one", "minus"], ["a"]],
    ["MatMul", ["a", "w2"], ["y"], {}, "fc2"],
  ],
});

test("the image of a small network is the golden text, cell by cell", async () => {
  const image = await compileTo2t2r(model, { bank: { wordLines: 4, bitLines: 8 }, configuration: "parallel-to-sequential" });
  // the hash changes with every word of the manifest and tells a reader nothing; image/hashes.test.ts holds it to its rule
  const text = (await inspectImage(image)).replace(/^hash .*\n/m, "");
  expectGolden(join(import.meta.dirname, "small/image.txt"), text);
});
