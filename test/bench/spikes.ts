/**
 * Spiking networks by events, against the same network with every word line added at every step, and beside the binary
 * network of as many neurons:
 *   node --import ./test/bench/typescript.mjs test/bench/spikes.ts [samples]
 * Times are the best of seven, of the kernels alone on one thread. With --check it fails below 0.5/(rate per step).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { compile } from "../../index.ts";
import { measureActivity } from "../../runtime/activity.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { createEngine, type Engine } from "../../runtime/kernels/engine.ts";
import type { LayerWeights } from "../../runtime/layer-weights.ts";
import { packStored } from "../../runtime/layer-weights.ts";
import { createRunner } from "../../runtime/runner.ts";
import { prepareSamples } from "../../runtime/session.ts";
import { loadStoredLayer } from "../../runtime/stored-layer.ts";
import { samplesOf } from "../support/compile.ts";
import { mnistTest } from "../support/mnist.ts";

const here = import.meta.dirname;
const SAMPLES = Number(process.argv.find((text) => /^\d+$/.test(text)) ?? 2000);
const floats = onnxruntimeWeb();

const imageOf = (name: string): Promise<ProgrammingImage> =>
  compile(readFileSync(join(here, `../../examples/mnist-1s1r/${name}.onnx`)), { target: "1s1r" });

/** Seconds that the kernels take for all samples, with every row added or only those of events. */
async function kernelTime(image: ProgrammingImage, every: boolean): Promise<number> {
  const plain = await createEngine({ threads: 1 });
  let seconds = 0;
  const engine: Engine = {
    ...plain,
    run: async (commands, samples) => {
      const chosen = commands.map((command) =>
        command.kind === "add-rows" ? { ...command, every } : command,
      );
      const begin = performance.now();
      await plain.run(chosen, samples);
      seconds += (performance.now() - begin) / 1000;
    },
  };
  const input = new Map([[image.inputs[0].name, samplesOf(mnistTest().x, 0, SAMPLES)]]);
  const { rows, count } = prepareSamples(image, input);
  const runner = await createRunner(image, engine, floats, count);
  const weights = new Map<string, LayerWeights>();
  for (let index = 0; index < image.placements.length; index++) {
    const stored = await loadStoredLayer(image, index);
    weights.set(stored.placement.layer, packStored(engine, stored));
  }
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 7; run++) {
    seconds = 0;
    await runner.run(rows, weights, count, { seed: 0, sampleBase: 0 });
    best = Math.min(best, seconds);
  }
  await runner.close();
  await plain.close();
  return best;
}

const micro = (seconds: number): string =>
  `${((seconds / SAMPLES) * 1e6).toFixed(1)} µs`.padStart(10);
let failed = false;
process.stdout.write(`${SAMPLES} digits, kernels on one thread, a digit\n`);
for (const hidden of [512, 1024, 4096]) {
  const spiking = await imageOf(`bsnn-${hidden}`);
  const input = new Map([[spiking.inputs[0].name, samplesOf(mnistTest().x, 0, 256)]]);
  const activity = await measureActivity(spiking, input, floats, 0);
  const reads = activity.reduce(
    (sum, layer) => sum + layer.reads.reduce((a, b) => a + b, 0) * layer.outputs,
    0,
  );
  const all = activity.reduce((sum, layer) => sum + layer.inputs * layer.outputs, 0);
  const rate = reads / all / 4;
  const events = await kernelTime(spiking, false);
  const every = await kernelTime(spiking, true);
  const binary = await kernelTime(await imageOf(`bnn-${hidden}`), false);
  const floor = 0.5 / rate;
  const ratio = every / events;
  failed ||= ratio < floor;
  process.stdout.write(
    `X = ${String(hidden).padStart(4)}: events ${micro(events)}, every word line ${micro(every)}: ${ratio.toFixed(1)} times ` +
      `(at least ${floor.toFixed(1)}: ${rate.toFixed(4)} spikes a neuron and step); binary network ${micro(binary)}\n`,
  );
}
if (failed && process.argv.includes("--check")) process.exit(1);
