import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { CompileOptions } from "../../compiler/define.ts";
import type { Die } from "../../compiler/ir/die.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { replicasOf } from "../../compiler/ir/replicas.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { program } from "../../runtime/program.ts";
import type { RunOptions } from "../../runtime/run.ts";
import { run } from "../../runtime/run.ts";
import { verify } from "../../runtime/verify.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { convolution, lines, pixels, rows } from "../support/nine-positions.ts";
import { executor } from "../support/run-onnx.ts";
import type { WindowNetworkDraw } from "../support/window-networks.ts";
import { drawnWindowNetwork, windowNetworkDraws } from "../support/window-networks.ts";

const settings = { numRuns: 12, seed: 8 };
const bank = { wordLines: 4, bitLines: 16 };
const copies = fc.constantFrom("2", "3", "4", "auto");

const numbers = async (image: ProgrammingImage, data: Tensor, options: RunOptions = {}) =>
  numbersOf((await run(image, data, { executor, ...options })).outputs);

async function drawn(draw: WindowNetworkDraw, replicate: string) {
  const { model, data } = drawnWindowNetwork(draw);
  return { image: await compileTo2t2r(model, { bank, replicate }), data: data(7), model };
}

test("without noise copies of matrices change nothing", () =>
  fc.assert(
    fc.asyncProperty(windowNetworkDraws, copies, async (draw, replicate) => {
      const { image, data } = await drawn(draw, replicate);
      const { image: single } = await drawn(draw, "1");
      expect(await numbers(image, data)).toEqual(await numbers(single, data));
      expect((await verify(image, { executor })).passed).toBe(true);
    }),
    settings,
  ));

test("an effect of size zero leaves every copy as stored", () =>
  fc.assert(
    fc.asyncProperty(windowNetworkDraws, copies, async (draw, replicate) => {
      const { image, data } = await drawn(draw, replicate);
      const silent = { ...image, noise: [{ model: "bit-error", parameters: { ber: 0 } }] };
      expect(await numbers(silent, data, { noise: "all" })).toEqual(await numbers(image, data));
    }),
    { ...settings, numRuns: 6 },
  ));

test("noise on copies depends neither on the batch nor on threads", () =>
  fc.assert(
    fc.asyncProperty(windowNetworkDraws, copies, fc.constantFrom(1, 4), async (draw, n, batch) => {
      const { image, data } = await drawn(draw, n);
      const weak = { ...image, noise: image.weak?.noise ?? image.noise };
      const all = await numbers(weak, data, { noise: "all", seed: 3 });
      const other = { noise: "all", seed: 3, batch, threads: 2 } as const;
      expect(await numbers(weak, data, other)).toEqual(all);
    }),
    settings,
  ));

/** The part of a die that one copy is. */
function dieOfCopy(image: ProgrammingImage, die: Die, copy: number): Die {
  const layers = new Map(
    [...die.layers].map(([layer, all]) => {
      const placement = image.placements.find((other) => other.layer === layer);
      const size = all.length / (placement ? replicasOf(placement) : 1);
      return [layer, all.slice(copy * size, (copy + 1) * size)] as const;
    }),
  );
  return { ...die, layers };
}

const kinds = { convolution: [convolution, pixels, 1], rows: [rows, lines, 6] } as const;

describe.each(["2t2r", "1s1r", "pcm-1t1r", "rram-1t1r"])("on %s", (target) => {
  describe.each(["convolution", "rows"] as const)("%s", (kind) => {
    const [model, data, channelsBehind] = kinds[kind];
    const build = (replicate: string, options: Partial<CompileOptions> = {}) =>
      compile(model, { target, executor, replicate, ...options });
    let image: ProgrammingImage;
    let single: ProgrammingImage;
    let die: Die;
    beforeAll(async () => {
      image = await build("4");
      single = await build("1");
      die = (await program(image, { seed: 5, stuck: 0.2 })).die;
    });

    test("nine positions take three rounds of clocks, copies as many cells, reads as much energy", () => {
      const [one] = single.costs;
      const [costs] = image.costs;
      expect(replicasOf(image.placements[0])).toBe(3);
      expect(costs.clocks).toBe(one.clocks / 3);
      expect(costs.cells).toBe(3 * one.cells);
      expect(costs.capacity).toBe(3 * one.capacity);
      expect(costs.segments).toBe(3 * one.segments);
      expect(costs.synapsesRead).toBe(one.synapsesRead);
      expect(costs.weights).toBe(one.weights);
    });

    test("verify finds it equal to its export", async () => {
      expect((await verify(image, { executor })).passed).toBe(true);
      expect(await numbers(image, data)).toEqual(await numbers(single, data));
    });

    test.each(["4", "5", "2"])(
      "--replicate %s: position p is read on copy p mod copies",
      async (n) => {
        const several = await build(n);
        const count = replicasOf(several.placements[0]);
        expect(count).toBe({ 4: 3, 5: 5, 2: 2 }[n]);
        const whole = (await program({ ...several }, { seed: 5, stuck: 0.2 })).die;
        const { y } = await numbers(several, data, { die: whole, noise: "none" });
        const parts = await Promise.all(
          Array.from({ length: count }, (_, copy) =>
            numbers(single, data, { die: dieOfCopy(several, whole, copy), noise: "none" }),
          ),
        );
        const position = (k: number) => Math.floor(k / channelsBehind) % 9;
        expect(y).toEqual(y.map((_, k) => parts[position(k) % count].y[k]));
        // it would be no test if the copies agreed
        expect(new Set(parts.map((part) => part.y.join())).size).toBe(count);
      },
    );

    test("a die of the image's own, and its noise, run on every copy", async () => {
      const clean = await numbers(image, data);
      expect(await numbers(image, data, { die, noise: "none" })).not.toEqual(clean);
      const noisy = await numbers(image, data, { noise: "all", seed: 4 });
      expect(await numbers(image, data, { noise: "all", seed: 4, batch: 1 })).toEqual(noisy);
    });
  });
});
