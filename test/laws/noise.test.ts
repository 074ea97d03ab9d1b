import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { NoiseUse } from "../../compiler/define.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { noiseModels } from "../../runtime/noise/all.generated.ts";
import type { RunOptions } from "../../runtime/run.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { drawnNetwork, type NetworkDraw, networkDraws } from "../support/networks.ts";
import { executor } from "../support/run-onnx.ts";

/** The drawn network on pairs that are made so badly that many senses are wrong and many are marginal. */
async function noisyImage(
  draw: NetworkDraw,
): Promise<{ readonly image: ProgrammingImage; readonly data: Tensor }> {
  const { model, inputTransform, inputEncoding, data } = drawnNetwork(draw);
  const options = { inputTransform, inputEncoding, bank: { wordLines: 4, bitLines: 16 } };
  const image = await compileTo2t2r(model, options);
  return { image: { ...image, noise: image.weak?.noise ?? image.noise }, data: data(11) };
}

const stored = (rates: NoiseUse["parameters"]): NoiseUse => ({
  model: "bit-error",
  parameters: rates,
});

const numbers = async (image: ProgrammingImage, data: Tensor, options: RunOptions) =>
  numbersOf((await run(image, data, { executor, ...options })).outputs);

const settings = { numRuns: 12, seed: 41 };

test("a noisy run does not depend on the batch, and the same seed and trial give the same bits", async () => {
  await fc.assert(
    fc.asyncProperty(
      networkDraws,
      fc.constantFrom(1, 4, 11),
      fc.nat(1000),
      async (draw, batch, seed) => {
        const { image, data } = await noisyImage(draw);
        const all = await numbers(image, data, { noise: "all", seed });
        expect(await numbers(image, data, { noise: "all", seed, batch })).toEqual(all);
      },
    ),
    settings,
  );
});

test("noise of size zero is the identity: stored errors of chance 0 change no bit", async () => {
  await fc.assert(
    fc.asyncProperty(networkDraws, async (draw) => {
      const { image, data } = await noisyImage(draw);
      const clean = await numbers(image, data, { noise: "none" });
      const silent = { ...image, noise: [stored({ ber: 0 })] };
      expect(await numbers(silent, data, { noise: "all" })).toEqual(clean);
    }),
    settings,
  );
});

test("a chain whose every effect is idealized reads what is stored", async () => {
  await fc.assert(
    fc.asyncProperty(networkDraws, async (draw) => {
      const { image, data } = await noisyImage(draw);
      const ideal = image.noise.map(({ model, parameters }) => ({
        model,
        parameters:
          noiseModels.find(({ name }) => name === model)?.ideal?.(parameters) ?? parameters,
      }));
      const { outputs, counts } = await run({ ...image, noise: ideal }, data, {
        executor,
        noise: "all",
      });
      expect(counts.changedWeights + counts.marginalWeights).toBe(0);
      expect(numbersOf(outputs)).toEqual(await numbers(image, data, { noise: "none" }));
    }),
    settings,
  );
});

describe("one wide layer under many errors", () => {
  const draw: NetworkDraw = {
    input: "±1",
    inputWidth: 40,
    positions: 3,
    batch: "named",
    layers: [0, 1].map((source) => ({
      source,
      width: 9,
      ternary: source === 1,
      scale: "one",
      form: "MatMul",
      norm: "none",
      order: "kept",
      activation: source === 0 ? "signed codes" : "sign",
      twin: null,
      join: "none",
      isOutput: "sums",
      seed: 77,
    })),
  };
  let image: ProgrammingImage;
  let data: Tensor;
  beforeAll(async () => {
    ({ image, data } = await noisyImage(draw));
    image = { ...image, noise: image.noise.map(worse) };
  });

  /** Amplifiers with so much read noise that a good part of the senses is drawn at each read. */
  const worse = (use: NoiseUse): NoiseUse =>
    use.model === "sense" ? { ...use, parameters: { ...use.parameters, readSpread: 3 } } : use;

  test("many senses are marginal, so that read draws matter here", async () => {
    const { counts } = await run(image, data, { executor, noise: "all", seed: 3 });
    expect(counts.marginalWeights).toBeGreaterThan(20);
  });

  test("two threads give the bits of one", async () => {
    const one = await numbers(image, data, { noise: "all", seed: 3 });
    expect(await numbers(image, data, { noise: "all", seed: 3, threads: 2, batch: 4 })).toEqual(
      one,
    );
  });

  test("another trial draws other devices, another seed too", async () => {
    const first = await numbers(image, data, { noise: "all", seed: 3, trial: 0 });
    expect(await numbers(image, data, { noise: "all", seed: 3, trial: 1 })).not.toEqual(first);
    expect(await numbers(image, data, { noise: "all", seed: 4, trial: 0 })).not.toEqual(first);
  });

  test("the order of the trials of an evaluation changes none of them", async () => {
    const base = { executor, metric: "agreement", ablation: false, weak: false } as const;
    const both = await evaluate(image, { x: data, y: null }, { ...base, trials: 2 });
    const second = await evaluate(
      image,
      { x: data, y: null },
      { ...base, trials: 1, firstTrial: 1 },
    );
    expect(second.noisy?.perTrial).toEqual(both.noisy?.perTrial.slice(1));
  });

  test("stored errors of chance 1 turn every sign of binary weights, and so every sum", async () => {
    const wrong = { ...image, noise: [stored({ ber: 1 })] };
    const clean = await run(image, data, { executor, noise: "none" });
    const turned = await run(wrong, data, { executor, noise: "all" });
    const [name] = clean.outputs.keys();
    const sums = [...(clean.outputs.get(name)?.data ?? [])].map((x) => -Number(x) + 0);
    expect([...(turned.outputs.get(name)?.data ?? [])].map((x) => Number(x) + 0)).toEqual(sums);
  });
});

test("without noise two threads give the bits of one, for every batch", async () => {
  await fc.assert(
    fc.asyncProperty(networkDraws, fc.constantFrom(1, 7, 11), async (draw, batch) => {
      const { image, data } = await noisyImage(draw);
      const one = await numbers(image, data, { threads: 1 });
      expect(await numbers(image, data, { threads: 2, batch })).toEqual(one);
    }),
    { numRuns: 8, seed: 3 },
  );
});
