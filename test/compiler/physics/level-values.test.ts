import { expect, test } from "vitest";
import { levelValues } from "../../../compiler/physics/level-values.ts";
import { cellRanges } from "../../../compiler/physics/multilevel-technology.ts";
import { eightLevels } from "../../support/multilevel.ts";

const ranges = (levels: number, layout: "spread" | "centres") =>
  cellRanges({ ...eightLevels, levels, layout });

test("equal centres of nine levels are 0, 7, 13 … 49 of 3.75 µS, without rounding", () => {
  const { values, lsb_S } = levelValues(ranges(8, "centres"), 0.02);
  expect(values).toEqual([0, 7, 13, 19, 25, 31, 37, 43, 49]);
  expect(lsb_S).toBeCloseTo(3.75e-6, 12);
});

test("a value differs from its aim by at most the share that is allowed, in at most 12 bits", () => {
  for (const layout of ["spread", "centres"] as const) {
    for (let levels = 1; levels <= 15; levels++) {
      const of = ranges(levels, layout);
      const { values, lsb_S } = levelValues(of, 0.02);
      expect(values[levels]).toBeLessThanOrEqual(2047);
      of.forEach(({ aim_S }, k) => {
        const off = Math.abs(values[k] * lsb_S - (aim_S - of[0].aim_S));
        const gaps = of.flatMap((other, j) => (j === k ? [] : [Math.abs(other.aim_S - aim_S)]));
        expect(off).toBeLessThanOrEqual(0.02 * Math.min(...gaps) + 1e-12);
      });
    }
  }
});
