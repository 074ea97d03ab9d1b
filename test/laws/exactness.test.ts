import fc from "fast-check";
import { expect, test } from "vitest";
import { XbcError } from "../../compiler/errors.ts";
import { evaluateNetwork } from "../../compiler/evaluate.ts";
import { codesOfImage, exportOnnx } from "../../compiler/image/export-onnx.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r, feedsOf, numbersOf, perBatch } from "../support/compile.ts";
import { drawnNetwork, networkDraws } from "../support/networks.ts";
import { executor, runBytes } from "../support/run-onnx.ts";
import { drawnWindowNetwork, windowNetworkDraws } from "../support/window-networks.ts";

const configurations = ["parallel-to-sequential", "sequential-to-parallel"] as const;
const banks = [null, { wordLines: 4, bitLines: 6 }, { wordLines: 7, bitLines: 16 }] as const;
const SAMPLES = 17;

/** What the exported network, the plain truth and the kernels say, which must be the same. */
async function answers(image: ProgrammingImage, data: Tensor, batch: number, threads = 1) {
  const feeds = feedsOf(image, data);
  const weights = await codesOfImage(image);
  const exported = await exportOnnx(image);
  const anyBatch = image.layers.every((layer) => layer.kind !== "subgraph" || layer.anyBatch);
  const ran = await run(image, data, { executor, batch, threads });
  return {
    exported: numbersOf(
      await perBatch(feeds, anyBatch, (part) => runBytes(exported, Object.fromEntries(part))),
    ),
    plain: numbersOf(
      await perBatch(feeds, anyBatch, (part) =>
        evaluateNetwork({ ...image, weights }, executor, part),
      ),
    ),
    ran: numbersOf(ran.outputs),
  };
}

test("without noise a run equals evaluateNetwork and onnxruntime on the export bit for bit", async () => {
  await fc.assert(
    fc.asyncProperty(
      networkDraws,
      fc.constantFrom(...configurations),
      fc.constantFrom(...banks),
      fc.constantFrom(1, 7, SAMPLES),
      async (draw, configuration, bank, batch) => {
        const network = drawnNetwork(draw);
        const { inputTransform, inputEncoding } = network;
        const image = await compileTo2t2r(network.model, {
          configuration,
          bank,
          inputTransform,
          inputEncoding,
        });
        const { exported, plain, ran } = await answers(image, network.data(SAMPLES), batch);
        expect(plain).toEqual(exported);
        expect(ran).toEqual(exported);
      },
    ),
    {
      numRuns: Number(process.env.LAW_RUNS ?? 60),
      seed: Number(process.env.LAW_SEED ?? 20),
      endOnFailure: process.env.LAW_NOSHRINK === "1",
    },
  );
});

test("the same holds where inputs run on word lines and one cell holds a weight", async () => {
  await fc.assert(
    fc.asyncProperty(
      networkDraws,
      fc.constantFrom(null, { wordLines: 4, bitLines: 6 }, { wordLines: 7, bitLines: 16 }),
      fc.constantFrom(1, SAMPLES),
      async (draw, bank, batch) => {
        const network = drawnNetwork(draw);
        const { inputTransform, inputEncoding } = network;
        const options = { executor, bank, inputTransform, inputEncoding };
        const image = await compile(network.model, { target: "1s1r", ...options }).catch(notHeld);
        if (!image) return;
        const { exported, plain, ran } = await answers(image, network.data(SAMPLES), batch);
        expect(plain).toEqual(exported);
        expect(ran).toEqual(exported);
      },
    ),
    { numRuns: Number(process.env.LAW_RUNS ?? 30), seed: Number(process.env.LAW_SEED ?? 21) },
  );
});

/** Ternary weights have no single cell; any other refusal is none. */
function notHeld(error: unknown): null {
  if (error instanceof XbcError && /weights do not fit 1s1r/.test(error.message)) return null;
  throw error;
}

test("the same holds of convolutions of every form", async () => {
  await fc.assert(
    fc.asyncProperty(
      windowNetworkDraws,
      fc.constantFrom(...configurations),
      fc.constantFrom(null, { wordLines: 4, bitLines: 10 }, { wordLines: 7, bitLines: 24 }),
      fc.constantFrom(1, 5),
      fc.constantFrom(1, 2),
      async (draw, configuration, bank, batch, threads) => {
        const network = drawnWindowNetwork(draw);
        const image = await compileTo2t2r(network.model, { configuration, bank });
        const { exported, plain, ran } = await answers(image, network.data(5), batch, threads);
        expect(plain).toEqual(exported);
        expect(ran).toEqual(exported);
      },
    ),
    {
      numRuns: Number(process.env.LAW_RUNS ?? 60),
      seed: Number(process.env.LAW_SEED ?? 20),
      endOnFailure: process.env.LAW_NOSHRINK === "1",
    },
  );
});

/** What analog sums cannot hold is refused by name. */
function refused(error: unknown): null {
  if (error instanceof XbcError && error.code !== "INTERNAL") return null;
  throw error;
}

for (const target of ["pcm-1t1r", "rram-1t1r"]) {
  test(`the same holds of analog sums on ${target}: convolutions, signs and several reference levels`, async () => {
    let held = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          windowNetworkDraws.map((draw) => ({
            ...{ inputTransform: "", inputEncoding: "auto" },
            ...drawnWindowNetwork(draw),
          })),
          networkDraws.map(drawnNetwork),
        ),
        fc.constantFrom(null, { wordLines: 16, bitLines: 40 }),
        fc.constantFrom(1, 5),
        async (network, bank, batch) => {
          const { inputTransform, inputEncoding } = network;
          const options = { executor, bank, inputTransform, inputEncoding };
          const image = await compile(network.model, { target, ...options }).catch(refused);
          if (!image) return;
          held++;
          const { exported, plain, ran } = await answers(image, network.data(5), batch);
          expect(plain).toEqual(exported);
          expect(ran).toEqual(exported);
        },
      ),
      {
        numRuns: Number(process.env.LAW_RUNS ?? 30),
        seed: Number(process.env.LAW_SEED ?? 22),
        endOnFailure: process.env.LAW_NOSHRINK === "1",
      },
    );
    expect(held).toBeGreaterThan(10);
  });
}
