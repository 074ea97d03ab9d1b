import { expect, test } from "vitest";
import { compile } from "../index.ts";
import { buildModel, floats } from "./support/build-onnx.ts";
import { executor } from "./support/run-onnx.ts";

const model = buildModel({
  inputs: { x: ["float32", ["n", 4]] },
  outputs: ["y"],
  constants: { half: floats([], [0.5]), w: floats([4, 2], [1, -0.9, 0.2, 0.1, -0.4, 0.6, 0, 0.3]) },
  nodes: [
    ["Greater", ["x", "half"], ["lit"]],
    ["Cast", ["lit"], ["bits"], { to: 1 }],
    ["MatMul", ["bits", "w"], ["y"], {}, "fc"],
  ],
});
const compiled = (precision: string, target = "rram-1t1r") =>
  compile(model, { target, precision, executor });

test("levelsN gives cells N levels, the lowest included: 2·(N − 1) + 1 codes", async () => {
  for (const levels of [2, 5, 9, 16]) {
    const image = await compiled(`levels${levels}`);
    expect(image.encodings[0].levelValues).toHaveLength(levels);
    expect(image.programming.levels).toHaveLength(levels);
    expect(image.encodings[0].alphabet.levels).toHaveLength(2 * levels - 1);
  }
});

test("sums that are read as numbers take the smallest converter that is exact, listed as assumed", async () => {
  const image = await compiled("levels9");
  const [layer] = image.layers.filter(({ kind }) => kind === "matrix");
  // 4 inputs of at most ±49: 393 sums, 9 bits
  expect(layer.kind === "matrix" && layer.readOut).toEqual({ kind: "adc", bits: 9, minimum: -196 });
  expect(image.assumptions.join()).toMatch(/adc:9/);
});

test("a number of levels that cells cannot have is refused by name", async () => {
  await expect(compiled("levels17")).rejects.toThrow(/needs levels2 to levels16 on rram-1t1r/);
  await expect(compiled("levels9", "2t2r")).rejects.toThrow(/have no levels to choose/);
});
