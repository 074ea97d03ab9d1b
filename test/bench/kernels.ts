/**
 * Speed of the kernels beside a C loop, in the same run:
 *   node --import ./test/bench/typescript.mjs test/bench/kernels.ts
 * Times are the best of many. With --check it fails below the floors at the end.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command, Matrix } from "../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../runtime/kernels/engine.ts";
import type { Rows } from "../../runtime/kernels/rows.ts";
import { planeBytes } from "../../runtime/kernels/rows.ts";
import { thresholdTable } from "../../runtime/kernels/thresholds.ts";
import { packWeights } from "../../runtime/kernels/weights.ts";
import { hold } from "./goal.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** The generator of xnor.c. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
}

async function best(runs: number, work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const begin = performance.now();
    await work();
    least = Math.min(least, performance.now() - begin);
  }
  return least / 1000;
}

interface Native {
  readonly plain: number;
  readonly tiled: number;
  readonly checksum: number;
}

/** null where there is no C compiler. */
function native(flags: readonly string[]): Native | null {
  const folder = mkdtempSync(join(tmpdir(), "xbc-bench-"));
  try {
    const program = join(folder, "xnor");
    execFileSync("gcc", ["-O3", ...flags, join(here, "native/xnor.c"), "-o", program]);
    return JSON.parse(execFileSync(program, { encoding: "utf8" }));
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const onlySums = { thresholds: null, sign: null, mask: null, codes: null };

/** K = M = 1024, 256 rows: 10^9 multiply-accumulates a second, and the checksum of xnor.c. */
async function matrixKernel(engine: Engine): Promise<{ speed: number; checksum: number }> {
  const mark = engine.mark();
  const [rows, size] = [256, 1024];
  const next = generator();
  const x = engine.rows(planeBytes(size), rows);
  const planes = engine.uint32(x.at, rows * 32);
  for (let i = 0; i < planes.length; i++) planes[i] = next();
  const bits = Uint32Array.from({ length: size * 32 }, next);
  const digits = Int8Array.from({ length: size * size }, (_, at) =>
    (bits[at >>> 5] >>> (at & 31)) & 1 ? -1 : 1,
  );
  const sums = engine.rows(size * 4, rows);
  const command: Matrix = {
    kind: "matrix",
    positions: 1,
    from: [{ sign: x, mask: null, significance: 1 }],
    weights: packWeights(engine, digits, size, size),
    sums,
    ...onlySums,
  };
  const time = await best(200, () => engine.run([command], rows));
  let checksum = 0;
  for (const sum of engine.int32(sums.at, rows * size)) {
    checksum = (Math.imul(checksum, 31) + sum) >>> 0;
  }
  engine.release(mark);
  return { speed: (rows * size * size * 1e-9) / time, checksum };
}

/** A binary or ternary chain from uint8 pixels to the sums of the last layer, images a second. */
async function chain(
  engine: Engine,
  sizes: readonly number[],
  samples: number,
  ternary: boolean,
): Promise<number> {
  const mark = engine.mark();
  const next = generator();
  const pixels = engine.rows(sizes[0], samples);
  engine.bytes(pixels.at, sizes[0] * samples).forEach((_, at, all) => {
    all[at] = next() >>> 24;
  });
  const first = engine.localRows(planeBytes(sizes[0]));
  const table = engine.upload(Uint8Array.from({ length: 32 }, (_, byte) => (byte < 16 ? 255 : 0)));
  const commands: Command[] = [
    { kind: "pack-bytes", positions: 1, from: pixels, to: first, elements: sizes[0], table },
  ];
  let x: { sign: Rows; mask: Rows | null } = { sign: first, mask: null };
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1], sizes[layer]];
    const isLast = layer === sizes.length - 1;
    const digits = Int8Array.from({ length: inputs * outputs }, () =>
      ternary ? ((next() >>> 16) % 3) - 1 : next() >>> 31 ? 1 : -1,
    );
    const steps = ternary ? 2 : 1;
    const plane = planeBytes(outputs);
    const to = {
      sign: engine.localRows(plane),
      mask: ternary ? engine.localRows(plane) : null,
    };
    commands.push({
      kind: "matrix",
      positions: 1,
      from: [{ ...x, significance: 1 }],
      weights: packWeights(engine, digits, outputs, inputs),
      sums: isLast ? engine.rows(outputs * 4, samples) : null,
      thresholds: isLast
        ? null
        : thresholdTable(
            engine,
            Int32Array.from({ length: outputs * steps }, (_, at) => (at % steps) * 20 - 9),
            new Int8Array(outputs).fill(1),
          ),
      sign: isLast ? null : to.sign,
      mask: isLast ? null : to.mask,
      codes: null,
    });
    x = to;
  }
  const time = await best(12, () => engine.run(commands, samples));
  engine.release(mark);
  return samples / time;
}

async function measure(threads: number) {
  const engine = await createEngine({ threads });
  const kernel = await matrixKernel(engine);
  const binary = await chain(engine, [784, 1024, 1024, 10], 10_000, false);
  const ternary = await chain(engine, [784, 1024, 1024, 10], 10_000, true);
  await engine.close();
  return { kernel, binary, ternary };
}

const avx2 = native(["-mavx2"]);
const host = native(["-march=native"]);
const one = await measure(1);
const two = await measure(2);

console.log(`${cpus()[0].model}, Node ${process.version}`);
console.log(`matrix 256 x 1024 x 1024, 1 thread: ${one.kernel.speed.toFixed(0)} G binary MAC/s`);
let isFine = true;
for (const [flags, found, goal] of [
  ["-mavx2", avx2, { atLeast: 0.8 }],
  ["-march=native", host, null],
] as const) {
  if (found === null) {
    console.log(`gcc -O3 ${flags}: no C compiler`);
    continue;
  }
  const beside = (loop: string, speed: number, aim: typeof goal) =>
    hold({
      name: `matrix kernel beside ${loop} of gcc -O3 ${flags} (${speed.toFixed(0)} G)`,
      measured: one.kernel.speed / speed,
      goal: aim,
      unit: "x",
    });
  isFine = beside("a plain loop", found.plain, goal) && isFine;
  beside("2 x 2 tiles", found.tiled, null);
  if (found.checksum !== one.kernel.checksum) {
    console.log("the sums DIFFER from those of C");
    isFine = false;
  }
}
for (const kind of ["binary", "ternary"] as const) {
  hold({
    name: `kernels alone, 784-1024-1024-10 ${kind}`,
    measured: one[kind],
    goal: null,
    unit: "images/s",
  });
  const measured = two[kind] / one[kind];
  hold({ name: `kernels alone, ${kind}, two threads beside one`, measured, goal: null, unit: "x" });
}

if (process.argv.includes("--check") && !isFine) process.exit(1);
