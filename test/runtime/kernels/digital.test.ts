import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Command, MASKED_CODE, type PlaneFormat } from "../../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../../runtime/kernels/engine.ts";
import { runPlain } from "../../../runtime/kernels/plain.ts";
import { planeBytes, type Rows } from "../../../runtime/kernels/rows.ts";
import { thresholdTable } from "../../../runtime/kernels/thresholds.ts";
import { expectTwins, numbers, regionOf } from "./twins.ts";

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  elements: fc.integer({ min: 1, max: 150 }),
  samples: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 60, max: 70 })),
  positions: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 5 }),
  inner: fc.constantFrom(1, 2, 7, 64),
  steps: fc.integer({ min: 1, max: 9 }),
});

const property = (
  check: (shape: typeof shapes extends fc.Arbitrary<infer T> ? T : never) => Promise<void>,
) => fc.assert(fc.asyncProperty(shapes, check), { numRuns: 15 });

describe.each([1, 2])("with %i threads", (threads) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads });
  });
  afterAll(() => engine.close());

  const fill = (rows: Rows, bytes: number, next: (below: number) => number): void => {
    const view = engine.bytes(rows.at, bytes);
    for (let i = 0; i < bytes; i++) view[i] = next(256);
  };

  test("floats become codes as the plain twin says", () =>
    property(async ({ seed, elements, samples, positions, channels, inner, steps }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const value = (): number => [next(40) - 20, 0.1 * (next(40) - 20), -0, Infinity][next(4)];
      const rows = samples * positions;
      const from = engine.rows(elements * 4, rows);
      engine.float32(from.at, elements * rows).set(Array.from({ length: elements * rows }, value));
      const to = engine.rows(elements * 2 + 2, rows);
      const command: Command = {
        kind: "threshold-float",
        ...{ positions, from, to, elements, channels, inner, steps, minimum: -3, step: 2 },
        thresholds: engine.upload(Float32Array.from({ length: channels * steps }, value)),
        directions: engine.upload(Int8Array.from({ length: channels }, () => 1 - 2 * next(2))),
      };
      await expectTwins(engine, [command], samples, [regionOf(to, rows)]);
      engine.release(mark);
    }));

  test("NaN names the first sample and element, in the engine and in its twin", async () => {
    const mark = engine.mark();
    const [elements, samples] = [9, 300];
    const from = engine.rows(elements * 4, samples * 2);
    const values = engine.float32(from.at, elements * samples * 2).fill(1);
    values[elements * 2 * 290] = Number.NaN;
    values[elements * 2 * 130 + elements + 4] = Number.NaN;
    values[elements * 2 * 130 + elements + 6] = Number.NaN;
    const command: Command = {
      kind: "threshold-float",
      ...{ positions: 2, from, to: engine.rows(elements * 2, samples * 2), elements },
      ...{ channels: 1, inner: 1, steps: 1, minimum: 0, step: 1 },
      thresholds: engine.upload(Float32Array.of(0)),
      directions: engine.upload(Int8Array.of(1)),
    };
    const message = "sample 130, element 13: needed a number, found NaN";
    await expect(engine.run([command], samples)).rejects.toThrow(message);
    expect(() => runPlain(engine, [command], samples)).toThrow(message);
    // the engine goes on working after an error
    values.fill(1);
    await engine.run([command], samples);
    engine.release(mark);
  });

  test("bytes become codes by a table per channel", () =>
    property(async ({ seed, elements, samples, positions, channels, inner }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const from = engine.rows(elements, rows);
      fill(from, elements * rows, next);
      const to = engine.rows(elements * 2, rows);
      const table = engine.upload(
        Int16Array.from({ length: channels * 256 }, () => next(65536) - 32768),
      );
      const shape = { positions, from, to, elements, channels, inner, table };
      await expectTwins(engine, [{ kind: "threshold-bytes", ...shape }], samples, [
        regionOf(to, rows),
      ]);
      engine.release(mark);
    }));

  test("codes become planes in every format", () =>
    property(async ({ seed, elements, samples, positions, steps }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const stride = planeBytes(elements);
      const plane = (): Rows => engine.rows(stride, rows);
      const planes = (count: number): Rows[] => Array.from({ length: count }, plane);
      const from = engine.rows(elements * 2, rows);
      const codes = engine.int16(from.at, elements * rows);
      const bytes = engine.rows(elements, rows);
      fill(bytes, elements * rows, next);
      const cases: readonly [PlaneFormat, () => number][] = [
        [{ kind: "bipolar", sign: plane() }, () => next(2) * 2 - 1],
        [{ kind: "ternary", sign: plane(), mask: plane() }, () => [-1, 0, 1, MASKED_CODE][next(4)]],
        [{ kind: "bits", planes: planes(steps) }, () => next(2 ** steps)],
        [{ kind: "bits", planes: planes(steps) }, () => next(2 ** steps) - 2 ** (steps - 1)],
        [
          { kind: "digits", planes: planes(steps), mask: plane() },
          () => (next(9) === 0 ? MASKED_CODE : 2 * next(2 ** steps) - 2 ** steps + 1),
        ],
        [
          { kind: "digits", planes: planes(steps), mask: null },
          () => 2 * next(2 ** steps) - 2 ** steps + 1,
        ],
      ];
      for (const [format, code] of cases) {
        for (let i = 0; i < codes.length; i++) codes[i] = code();
        for (const type of ["int16", "uint8"] as const) {
          if (type === "uint8" && format.kind !== "bits") continue;
          const source = type === "int16" ? from : bytes;
          const command: Command = {
            kind: "pack",
            ...{ positions, from: source, type, elements, format },
          };
          await expectTwins(engine, [command], samples, regionsOf(format, rows));
        }
      }
      engine.release(mark);
    }));

  test("the digits of a code add up to it", async () => {
    const mark = engine.mark();
    const codes = Int16Array.of(-7, -5, -3, -1, 1, 3, 5, 7);
    const planes = [0, 1, 2].map(() => engine.rows(8, 1));
    const from: Rows = { at: engine.upload(codes), stride: 16, local: false };
    const format: PlaneFormat = { kind: "digits", planes, mask: null };
    await engine.run([{ kind: "pack", positions: 1, from, type: "int16", elements: 8, format }], 1);
    const digit = (k: number, i: number): number =>
      (engine.bytes(planes[k].at, 1)[0] >> i) & 1 ? -1 : 1;
    const sums = [...codes].map((_, i) => digit(0, i) + 2 * digit(1, i) + 4 * digit(2, i));
    expect(sums).toEqual([...codes]);
    engine.release(mark);
  });

  test("pixels become one plane by a table of bits", () =>
    property(async ({ seed, elements, samples, positions }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const from = engine.rows(elements + 3, rows);
      fill(from, (elements + 3) * rows, next);
      const to = engine.rows(planeBytes(elements), rows);
      const table = engine.upload(Uint8Array.from({ length: 32 }, () => next(256)));
      const command: Command = { kind: "pack-bytes", positions, from, to, elements, table };
      await expectTwins(engine, [command], samples, [regionOf(to, rows)]);
      engine.release(mark);
    }));

  test("sums become codes by thresholds and by tables", () =>
    property(async ({ seed, elements, samples, positions, channels, inner, steps }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const from = engine.rows(elements * 4, rows);
      const sums = engine.int32(from.at, elements * rows);
      for (let i = 0; i < sums.length; i++) sums[i] = next(60) - 30;
      const to = engine.rows(elements * 2, rows);
      const thresholds = thresholdTable(
        engine,
        Int32Array.from({ length: channels * steps }, () =>
          next(9) === 0 ? 2 ** 31 - 1 : next(60) - 30,
        ),
        Int8Array.from({ length: channels }, () => 1 - 2 * next(2)),
      );
      const table = engine.upload(Int16Array.from({ length: channels * 60 }, () => next(999)));
      const common = { positions, from, to, elements, inner };
      const requantize: Command = {
        kind: "requantize",
        ...{ ...common, thresholds, minimum: -4, step: 3 },
      };
      const byTable: Command = {
        kind: "requantize-table",
        ...{ ...common, channels, table, size: 60, first: -30 },
      };
      await expectTwins(engine, [requantize], samples, [regionOf(to, rows)]);
      await expectTwins(engine, [byTable], samples, [regionOf(to, rows)]);
      engine.release(mark);
    }));

  test("sums become planes by one threshold or two", () =>
    property(async ({ seed, elements, samples, positions, steps }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const from = engine.rows(elements * 4, rows);
      const sums = engine.int32(from.at, elements * rows);
      for (let i = 0; i < sums.length; i++) sums[i] = next(60) - 30;
      engine.allocate(256);
      const used = 1 + (steps % 2);
      const thresholds = thresholdTable(
        engine,
        Int32Array.from({ length: elements * used }, () => next(60) - 30),
        Int8Array.from({ length: elements }, () => 1 - 2 * next(2)),
      );
      const sign = engine.rows(planeBytes(elements) + 8, rows);
      const mask = used === 2 || steps > 4 ? engine.rows(planeBytes(elements), rows) : null;
      const command: Command = {
        kind: "requantize-planes",
        ...{ positions, from, sign, mask, elements, thresholds },
      };
      const written = [sign, ...(mask ? [mask] : [])].map((made) => regionOf(made, rows));
      await expectTwins(engine, [command], samples, written);
      engine.release(mark);
    }));

  test("a sum outside its table is refused by sample and element", async () => {
    const mark = engine.mark();
    const from = engine.rows(8, 2);
    engine.int32(from.at, 4).set([0, 1, 2, 3]);
    const command: Command = {
      kind: "requantize-table",
      ...{ positions: 1, from, to: engine.rows(4, 2), elements: 2, inner: 1, channels: 1 },
      ...{ table: engine.upload(Int16Array.of(5, 6, 7)), size: 3, first: 0 },
    };
    const message = "sample 1, element 1: a sum lies outside its table";
    await expect(engine.run([command], 2)).rejects.toThrow(message);
    expect(() => runPlain(engine, [command], 2)).toThrow(message);
    engine.release(mark);
  });

  test("two rows of codes become one of sums", () =>
    property(async ({ seed, elements, samples, positions }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const [from, beside] = [0, 1].map(() => engine.rows(elements * 2, rows));
      for (const part of [from, beside]) fill(part, elements * 2 * rows, next);
      engine.allocate(64);
      const to = engine.rows(elements * 4, rows);
      const factors = [next(600) - 300, next(3) - 1] as const;
      const join = { kind: "join", positions, from, beside, to, elements, factors } as const;
      await expectTwins(engine, [join], samples, [regionOf(to, rows)]);
      engine.release(mark);
    }));

  test("elements take the order of a list, or the fill", () =>
    property(async ({ seed, elements, samples, positions, steps }) => {
      const mark = engine.mark();
      const next = numbers(seed);
      const rows = samples * positions;
      const order = engine.upload(
        Int32Array.from({ length: elements }, () => next(elements * steps + 1) - 1),
      );
      for (const bytes of [1, 2, 4] as const) {
        const from = engine.rows(elements * steps * bytes, rows);
        fill(from, elements * steps * bytes * rows, next);
        const to = engine.rows(elements * bytes, rows);
        const shape = { positions, from, to, elements, bytes, order, fill: -32768 };
        await expectTwins(engine, [{ kind: "permute", ...shape }], samples, [regionOf(to, rows)]);
      }
      engine.release(mark);
    }));
});

function regionsOf(format: PlaneFormat, rows: number) {
  const planes = "planes" in format ? [...format.planes] : [format.sign];
  const mask = "mask" in format && format.mask !== null ? [format.mask] : [];
  return [...planes, ...mask].map((plane) => regionOf(plane, rows));
}
