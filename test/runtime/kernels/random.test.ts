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

  test("words in bulk equal the plain twin's", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3000 }),
        async (seed, sixteens, count) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const perSample = sixteens * 16;
          const samples = Math.ceil(count / perSample);
          const command: Command = {
            kind: "words",
            ...{ perSample, count, first: next(2 ** 31) * 2 + 1 },
            counter: [next(2 ** 31), next(99), next(9)],
            key: [next(2 ** 31), next(2 ** 31)],
            to: engine.allocate(count * 4),
          };
          await expectTwins(engine, [command], samples, [{ at: command.to, bytes: count * 4 }]);
          engine.release(mark);
        },
      ),
      { numRuns: 25 },
    ));

  test("words of banks below a threshold equal the plain twin's", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom(0, 1, 2 ** 28, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
        async (seed, words, samples, threshold) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const hits = engine.allocate(samples * words * 8);
          const counts = engine.allocate(samples * 4);
          const key = [next(2 ** 31), next(2 ** 31)] as const;
          const command: Command = {
            kind: "compare",
            ...{ words, bank: next(5000), threshold, hits, counts, key },
          };
          await expectTwins(engine, [command], samples, [
            { at: hits, bytes: samples * words * 8 },
            { at: counts, bytes: samples * 4 },
          ]);
          engine.release(mark);
        },
      ),
      { numRuns: 25 },
    ));

  test("pairs in doubt equal the plain twin's, for any bank, levels and bounds", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1, 2, 7, 9, 32, 64, 211, 450),
        fc.integer({ min: 1, max: 7 }),
        async (seed, wordLines, bitLines, samples) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const pairs = Math.floor(bitLines / 2);
          const levels = Uint8Array.from(
            { length: samples * wordLines * bitLines + 16 },
            () => [0, 1, 0, 1, 255][next(5)],
          );
          const bounds = (): number => {
            const bound = (): number => [0, 2 ** 32 - 1, next(2 ** 32), next(2 ** 32)][next(4)];
            return engine.upload(Uint32Array.from({ length: samples * pairs + 4 }, bound));
          };
          const size = samples * wordLines * pairs * 12;
          const doubts = engine.allocate(size);
          const counts = engine.allocate(samples * 4);
          const command: Command = {
            kind: "scan-pairs",
            ...{ bank: next(5000), wordLines, bitLines, pairs, levels: engine.upload(levels) },
            ...{ lrsFrom: bounds(), hrsTo: bounds(), zeroTo: bounds(), doubts, counts },
            key: [next(2 ** 31), next(2 ** 31)],
          };
          await expectTwins(engine, [command], samples, [
            { at: doubts, bytes: size },
            { at: counts, bytes: samples * 4 },
          ]);
          engine.release(mark);
        },
      ),
      { numRuns: 40 },
    ));

  test("marginal cells flip as the plain twin says", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 0, max: 700 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 66 }),
        fc.integer({ min: 1, max: 2 }),
        fc.constantFrom("s.", "sm", ".m"),
        async (seed, cells, isListed, samples, positions, planes) => {
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
          const chance = (): number =>
            [0, 1, next(256) * 2 ** 24, next(2 ** 31) * 2, 2 ** next(33), 2 ** 32][next(6)];
          const limits = Array.from({ length: cells }, () =>
            [chance(), chance()].sort((a, b) => a - b),
          );
          const list = flipList(engine, {
            outputs: Uint32Array.from({ length: cells }, () => next(outputs)).sort(),
            inputs: Uint32Array.from({ length: cells }, () => next(inputs)),
            digits: Int8Array.from({ length: cells }, () => next(3) - 1),
            significance: 1 << next(4),
            below: Float64Array.from(limits, ([low]) => low),
            belowOrZero: Float64Array.from(limits, ([, high]) => high),
          });
          const sums = engine.rows(outputs * 4, rows);
          const numbered = Uint32Array.from({ length: samples }, () => next(10000));
          const command: Command = {
            kind: "flip",
            ...{ positions, sums, list, sampleBase: next(5000), plane: next(8) },
            sampleList: isListed ? engine.upload(numbered) : null,
            term: {
              sign: planes.includes("s") ? plane() : null,
              mask: planes.includes("m") ? plane() : null,
              significance: -2,
            },
            ...{ digits: engine.localRows(128), inputs },
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
      outputs: Uint32Array.of(0, 1, 2, 3),
      inputs: Uint32Array.of(0, 0, 0, 0),
      digits: Int8Array.of(1, 1, 0, -1),
      significance: 1,
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
      ...{ positions: 1, sums, term, list, sampleBase: 0, sampleList: null, plane: 0, key: [1, 2] },
      ...{ digits: engine.localRows(64), inputs: 1 },
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

  test("chances are met to 2^-32: by the top byte, and by the low bits where it equals a limit's", async () => {
    const mark = engine.mark();
    const samples = 20_000;
    // chances of -1: below and above 2^-8, on a byte's border, and just beside a border
    const chances = [1e-3, 2 ** -8, 0.0123, 0.25, 0.25 + 2 ** -10, 0.5 - 2 ** -9, 0.9];
    const zero = 0.07;
    const cells = chances.length * 20;
    const chanceOf = (cell: number): number => chances[cell % chances.length];
    const below = Float64Array.from({ length: cells }, (_, cell) =>
      Math.round(chanceOf(cell) * 2 ** 32),
    );
    const list = flipList(engine, {
      outputs: Uint32Array.from({ length: cells }, (_, cell) => cell),
      inputs: new Uint32Array(cells),
      digits: Int8Array.from({ length: cells }, (_, cell) => (chanceOf(cell) < 0.5 ? 1 : -1)),
      significance: 1,
      below,
      belowOrZero: below.map((limit) => limit + Math.round(zero * 2 ** 32)),
    });
    const sums = engine.rows(cells * 4, samples);
    const found = engine.int32(sums.at, samples * cells).fill(0);
    const mask = engine.rows(8, samples);
    engine.bytes(mask.at, samples * 8).fill(1);
    const command: Command = {
      kind: "flip",
      ...{ positions: 1, sums, list, sampleBase: 7, sampleList: null, plane: 1, key: [3, 4] },
      ...{ digits: engine.localRows(64), inputs: 1 },
      term: { sign: null, mask, significance: 1 },
    };
    await engine.run([command], samples);
    chances.forEach((chance, kind) => {
      const counts = [0, 0, 0];
      for (let s = 0; s < samples; s++) {
        for (let cell = kind; cell < cells; cell += chances.length) {
          counts[1 + found[s * cells + cell] + (chance < 0.5 ? 1 : -1)]++;
        }
      }
      // 400,000 independent draws; five standard deviations of a binomial share
      const n = samples * 20;
      for (const [expected, count] of [
        [chance, counts[0]],
        [zero, counts[1]],
      ]) {
        expect(Math.abs(count / n - expected)).toBeLessThan(
          5 * Math.sqrt((expected * (1 - expected)) / n),
        );
      }
    });
    engine.release(mark);
  });

  test("cells that rarely flip do so at their chance, and two of a block as if alone", async () => {
    const mark = engine.mark();
    const samples = 40_000;
    // 64 cells of one block each: classes 6, 8 and the last one, at its bound and far below it
    const chances = [2 ** -6, 0.011, 2 ** -8, 2 ** -20, 2 ** -25];
    const below = Float64Array.from({ length: chances.length * 64 }, (_, cell) =>
      Math.round(chances[cell >> 6] * 2 ** 32),
    );
    const list = flipList(engine, {
      outputs: Uint32Array.from(below, (_, cell) => cell),
      inputs: new Uint32Array(below.length),
      digits: new Int8Array(below.length).fill(1),
      significance: 1,
      below,
      belowOrZero: below,
    });
    expect(list.frequent.blocks).toBe(0);
    const sums = engine.rows(below.length * 4, samples);
    const found = engine.int32(sums.at, samples * below.length).fill(0);
    const mask = engine.rows(8, samples);
    engine.bytes(mask.at, samples * 8).fill(1);
    const command: Command = {
      kind: "flip",
      ...{ positions: 1, sums, list, sampleBase: 0, sampleList: null, plane: 0, key: [5, 6] },
      ...{ digits: engine.localRows(64), inputs: 1 },
      term: { sign: null, mask, significance: 1 },
    };
    await engine.run([command], samples);
    chances.forEach((chance, kind) => {
      let flips = 0;
      let pairs = 0;
      for (let s = 0; s < samples; s++) {
        let here = 0;
        for (let cell = kind * 64; cell < kind * 64 + 64; cell++)
          if (found[s * below.length + cell] === -2) here++;
        flips += here;
        pairs += (here * (here - 1)) / 2;
      }
      // n independent draws: mean n·p and variance n·p; pairs of a block: mean m·p², and as variance
      // m·p²(1 + 126·p) for m = 2016 pairs a sample; six standard deviations, and one for the discreteness
      const n = samples * 64;
      const m = samples * 2016 * chance ** 2;
      expect(Math.abs(flips - n * chance)).toBeLessThan(1 + 6 * Math.sqrt(n * chance));
      expect(Math.abs(pairs - m)).toBeLessThan(1 + 6 * Math.sqrt(m * (1 + 126 * chance)));
    });
    engine.release(mark);
  });

  test("a read depends on its sample's number alone, not on the batch that it is in", async () => {
    const mark = engine.mark();
    const samples = 90;
    const next = numbers(5);
    const cells = 300;
    const list = flipList(engine, {
      outputs: Uint32Array.from({ length: cells }, (_, cell) => cell % 8).sort(),
      inputs: new Uint32Array(cells),
      digits: new Int8Array(cells).fill(1),
      significance: 1,
      below: Float64Array.from({ length: cells }, () => next(2 ** 31)),
      belowOrZero: new Float64Array(cells).fill(2 ** 31),
    });
    const mask = engine.rows(8, samples);
    engine.bytes(mask.at, samples * 8).fill(1);
    const term = { sign: null, mask, significance: 1 };
    const flipped = async (
      sampleList: readonly number[] | null,
      sampleBase: number,
      count: number,
    ) => {
      const sums = engine.rows(32, samples);
      engine.int32(sums.at, samples * 8).fill(0);
      const numbered = sampleList === null ? null : engine.upload(Uint32Array.from(sampleList));
      const room = { digits: engine.localRows(64), inputs: 1 };
      const shared = { positions: 1, sums, term, list, plane: 0, key: [1, 2] as const, ...room };
      await engine.run([{ kind: "flip", ...shared, sampleBase, sampleList: numbered }], count);
      const found = engine.int32(sums.at, count * 8);
      return Array.from({ length: count }, (_, s) => [...found.subarray(s * 8, s * 8 + 8)]);
    };
    const all = await flipped(null, 0, samples);
    expect(await flipped(null, 30, 60)).toEqual(all.slice(30));
    const some = [80, 3, 64, 4];
    expect(await flipped(some, 0, some.length)).toEqual(some.map((s) => all[s]));
    engine.release(mark);
  });
});
