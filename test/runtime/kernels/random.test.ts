import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command } from "../../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../../runtime/kernels/engine.ts";
import { flipList } from "../../../runtime/kernels/flips.ts";
import { expectTwins, numbers, regionOf } from "./twins.ts";

const hex = (words: Uint32Array): string[] =>
  [...words].map((word) => word.toString(16).padStart(8, "0"));

describe.each([1, 2])("with %i threads", (threads) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads });
  });
  afterAll(() => engine.close());

  const words = async (
    first: number,
    counter: readonly [number, number, number],
    key: readonly [number, number],
  ): Promise<string[]> => {
    const mark = engine.mark();
    const to = engine.allocate(16);
    await engine.run([{ kind: "words", perSample: 16, count: 4, first, counter, key, to }], 1);
    const found = hex(engine.uint32(to, 4));
    engine.release(mark);
    return found;
  };

  test("Philox gives the published words for zeros, ones and the digits of pi", async () => {
    const ones = 0xffffffff;
    expect(await words(0, [0, 0, 0], [0, 0])).toEqual([
      ...["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"],
    ]);
    expect(await words(ones, [ones, ones, ones], [ones, ones])).toEqual([
      ...["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"],
    ]);
    expect(
      await words(0x243f6a88, [0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ).toEqual(["d16cfe09", "94fdcceb", "5001e420", "24126ea1"]);
  });

  test("words and hits in bulk equal the plain twin's", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.constantFrom(0, 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
        async (seed, sixteens, count, threshold) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const perSample = sixteens * 16;
          const samples = Math.ceil(count / perSample);
          const capacity = 1 + next(perSample);
          const bulk = {
            ...{ perSample, count, first: next(2 ** 31) * 2 + 1 },
            counter: [next(2 ** 31), next(99), next(9)] as const,
            key: [next(2 ** 31), next(2 ** 31)] as const,
          };
          const to = engine.allocate(count * 4);
          const hits = engine.allocate(samples * capacity * 4);
          const counts = engine.allocate(samples * 4);
          const commands: Command[] = [
            { kind: "words", ...bulk, to },
            { kind: "compare", ...bulk, threshold, hits, capacity, counts },
          ];
          await expectTwins(engine, commands, samples, [
            { at: to, bytes: count * 4 },
            { at: hits, bytes: samples * capacity * 4 },
            { at: counts, bytes: samples * 4 },
          ]);
          engine.release(mark);
        },
      ),
      { numRuns: 25 },
    ));

  test("marginal cells flip as the plain twin says", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 0, max: 900 }),
        fc.constantFrom(1, 3, 40),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 2 }),
        fc.constantFrom("s.", "sm", ".m"),
        async (seed, cells, gap, samples, positions, planes) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const [outputs, inputs] = [21, 75];
          const rows = samples * positions;
          const plane = () => {
            const made = engine.rows(16, rows);
            const bytes = engine.bytes(made.at, 16 * rows);
            for (let i = 0; i < bytes.length; i++) bytes[i] = next(256);
            return made;
          };
          let sense = next(1000);
          const chance = (): number => [0, 1, next(2 ** 31) * 2, 2 ** 32 - 1, 2 ** 32][next(5)];
          const limits = Array.from({ length: cells }, () =>
            [chance(), chance()].sort((a, b) => a - b),
          );
          const list = flipList(engine, {
            senses: Uint32Array.from({ length: cells }, () => {
              sense += 1 + next(gap);
              return sense;
            }),
            outputs: Uint32Array.from({ length: cells }, () => next(outputs)),
            inputs: Uint32Array.from({ length: cells }, () => next(inputs)),
            digits: Int8Array.from({ length: cells }, () => next(3) - 1),
            significances: Int32Array.from({ length: cells }, () => 1 << next(4)),
            below: Float64Array.from(limits, ([low]) => low),
            belowOrZero: Float64Array.from(limits, ([, high]) => high),
          });
          const sums = engine.rows(outputs * 4, rows);
          const command: Command = {
            kind: "flip",
            ...{ positions, sums, list, sampleBase: next(5000), plane: next(8) },
            term: {
              sign: planes.includes("s") ? plane() : null,
              mask: planes.includes("m") ? plane() : null,
              significance: -2,
            },
            key: [next(2 ** 31), next(2 ** 31)],
          };
          const written = [regionOf(sums, rows)];
          await expectTwins(engine, [command], samples, written, () =>
            engine.int32(sums.at, rows * outputs).fill(7),
          );
          engine.release(mark);
        },
      ),
      { numRuns: 25 },
    ));

  test("a certain digit is always sensed, an even chance about half the time", async () => {
    const mark = engine.mark();
    const samples = 4000;
    const [half, full] = [2 ** 31, 2 ** 32];
    const list = flipList(engine, {
      senses: Uint32Array.of(5, 6, 7, 8),
      outputs: Uint32Array.of(0, 1, 2, 3),
      inputs: Uint32Array.of(0, 0, 0, 0),
      digits: Int8Array.of(1, 1, 0, -1),
      significances: Int32Array.of(1, 1, 1, 1),
      below: Float64Array.of(full, half, 0, 0),
      belowOrZero: Float64Array.of(full, half, full, 0),
    });
    const sums = engine.rows(16, samples);
    engine.int32(sums.at, samples * 4).fill(0);
    const mask = engine.rows(8, samples);
    engine.bytes(mask.at, samples * 8).fill(1);
    const term = { sign: null, mask, significance: 1 };
    const command: Command = {
      kind: "flip",
      ...{ positions: 1, sums, term, list, sampleBase: 0, plane: 0, key: [1, 2] },
    };
    await engine.run([command], samples);
    const changes = engine.int32(sums.at, samples * 4);
    const of = (output: number): number[] =>
      Array.from({ length: samples }, (_, sample) => changes[sample * 4 + output]);
    expect(new Set(of(0))).toEqual(new Set([-2]));
    expect(new Set(of(2))).toEqual(new Set([0]));
    expect(new Set(of(3))).toEqual(new Set([2]));
    // binomial, standard deviation sqrt(4000) / 2 = 32: within six of it
    const flipped = of(1).filter((change) => change === -2).length;
    expect(Math.abs(flipped - samples / 2)).toBeLessThan(190);
    engine.release(mark);
  });
});
