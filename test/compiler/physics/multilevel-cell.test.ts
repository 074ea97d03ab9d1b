import { describe, expect, test } from "vitest";
import {
  levelRanges,
  moved,
  movementAt,
  relaxationScale,
  setSpread,
} from "../../../compiler/physics/multilevel-cell.ts";
import { eightLevels } from "../../support/multilevel.ts";

const micro = (g: number) => Number((g * 1e6).toFixed(1));

describe("ranges", () => {
  test("equal in √G are those of device-models.md 2.2", () => {
    const found = levelRanges(eightLevels).map(({ low_S, high_S }) => [
      micro(low_S),
      micro(high_S),
    ]);
    expect(found).toEqual([
      [21.1, 30.9],
      [33.7, 45.8],
      [49.1, 63.6],
      [67.6, 84.4],
      [88.9, 108.1],
      [113.1, 134.6],
      [140.3, 164.2],
      [170.4, 196.6],
    ]);
  });
  test("of equal centres lie 22.5 µS apart, widen as √G, and the top one fills its part but for the guards", () => {
    const ranges = levelRanges({ ...eightLevels, layout: "centres" });
    expect(ranges.map(({ aim_S }) => micro(aim_S))).toEqual([
      31.3, 53.8, 76.3, 98.8, 121.3, 143.8, 166.3, 188.8,
    ]);
    const widths = ranges.map(({ low_S, high_S }) => high_S - low_S);
    expect(micro(widths[7])).toBe(18);
    expect(widths[0] / widths[7]).toBeCloseTo(Math.sqrt(31.25 / 188.75), 10);
  });
  test("never overlap, for any number of levels in both layouts (R2)", () => {
    for (const layout of ["spread", "centres"] as const) {
      for (let levels = 1; levels <= 15; levels++) {
        const ranges = levelRanges({ ...eightLevels, layout, levels });
        const widths = ranges.map(({ low_S, high_S }) => high_S - low_S);
        for (let k = 1; k < levels; k++) {
          expect(ranges[k].low_S).toBeGreaterThan(ranges[k - 1].high_S);
          expect(widths[k]).toBeGreaterThan(widths[k - 1]);
        }
      }
    }
  });
});

test("a SET spreads as √G: 8 µS at 50 µS, 16 µS at 200 µS", () => {
  expect(micro(setSpread(eightLevels, 50e-6))).toBe(8);
  expect(micro(setSpread(eightLevels, 200e-6))).toBe(16);
});

describe("movement", () => {
  const { relaxation } = eightLevels;
  test("is nothing at once, and 96 % of x after 8 s beside the slow part", () => {
    expect(moved(movementAt(relaxation, 0), 2)).toBe(0);
    expect(movementAt(relaxation, 8).linear).toBeCloseTo(0.959, 3);
  });
  test("slow, is λ·x³ a decade of 1 + t/60 s", () => {
    const year = movementAt(relaxation, 60 * (1e6 - 1));
    expect(moved(year, 1)).toBeCloseTo(1 + 6 * 0.364, 6);
    expect(moved(year, 2)).toBeCloseTo(2 + 6 * 0.364 * 8, 6);
  });
  test("scales as the fourth root of the aim: twice s at 16 times the conductance", () => {
    expect(relaxationScale(eightLevels, 31e-6)).toBeCloseTo(1.73e-6, 12);
    expect(relaxationScale(eightLevels, 16 * 31e-6)).toBeCloseTo(3.46e-6, 12);
  });
});
