import fc from "fast-check";
import { expect, test } from "vitest";
import {
  pooled,
  spreadFrom,
  spreadOf,
  studentQuantile,
  wilson,
} from "../../../runtime/report/spread.ts";

test("Student's t of 95 %, against published values", () => {
  // Abramowitz and Stegun, table 26.10, A = 0.95
  const published = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  for (const [k, t] of published.entries()) expect(studentQuantile(k + 1)).toBeCloseTo(t, 3);
  expect(studentQuantile(29)).toBeCloseTo(2.045, 3);
  expect(studentQuantile(120)).toBeCloseTo(1.98, 3);
  expect(studentQuantile(999_999)).toBeCloseTo(1.96, 4);
});

test("an interval over trials is Student's, by hand", () => {
  const { mean, std, ci95, trials } = spreadOf([0.94, 0.95, 0.96], 1000, true);
  expect([mean, std, trials]).toEqual([expect.closeTo(0.95, 12), expect.closeTo(0.01, 12), 3]);
  // 4.3027 · 0.01 / √3 = 0.02484
  expect(ci95[0]).toBeCloseTo(0.95 - 0.02484, 5);
  expect(ci95[1]).toBeCloseTo(0.95 + 0.02484, 5);
});

test("a single trial has Wilson's interval over its samples", () => {
  // 95 of 100: 0.8882 to 0.9785
  const { std, ci95 } = spreadOf([0.95], 100, true);
  expect(std).toBe(0);
  expect(ci95[0]).toBeCloseTo(0.8882, 4);
  expect(ci95[1]).toBeCloseTo(0.9785, 4);
  expect(wilson(1, 50)[1]).toBe(1);
  expect(wilson(0, 50)[0]).toBe(0);
});

test("a distance, which is no share, has no Wilson interval", () => {
  expect(spreadOf([3.5], 100, false).ci95).toEqual([3.5, 3.5]);
});

test("the interval of a share ends at 0 and 1; that of a distance does not", () => {
  // mean 0.95, std 0.0707, t 12.706: half a width of 0.635
  expect(spreadOf([0.9, 1], 100, true).ci95).toEqual([expect.closeTo(0.315, 3), 1]);
  expect(spreadOf([0, 0.1], 100, true).ci95).toEqual([0, expect.closeTo(0.685, 3)]);
  expect(spreadOf([0.9, 1], 100, false).ci95[1]).toBeGreaterThan(1);
});

test("pooling groups of trials gives the spread of all of them", () => {
  const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), (groups) => {
      const together = spreadOf(groups.flat(), 100, true);
      const parts = spreadFrom(
        pooled(groups.map((group) => spreadOf(group, 100, true))),
        100,
        true,
      );
      expect(parts.trials).toBe(together.trials);
      expect(parts.mean).toBeCloseTo(together.mean, 12);
      expect(parts.std).toBeCloseTo(together.std, 7);
    }),
  );
});
