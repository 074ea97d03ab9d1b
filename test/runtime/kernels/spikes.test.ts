import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Command } from "../../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../../runtime/kernels/engine.ts";
import { planeBytes } from "../../../runtime/kernels/rows.ts";
import { weightRows } from "../../../runtime/kernels/weight-rows.ts";
import { expectTwins, numbers, regionOf } from "./twins.ts";

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  inputs: fc.integer({ min: 1, max: 150 }),
  outputs: fc.integer({ min: 1, max: 150 }),
  samples: fc.integer({ min: 1, max: 9 }),
  positions: fc.integer({ min: 1, max: 4 }),
});

describe.each([1, 2])("with %i threads", (threads) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads });
  });
  afterAll(() => engine.close());

  test("rows of inputs that spike are added as the plain twin says, and as when all are added", () =>
    fc.assert(
      fc.asyncProperty(shapes, async ({ seed, inputs, outputs, samples, positions }) => {
        const mark = engine.mark();
        const next = numbers(seed);
        const rows = samples * positions;
        const mask = engine.rows(planeBytes(inputs), rows);
        const bits = engine.bytes(mask.at, mask.stride * rows).fill(0);
        for (let row = 0; row < rows; row++) {
          for (let i = 0; i < inputs; i++)
            if (next(3) === 0) bits[row * mask.stride + (i >> 3)] |= 1 << (i & 7);
        }
        const digits = Int8Array.from({ length: inputs * outputs }, () => next(3) - 1);
        const sums = engine.rows(outputs * 4, rows);
        const command = (every: boolean): Command => ({
          kind: "add-rows",
          ...{ positions, mask, sums, every },
          weights: weightRows(engine, digits, outputs, inputs, -1),
        });
        await expectTwins(engine, [command(false)], samples, [regionOf(sums, rows)]);
        const events = engine.int32(sums.at, (sums.stride / 4) * rows).slice();
        await engine.run([command(true)], samples);
        expect(engine.int32(sums.at, (sums.stride / 4) * rows)).toEqual(events);
        engine.release(mark);
      }),
      { numRuns: 20 },
    ));

  test("neurons integrate, fire and are reset as the plain twin says", () =>
    fc.assert(
      fc.asyncProperty(
        shapes,
        fc.constantFrom("zero", "subtract"),
        async ({ seed, outputs: neurons, samples, positions: steps }, reset) => {
          const mark = engine.mark();
          const next = numbers(seed);
          const from = engine.rows(steps * neurons * 4, samples);
          engine
            .int32(from.at, (from.stride / 4) * samples)
            .set(Int32Array.from({ length: (from.stride / 4) * samples }, () => next(21) - 8));
          const to = engine.rows(steps * neurons * 2, samples);
          const thresholds = engine.upload(Int32Array.from({ length: neurons }, () => next(9) - 1));
          const command: Command = {
            kind: "integrate-fire",
            ...{ positions: 1, from, to, steps, neurons, thresholds },
            reset: reset === "zero" ? "zero" : "subtract",
          };
          await expectTwins(engine, [command], samples, [
            { at: to.at, bytes: steps * neurons * 2 },
          ]);
          engine.release(mark);
        },
      ),
      { numRuns: 20 },
    ));

  test("by hand: potentials 2, 3 and 1 at a threshold of 3", async () => {
    const mark = engine.mark();
    const run = async (reset: "zero" | "subtract") => {
      const from = engine.rows(16, 1);
      engine.int32(from.at, 4).set([2, 2, 2, 1]);
      const to = engine.rows(8, 1);
      const thresholds = engine.upload(Int32Array.of(3));
      await engine.run(
        [
          {
            kind: "integrate-fire",
            positions: 1,
            from,
            to,
            steps: 4,
            neurons: 1,
            thresholds,
            reset,
          },
        ],
        1,
      );
      return [...engine.int16(to.at, 4)];
    };
    // zero: 2, 4 fires, 2, 3 fires; subtract: 2, 4 fires to 1, 3 fires to 0, 1
    expect(await run("zero")).toEqual([0, 1, 0, 1]);
    expect(await run("subtract")).toEqual([0, 1, 1, 0]);
    engine.release(mark);
  });
});
