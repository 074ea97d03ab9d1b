import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { bitErrors } from "../../runtime/evaluate.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import type { RunOptions } from "../../runtime/run.ts";
import { run } from "../../runtime/run.ts";
import { openSession } from "../../runtime/session.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { executor } from "../support/run-onnx.ts";
import type { WindowNetworkDraw } from "../support/window-networks.ts";
import { drawnWindowNetwork, windowNetworkDraws } from "../support/window-networks.ts";

const SAMPLES = 9;
const settings = { numRuns: 15, seed: 5 };

/** The network on pairs that are made so badly that many senses are wrong and many are marginal. */
async function noisy(draw: WindowNetworkDraw): Promise<{ image: ProgrammingImage; data: Tensor }> {
  const { model, data } = drawnWindowNetwork(draw);
  const image = await compileTo2t2r(model, { bank: { wordLines: 4, bitLines: 16 } });
  return { image: { ...image, noise: image.weak?.noise ?? image.noise }, data: data(SAMPLES) };
}

const numbers = async (image: ProgrammingImage, data: Tensor, options: RunOptions) =>
  numbersOf((await run(image, data, { executor, ...options })).outputs);

test("noise on windows depends neither on the batch nor on threads", () =>
  fc.assert(
    fc.asyncProperty(
      windowNetworkDraws,
      fc.constantFrom(1, 4),
      fc.nat(99),
      async (d, batch, seed) => {
        const { image, data } = await noisy(d);
        const all = await numbers(image, data, { noise: "all", seed });
        expect(await numbers(image, data, { noise: "all", seed, batch, threads: 2 })).toEqual(all);
      },
    ),
    settings,
  ));

/** The image with the levels that a store effect leaves in its cells. */
function withErrors(image: ProgrammingImage, ber: number, seed: number): ProgrammingImage {
  const [{ model, parameters }] = bitErrors({ ber }).store;
  const cells = image.cells.map((layer, index) => {
    const { wordLines, bitLines } = layer;
    const { encoding } = image.placements[index];
    const range = async (first: number, count: number) => {
      const levels = await layer.range(first, count);
      const size = wordLines * bitLines;
      for (let k = 0; k < count; k++) {
        const place = {
          ...{ seed, trial: 0, layer: index, bank: first + k, wordLines, bitLines },
          ...{ elapsed_s: 0, encoding, inputsOn: "bit lines" as const },
        };
        const bank = levels.subarray(k * size, (k + 1) * size);
        bank.set(model.store?.(bank, parameters, place) ?? bank);
      }
      return levels;
    };
    return { ...layer, range, levels: (bank: number) => range(bank, 1) };
  });
  return { ...image, cells };
}

test("a wrong cell changes the weight of its own tap, channel and filter", () =>
  fc.assert(
    fc.asyncProperty(windowNetworkDraws, fc.nat(99), async (d, seed) => {
      const { image, data } = await noisy(d);
      const stored = { ...image, noise: [{ model: "bit-error", parameters: { ber: 0.1 } }] };
      const drawn = await numbers(stored, data, { noise: "all", seed });
      expect(await numbers(withErrors(image, 0.1, seed), data, {})).toEqual(drawn);
    }),
    settings,
  ));

const weakChain = (image: ProgrammingImage) => chainOf(image.noise, "all");

test("looking only at what faults change gives the outputs of the full run", () =>
  fc.assert(
    fc.asyncProperty(windowNetworkDraws, fc.boolean(), fc.nat(99), async (d, isWeak, seed) => {
      const { image, data } = await noisy(d);
      const chain = isWeak ? weakChain(image) : bitErrors({ ber: 0.02 });
      const session = await openSession(image, { threads: 1, executor, batch: 4 });
      try {
        const samples = session.prepare(new Map([[image.inputs[0].name, data]]));
        for (let trial = 0; trial < 3; trial++) {
          const device = { seed, trial, elapsed_s: 0 };
          const faults = await session.sense(chain, device);
          const outputs = async (shortcut: "always" | "never") =>
            [...(await session.run(samples, faults, device, () => {}, { shortcut }))].map(
              ([output, parts]) => [output, parts.map(({ shape, data: x }) => [shape, [...x]])],
            );
          expect(await outputs("always")).toEqual(await outputs("never"));
        }
      } finally {
        await session.close();
      }
    }),
    settings,
  ));
