import { describe, expect, test } from "vitest";
import { referenceOf } from "../../compiler/image/export-onnx.ts";
import { compile } from "../../index.ts";
import { checkActivations } from "../../runtime/activation-check.ts";
import { buildModel, floats, of } from "../support/build-onnx.ts";
import { executor, importBytes } from "../support/run-onnx.ts";

const INPUTS = 40;
const tenth = Math.fround(0.1);

/** 40 bits through weights that all are `weight`, compared with 1, 2 … 40 times `step`, then two outputs. */
const model = (weight: number, step: number) =>
  buildModel({
    inputs: { x: ["uint8", ["n", INPUTS]] },
    outputs: ["y"],
    constants: {
      w: floats([INPUTS, INPUTS], new Array<number>(INPUTS * INPUTS).fill(weight)),
      points: floats(
        [INPUTS],
        Array.from({ length: INPUTS }, (_, k) => Math.fround((k + 1) * step)),
      ),
      half: floats([], [0.5]),
      v: floats(
        [INPUTS, 2],
        Array.from({ length: 2 * INPUTS }, (_, k) => (k % 3 === 0 ? 1 : -1)),
      ),
    },
    nodes: [
      ["Cast", ["x"], ["f"], { to: 1 }],
      ["Greater", ["f", "half"], ["lit"]],
      ["Cast", ["lit"], ["bits"], { to: 1 }],
      ["MatMul", ["bits", "w"], ["h"], {}, "fc1"],
      ["Greater", ["h", "points"], ["p"]],
      ["Cast", ["p"], ["a"], { to: 1 }],
      ["MatMul", ["a", "v"], ["y"], {}, "fc2"],
    ],
  });

/** Samples of 0, 1 … 40 ones. */
const x = of(
  "uint8",
  [INPUTS + 1, INPUTS],
  Array.from({ length: (INPUTS + 1) * INPUTS }, (_, e) =>
    e % INPUTS < Math.floor(e / INPUTS) ? 1 : 0,
  ),
);

async function check(
  compiled: Uint8Array,
  theirs: Uint8Array,
  precision = "auto",
  target = "2t2r",
) {
  const image = await compile(compiled, { target, executor, precision });
  const feeds = new Map([["x", x]]);
  const reference = await referenceOf(image);
  return (await checkActivations(image, importBytes(theirs), reference, executor, feeds)).check;
}

describe("activations against the model as its author left it", () => {
  test("unscaled weights on integers: none differ, and as many are compared as fc2 reads", async () => {
    const { passed, detail } = await check(model(1, 1), model(1, 1));
    expect(passed).toBe(true);
    expect(detail).toBe(`what fc2 read: 0 of ${(INPUTS + 1) * INPUTS} differ from the model's`);
  });

  // n·fround(0.1) rounded once is the switching point of output n; adding fround(0.1) n times rounds n times
  test("sums that rounding moves across a switching point are excused", async () => {
    const { passed, detail } = await check(model(tenth, tenth), model(tenth, tenth));
    expect(passed).toBe(true);
    expect(detail).toMatch(/: [1-9]\d* of \d+ differ .*, ([1-9]\d*) of them by rounding/);
  });

  test("a model of other weights is found out, with the distance of its sums", async () => {
    const { passed, detail } = await check(model(tenth, tenth), model(Math.fround(0.11), tenth));
    expect(passed).toBe(false);
    expect(detail).toMatch(/\(layer fc2: sums up to .* ulp apart, needs at most 4\)$/);
  });

  test("what a pass approximated is said, not compared", async () => {
    const odd = model(tenth, tenth);
    const image = await compile(odd, { target: "2t2r", executor });
    const binarized = { ...image, options: { ...image.options, approximatedBy: "binarize" } };
    const { check: found } = await checkActivations(
      binarized,
      importBytes(odd),
      await referenceOf(image),
      executor,
      new Map([["x", x]]),
    );
    expect(found).toMatchObject({
      passed: true,
      detail: "not compared with the model's: binarize changed them",
    });
  });
});

describe("where cells hold thresholds", () => {
  // ones as weights on a binary alphabet: always-on rows of ±1 reach every second number
  test("what their rounding changes is told apart, and passes", async () => {
    const { passed, detail } = await check(model(1, 1), model(1, 1), "auto", "pcm-1t1r");
    expect(passed).toBe(true);
    expect(detail).toMatch(/, (\d+) where thresholds were rounded to what cells can hold$/);
  });
  test("what lies farther from a threshold than that fails", async () => {
    const { passed, detail } = await check(model(1, 1), model(1, 1.2), "auto", "pcm-1t1r");
    expect(passed).toBe(false);
    expect(detail).toMatch(/\d+ lie farther from a switching point \(layer fc2\)/);
  });
});
