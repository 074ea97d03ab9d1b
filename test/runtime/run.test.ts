import { beforeAll, describe, expect, test } from "vitest";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import { joined, run } from "../../runtime/run.ts";
import { buildModel, floats, integers } from "../support/build-onnx.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { executor } from "../support/run-onnx.ts";

/** y = ±1 codes of x (above ½) times +1 +1 / +1 −1 / +1 +1. */
const model = buildModel({
  inputs: { x: ["float32", ["n", 3]] },
  outputs: ["y"],
  constants: {
    half: floats([], [0.5]),
    one: floats([], [1]),
    minus: floats([], [-1]),
    w: floats([3, 2], [1, 1, 1, -1, 1, 1]),
  },
  nodes: [
    ["Greater", ["x", "half"], ["p"]],
    ["Where", ["p", "one", "minus"], ["ink"]],
    ["MatMul", ["ink", "w"], ["y"], {}, "fc"],
  ],
});
const data = floats([2, 3], [1, 1, 0, 0, 0, 0]);
let image: ProgrammingImage;
beforeAll(async () => {
  image = await compileTo2t2r(model, { configuration: "parallel-to-sequential" });
});

describe("run", () => {
  test("computes the sums: (1, 1, −1) and (−1, −1, −1) by hand", async () => {
    const { outputs, samples } = await run(image, data, { executor });
    expect([samples, outputs.get("y")?.shape, [...(outputs.get("y")?.data ?? [])]]).toEqual([
      2,
      [2, 2],
      [1, -1, -3, -1],
    ]);
  });
  test("takes inputs by name too", async () => {
    const { outputs } = await run(image, new Map([["x", data]]), { executor });
    expect([...(outputs.get("y")?.data ?? [])]).toEqual([1, -1, -3, -1]);
  });
  test("counts what was read: six synapses and two clocks a sample", async () => {
    expect((await run(image, data, { executor })).counts).toEqual({
      synapsesRead: 12,
      clocks: 4,
      changedWeights: 0,
      marginalWeights: 0,
    });
  });
  test("a missing input is named, with its shape", async () => {
    await expect(run(image, new Map(), { executor })).rejects.toThrow(
      /input x: needs an array of samples of shape \[3\], found none/,
    );
  });
  test("tells what noise it ran with, and its seed", async () => {
    const result = await run(image, data, { executor, noise: ["programming"], seed: 9, trial: 4 });
    expect([result.seed, result.trial, result.noise.map((use) => use.model)]).toEqual([
      9,
      4,
      ["programming"],
    ]);
  });
});

test("joined puts batches one behind the other", () => {
  expect(joined([floats([1, 2], [1, 2]), floats([2, 2], [3, 4, 5, 6])])).toEqual(
    floats([3, 2], [1, 2, 3, 4, 5, 6]),
  );
});

describe("chainOf", () => {
  test("none is quiet, all is every effect in life order", () => {
    expect(chainOf(image.noise, "none").active).toEqual([]);
    expect(chainOf(image.noise, "all").active.map((use) => use.model)).toEqual([
      "programming",
      "cycling",
      "sense",
    ]);
  });
  test("an effect that is off runs without its own spread", () => {
    const { program, read } = chainOf(image.noise, ["sense"]);
    expect(program?.parameters).toMatchObject({ lrsSpread: 0, hrsSpread: 0 });
    expect(read?.parameters).toEqual(image.noise[2].parameters);
  });
  test("stored errors alone touch no conductance", () => {
    const chain = chainOf([{ model: "bit-error", parameters: { ber: 0.1 } }], "all");
    expect([chain.store.length, chain.program, chain.read]).toEqual([1, null, null]);
  });
  test("an effect that the image does not have is refused with those that it has", () => {
    expect(() => chainOf(image.noise, ["drift"])).toThrow(
      /--noise drift: needs effects of the image \(programming, cycling, sense\)/,
    );
  });
});

describe("evaluate", () => {
  const base = { executor, ablation: false, weak: false } as const;
  test("noise-free accuracy by hand: classes 0 and 1", async () => {
    const report = await evaluate(
      image,
      { x: data, y: integers([0, 0]) },
      { ...base, noise: "none" },
    );
    expect([report.samples, report.mapped.accuracy, report.noisy]).toEqual([2, 0.5, null]);
  });
  test("an ablation runs the effects that act (not 0 cycles) cumulatively, then each alone", async () => {
    const report = await evaluate(
      image,
      { x: data, y: integers([0, 1]) },
      { ...base, ablation: true, trials: 1 },
    );
    expect(report.ablation.map(({ effects }) => effects.join("+"))).toEqual([
      "programming",
      "programming+sense",
      "sense",
    ]);
  });
  test("a sweep of bit error rates from none to all: every sign wrong turns both classes", async () => {
    const report = await evaluate(
      image,
      { x: data, y: integers([0, 1]) },
      { ...base, noise: "none", ber: [0, 1], trials: 2 },
    );
    expect(report.overBer.map(({ ber, mean }) => [ber, mean])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });
  test("needs labels, unless it is asked for agreement with itself", async () => {
    await expect(evaluate(image, { x: data, y: null }, base)).rejects.toThrow(/needs labels/);
    const report = await evaluate(
      image,
      { x: data, y: null },
      { ...base, metric: "agreement", noise: "none" },
    );
    expect(report.mapped.accuracy).toBe(1);
  });
});
