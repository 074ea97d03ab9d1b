import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  erfc,
  exp,
  log,
  log10,
  normalDensity,
  normalDistribution,
  pow,
  upperTail,
} from "../../compiler/math.ts";

const within = (ours: number, reference: number, tolerance: number) =>
  expect(Math.abs(ours - reference)).toBeLessThanOrEqual(tolerance * Math.abs(reference));

describe("exp and log", () => {
  test("exp agrees with the engine's to 1e−15", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 709, noNaN: true }), (x) => {
        within(exp(x), Math.exp(x), 1e-15);
      }),
      { numRuns: 5000 },
    );
  });

  test("log agrees with the engine's to 1e−15", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 2 ** -1074, max: Number.MAX_VALUE, noNaN: true }),
        fc.double({ min: 0.5, max: 2, noNaN: true }),
        (x, nearOne) => {
          within(log(x), Math.log(x), 1e-15);
          within(log(nearOne), Math.log(nearOne), 1e-15);
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("ends of the range", () => {
    expect([exp(710), exp(-746), exp(0), exp(Number.NaN)]).toEqual([Infinity, 0, 1, Number.NaN]);
    expect([log(0), log(-1), log(1), log(Infinity)]).toEqual([-Infinity, Number.NaN, 0, Infinity]);
    within(exp(-740), Math.exp(-740), 0.01);
    within(log(5e-324), Math.log(5e-324), 1e-15);
  });

  test("pow and log10 are made of them", () => {
    within(pow(3.6363, 0.417), 3.6363 ** 0.417, 1e-14);
    within(log10(1e7), 7, 1e-15);
  });
});

describe("the normal distribution", () => {
  // Q from a 50-digit evaluation of erfc
  test.each([
    [0, 0.5],
    [1, 0.15865525393145705],
    [2, 0.02275013194817921],
    [3, 0.0013498980316300946],
    [5, 2.866515718791939e-7],
    [8, 6.220960574271784e-16],
    [10, 7.619853024160525e-24],
    [20, 2.7536241186062337e-89],
    [37, 5.725571222524577e-300],
  ])("Q(%d) is right relative to its own size", (x, reference) =>
    within(upperTail(x), reference, 1e-12),
  );

  test("Q follows its continued fraction far out", () => {
    for (let x = 6; x < 36; x += 0.37) {
      let fraction = x;
      for (let k = 200; k > 0; k--) fraction = x + k / fraction;
      const reference = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI) / fraction;
      // the engine's own exp(−x²/2) carries x²·2^−53
      within(upperTail(x), reference, 1e-12);
    }
  });

  test("Φ and Q sum to one, and Φ grows as φ", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
        expect(normalDistribution(x) + upperTail(x)).toBeCloseTo(1, 14);
        const h = 1e-4;
        const slope = (normalDistribution(x + h) - normalDistribution(x - h)) / (2 * h);
        expect(slope).toBeCloseTo(normalDensity(x), 8);
      }),
    );
  });

  test("erfc at its ends", () => {
    expect([erfc(0), erfc(30), erfc(-30), erfc(Number.NaN)]).toEqual([1, 0, 2, Number.NaN]);
    within(erfc(0.5), 0.4795001221869535, 1e-15);
    within(erfc(1), 0.15729920705028513, 1e-15);
  });
});
