import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Command } from "../../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../../runtime/kernels/engine.ts";
import { runPlain } from "../../../runtime/kernels/plain.ts";
import { planeBytes, type Rows } from "../../../runtime/kernels/rows.ts";
import { thresholdTable } from "../../../runtime/kernels/thresholds.ts";
import { packWeights } from "../../../runtime/kernels/weights.ts";
import { numbers } from "./twins.ts";

/** Pixels -> 70 -> 130 -> 5 sums, bit planes between the layers in local rows; returns where the sums lie. */
function buildChain(engine: Engine, samples: number): { commands: Command[]; sums: Rows } {
  const next = numbers(3);
  const sizes = [100, 70, 130, 5];
  const pixels = engine.rows(sizes[0], samples);
  engine.bytes(pixels.at, sizes[0] * samples).forEach((_, at, all) => {
    all[at] = next(256);
  });
  const sums = engine.rows(sizes[3] * 4, samples);
  const table = engine.upload(Uint8Array.from({ length: 32 }, (_, byte) => (byte < 16 ? 255 : 0)));
  let sign = engine.localRows(planeBytes(sizes[0]));
  const commands: Command[] = [
    { kind: "pack-bytes", positions: 1, from: pixels, to: sign, elements: sizes[0], table },
  ];
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1], sizes[layer]];
    const isLast = layer === sizes.length - 1;
    const to = engine.localRows(planeBytes(outputs));
    const digits = Int8Array.from({ length: inputs * outputs }, () => next(2) * 2 - 1);
    const thresholds = thresholdTable(
      engine,
      Int32Array.from({ length: outputs }, () => next(9) - 4),
      Int8Array.from({ length: outputs }, () => next(2) * 2 - 1),
    );
    commands.push({
      kind: "matrix",
      positions: 1,
      from: [{ sign, mask: null, significance: 1 }],
      weights: packWeights(engine, digits, outputs, inputs),
      sums: isLast ? sums : null,
      thresholds: isLast ? null : thresholds,
      sign: isLast ? null : to,
      mask: null,
      codes: null,
    });
    sign = to;
  }
  return { commands, sums };
}

test("a chain of layers gives the same sums on any number of threads, and in its plain twin", async () => {
  const samples = 333;
  const results = await Promise.all(
    [1, 2, 3].map(async (threads) => {
      const engine = await createEngine({ threads });
      const { commands, sums } = buildChain(engine, samples);
      await engine.run(commands, samples);
      const fast = engine.int32(sums.at, samples * 5).slice();
      engine.int32(sums.at, samples * 5).fill(0);
      runPlain(engine, commands, samples);
      const plain = engine.int32(sums.at, samples * 5).slice();
      await engine.close();
      return [fast, plain];
    }),
  );
  for (const result of results.flat()) expect(result).toEqual(results[0][0]);
});

test("a mark gives back all that was allocated after it, local rows too", async () => {
  const engine = await createEngine({ threads: 1 });
  const mark = engine.mark();
  const first = engine.allocate(100);
  const local = engine.localRows(24, 3);
  engine.release(mark);
  expect(engine.allocate(100)).toBe(first);
  expect(engine.localRows(8)).toEqual({ ...local, stride: 8 });
  await engine.close();
});

test("allocations are aligned, and what memory holds outlives its growth", async () => {
  const engine = await createEngine({ threads: 2 });
  const held = engine.upload(Uint8Array.of(1, 2, 3));
  const large = engine.allocate(50e6);
  expect(large % 64).toBe(0);
  expect(engine.allocate(1, 4096) % 4096).toBe(0);
  expect([...engine.bytes(held, 3)]).toEqual([1, 2, 3]);
  // a worker that began before the growth reads beyond it
  const to = engine.allocate(4096 * 4);
  const bulk = { perSample: 16, count: 4096, first: 0, counter: [0, 0, 0], key: [0, 0] } as const;
  await engine.run([{ kind: "words", to, ...bulk }], 256);
  expect(engine.uint32(to, 1)[0]).toBe(0x6627e8d5);
  await engine.close();
});

test("more than 4 GiB is refused with what was needed", async () => {
  const engine = await createEngine({ threads: 1 });
  expect(() => engine.allocate(2 ** 32)).toThrow(/kernels: needed \d+ bytes of memory/);
  await engine.close();
});

test("a run with a thread that has ended fails instead of waiting for ever", async () => {
  const engine = await createEngine({ threads: 2 });
  const to = engine.allocate(4096 * 4);
  const bulk = { perSample: 16, count: 4096, first: 0, counter: [0, 0, 0], key: [0, 0] } as const;
  await engine.close();
  await expect(engine.run([{ kind: "words", to, ...bulk }], 256)).rejects.toThrow(
    "the thread has ended",
  );
});

test("a trap in the kernels fails the run and leaves the engine usable", async () => {
  const engine = await createEngine({ threads: 2 });
  const bulk = { perSample: 16, count: 1e6, first: 0, counter: [0, 0, 0], key: [0, 0] } as const;
  const outside: Command = { kind: "words", to: 0xfff00000, ...bulk };
  await expect(engine.run([outside], 62_500)).rejects.toThrow();
  const to = engine.allocate(64);
  await engine.run([{ kind: "words", to, ...bulk, count: 16 }], 1);
  expect(engine.uint32(to, 1)[0]).toBe(0x6627e8d5);
  await engine.close();
});

test("idle threads do not keep a process alive", () => {
  const root = join(import.meta.dirname, "../../..");
  const script =
    'const { createEngine } = await import("./runtime/kernels/engine.ts");' +
    "await createEngine({ threads: 2 }); console.log('made');";
  const output = execFileSync(
    process.execPath,
    ["--import", "./test/bench/typescript.mjs", "--input-type=module", "-e", script],
    { cwd: root, encoding: "utf8", timeout: 20_000 },
  );
  expect(output).toBe("made\n");
});
