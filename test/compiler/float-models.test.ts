import { beforeAll, describe, expect, test } from "vitest";
import type { CompileOptions } from "../../compiler/define.ts";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { run } from "../../runtime/run.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const CHANNELS = 8;
const SAMPLES = 24;

/** numbers near a bell shape, by counting alone */
function drawn(count: number, seed: number, scale: number): number[] {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000 - 0.5;
  };
  return Array.from({ length: count }, () => scale * (uniform() + uniform() + uniform()));
}

/** x → conv → relu → conv (in groups) → relu → + shortcut → mean → matmul → gemm: what a ReLU network is made of. */
const model = buildModel({
  inputs: { x: ["float32", ["n", 3, 8, 8]] },
  outputs: ["y"],
  nodes: [
    ["Conv", ["x", "w1", "b1"], ["c1"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, "first"],
    ["Relu", ["c1"], ["r1"]],
    [
      "Conv",
      ["r1", "w2"],
      ["c2"],
      { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: 2 },
      "second",
    ],
    ["Add", ["c2", "r1"], ["s"]],
    ["Relu", ["s"], ["r2"]],
    ["GlobalAveragePool", ["r2"], ["m"]],
    ["Flatten", ["m"], ["f"]],
    // named after its output, as exporters do, and without a bias
    ["MatMul", ["f", "w4"], ["hidden"]],
    ["Relu", ["hidden"], ["r3"]],
    ["Gemm", ["r3", "w3", "b3"], ["y"], { transB: 1 }, "last"],
  ],
  constants: {
    w1: floats([CHANNELS, 3, 3, 3], drawn(CHANNELS * 27, 1, 0.4)),
    b1: floats([CHANNELS], drawn(CHANNELS, 2, 0.2)),
    w2: floats([CHANNELS, CHANNELS / 2, 3, 3], drawn(CHANNELS * (CHANNELS / 2) * 9, 3, 0.3)),
    w4: floats([CHANNELS, CHANNELS], drawn(CHANNELS * CHANNELS, 7, 1)),
    w3: floats([5, CHANNELS], drawn(5 * CHANNELS, 4, 1)),
    b3: floats([5], drawn(5, 5, 0.1)),
  },
});
const data = floats([SAMPLES, 3, 8, 8], drawn(SAMPLES * 192, 6, 1).map(Math.abs));
const calibration = new Map([["x", data]]);

const compiled = (target: string, options: Partial<CompileOptions>): Promise<ProgrammingImage> =>
  compile(model, { target, executor, calibration, ...options });

const numbers = (outputs: ReadonlyMap<string, Tensor>): number[] =>
  [...outputs.values()].flatMap((value) => [...toNumbers(value)]);

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, k) => sum + value * y[k], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

let float: number[];
beforeAll(async () => {
  float = numbers(await runBytes(model, { x: data }));
});

async function mapped(image: ProgrammingImage): Promise<number[]> {
  const exported = numbers(await runBytes(await exportOnnx(image), { x: data }));
  const ran = numbers((await run(image, data, { executor, threads: 1 })).outputs);
  expect(ran).toEqual(exported);
  return ran;
}

describe("a float network after training", () => {
  test.each(["2t2r", "1s1r", "pcm-1t1r", "rram-1t1r"])(
    "at int8 on %s: equal to its export, and near the float model",
    async (target) => {
      const image = await compiled(target, { precision: "int8" });
      expect(cosine(await mapped(image), float)).toBeGreaterThan(0.999);
    },
  );

  test("at int4 the first and the last layer keep int8, unless told otherwise", async () => {
    const names = (image: ProgrammingImage) =>
      image.layers.flatMap((layer) => (layer.kind === "matrix" ? [layer.alphabet.name] : []));
    const image = await compiled("2t2r", { precision: "int4" });
    expect(names(image)).toEqual(["int8", "int4", "int4", "int8"]);
    expect(cosine(await mapped(image), float)).toBeGreaterThan(0.99);
    const same = await compiled("2t2r", { precision: "int4", firstLast: "same" });
    expect(names(same)).toEqual(["int4", "int4", "int4", "int4"]);
    const one = await compiled("2t2r", { precision: "int8", layerPrecision: ["second=int3"] });
    expect(names(one)).toEqual(["int8", "int3", "int8", "int8"]);
  });

  test("under a budget no more cells hold weights, and a larger one errs less", async () => {
    const cells = (image: ProgrammingImage) =>
      image.costs.reduce((sum, layer) => sum + layer.cells, 0);
    const errors: number[] = [];
    for (const budget of [5000, 7000]) {
      const image = await compiled("2t2r", { precision: "int8", cells: budget, firstLast: "same" });
      expect(cells(image)).toBeLessThanOrEqual(budget);
      errors.push(1 - cosine(await mapped(image), float));
    }
    expect(errors[1]).toBeLessThan(errors[0]);
    await expect(compiled("2t2r", { precision: "int8", cells: 100 })).rejects.toThrow(
      /--cells 100: needs at least \d+ cells/,
    );
  });

  test("biases give back the mean that rounding took", async () => {
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value, k) => sum + (value - float[k]), 0) / values.length;
    const off = async (biasCorrection: "on" | "off") => {
      const options = { precision: "int2", firstLast: "same", biasCorrection } as const;
      return Math.abs(mean(await mapped(await compiled("2t2r", options))));
    };
    expect(await off("on")).toBeLessThan((await off("off")) / 2);
  });

  test.each([
    [{ precision: "binary", cells: 100 }, /--cells 100: needs a precision/],
    [
      { precision: "auto", layerPrecision: ["second=int4"] },
      /--layer-precision second=int4: needs/,
    ],
    [{ precision: "int8", layerPrecision: ["third=int4"] }, /needs LAYER=PRECISION of a layer/],
    [
      { precision: "int8", layerPrecision: ["second=levels5"] },
      /needs a precision that 2t2r offers/,
    ],
    [{ precision: "int8", weightRange: "wide" }, /--weight-range wide: needs auto, sigma:FACTOR/],
    [{ precision: "int8", activationRange: "percentile:3" }, /needs auto, max, percentile:P/],
  ] as const)("%j is refused", async (options, message) => {
    await expect(compiled("2t2r", options)).rejects.toThrow(message);
  });
});

test("noise on analog convolutions depends on the seed alone, not on batches or threads", async () => {
  const image = await compiled("pcm-1t1r", { precision: "int4", activations: "uint4" });
  const noisy = async (batch: number, threads: number, seed = 1) =>
    numbers(
      (await run(image, data, { executor, batch, threads, seed, noise: "all" } as never)).outputs,
    );
  const once = await noisy(SAMPLES, 1);
  expect(await noisy(5, 2)).toEqual(once);
  expect(await noisy(SAMPLES, 1, 2)).not.toEqual(once);
});
