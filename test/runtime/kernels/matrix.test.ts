import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Matrix } from "../../../runtime/kernels/commands.ts";
import { createEngine, type Engine } from "../../../runtime/kernels/engine.ts";
import { type PlaneTerm, planeBytes } from "../../../runtime/kernels/rows.ts";
import { thresholdTable } from "../../../runtime/kernels/thresholds.ts";
import { packWeights, weightTerm } from "../../../runtime/kernels/weights.ts";
import { expectTwins, numbers, regionOf } from "./twins.ts";

type Digits = "bipolar" | "ternary" | "unipolar";
const digitOf = { bipolar: [-1, 1], ternary: [-1, 0, 1], unipolar: [0, 1] } as const;

/** Planes of random digits, and the digits. */
function randomTerm(
  engine: Engine,
  kind: Digits,
  rows: number,
  inputs: number,
  significance: number,
  next: (below: number) => number,
): { readonly term: PlaneTerm; readonly digits: Int8Array } {
  const digits = Int8Array.from(
    { length: rows * inputs },
    () => digitOf[kind][next(digitOf[kind].length)],
  );
  const plane = (isSet: (digit: number) => boolean) => {
    const stride = planeBytes(inputs);
    const made = engine.rows(stride, rows);
    const bytes = engine.bytes(made.at, stride * rows).fill(0);
    digits.forEach((digit, index) => {
      const i = index % inputs;
      const at = Math.floor(index / inputs) * stride + (i >>> 3);
      if (isSet(digit)) bytes[at] |= 1 << (i & 7);
    });
    return made;
  };
  const sign = kind === "unipolar" ? null : plane((digit) => digit < 0);
  const mask = kind === "bipolar" ? null : plane((digit) => digit !== 0);
  return { term: { sign, mask, significance }, digits };
}

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  inputs: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 500, max: 700 })),
  outputs: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 100 })),
  samples: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: 70 })),
  positions: fc.integer({ min: 1, max: 3 }),
  x: fc.array(fc.constantFrom<Digits>("bipolar", "ternary", "unipolar"), {
    minLength: 1,
    maxLength: 2,
  }),
  w: fc.array(fc.constantFrom<Digits>("bipolar", "ternary", "unipolar"), {
    minLength: 1,
    maxLength: 2,
  }),
  steps: fc.integer({ min: 1, max: 5 }),
});

describe.each([1, 2])("with %i threads", (threads) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine({ threads });
  });
  afterAll(() => engine.close());

  // the second has more words and more outputs than the kernel takes at a time
  test.each([
    [131, 70, 9],
    [1100, 261, 9],
  ])(
    "sums of %i inputs and %i outputs are the inner products of the digits, for every pair of plane kinds",
    async (inputs, outputs, rows) => {
      for (const x of ["bipolar", "ternary", "unipolar"] as const) {
        for (const w of ["bipolar", "ternary", "unipolar"] as const) {
          const mark = engine.mark();
          const next = numbers(x.length * 7 + w.length);
          const { term, digits } = randomTerm(engine, x, rows, inputs, 1, next);
          const weights = Int8Array.from(
            { length: outputs * inputs },
            () => digitOf[w][next(digitOf[w].length)],
          );
          const sums = engine.rows(outputs * 4, rows);
          const command: Matrix = {
            kind: "matrix",
            positions: 1,
            from: [term],
            weights: packWeights(engine, weights, outputs, inputs),
            sums,
            thresholds: null,
            sign: null,
            mask: null,
            codes: null,
          };
          await engine.run([command], rows);
          const expected = Int32Array.from({ length: rows * outputs }, (_, at) => {
            const [r, o] = [Math.floor(at / outputs), at % outputs];
            let sum = 0;
            for (let i = 0; i < inputs; i++)
              sum += digits[r * inputs + i] * weights[o * inputs + i];
            return sum;
          });
          expect(engine.int32(sums.at, rows * outputs)).toEqual(expected);
          engine.release(mark);
        }
      }
    },
  );

  test("weights of any alphabet are packed exactly", async () => {
    const mark = engine.mark();
    const [inputs, outputs] = [5, 3];
    const { term } = randomTerm(engine, "unipolar", 1, inputs, 3, () => 1);
    const sums = engine.rows(outputs * 4, 1);
    const codes = Int16Array.of(-7, 0, 5, 1, 2, 100, -100, 0, 0, 1, 3, 3, 3, 3, 3);
    const weights = packWeights(engine, codes, outputs, inputs);
    const none = { thresholds: null, sign: null, mask: null, codes: null };
    await engine.run([{ kind: "matrix", positions: 1, from: [term], weights, sums, ...none }], 1);
    // three times the sum of each row
    expect([...engine.int32(sums.at, 3)]).toEqual([3, 3, 45]);
    engine.release(mark);
  });

  test("sums, planes and codes equal the plain twin's bits for any shape", async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const mark = engine.mark();
        const next = numbers(shape.seed);
        const { inputs, outputs, samples, positions, steps } = shape;
        const rows = samples * positions;
        const from = shape.x.map((kind, k) =>
          randomTerm(engine, kind, rows, inputs, k === 1 ? -2 : 1, next),
        );
        const terms = shape.w.map((kind, k) =>
          weightTerm(
            engine,
            Int8Array.from(
              { length: outputs * inputs },
              () => digitOf[kind][next(digitOf[kind].length)],
            ),
            outputs,
            inputs,
            3 ** k,
          ),
        );
        const thresholds = thresholdTable(
          engine,
          Int32Array.from({ length: outputs * steps }, () => {
            const kind = next(12);
            if (kind === 0) return 2 ** 31 - 1;
            return kind === 1 ? -(2 ** 31) : next(41) - 20;
          }),
          Int8Array.from({ length: outputs }, () => (next(2) === 0 ? 1 : -1)),
        );
        const plane = planeBytes(outputs);
        const command: Matrix = {
          kind: "matrix",
          positions,
          from: from.map(({ term }) => term),
          weights: { inputs, outputs, terms },
          sums: engine.rows(outputs * 4, rows),
          thresholds,
          sign: steps <= 2 ? engine.rows(plane, rows) : null,
          mask: steps <= 2 ? engine.rows(plane, rows) : null,
          codes: { rows: engine.rows(outputs * 2, rows), minimum: -steps, step: 2 },
        };
        const written = [command.sums, command.sign, command.mask, command.codes?.rows ?? null];
        await expectTwins(
          engine,
          [command],
          samples,
          written.flatMap((made) => (made === null ? [] : [regionOf(made, rows)])),
        );
        engine.release(mark);
      }),
      { numRuns: 12 },
    );
  });
});
