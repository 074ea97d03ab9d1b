import { expect, test } from "vitest";
import stuckAt from "../../../runtime/noise/stuck-at.ts";
import { binaryLayout, levelsOf, mixedCode, placeOf } from "../../support/pair-bank.ts";

const place = placeOf(binaryLayout(), { wordLines: 512 });
const cells = 512 * 64;
const store = (levels: Uint8Array, parameters: Readonly<Record<string, number>>) =>
  stuckAt.store(levels, parameters, place);

test("no stuck cells change nothing", () => {
  const levels = levelsOf(place, mixedCode(2));
  expect(store(levels, { lrs: 0, hrs: 0, unformed: 0 })).toEqual(levels);
});

test("each share of cells reads its level, whatever was written", () => {
  const low = store(new Uint8Array(cells).fill(0), { lrs: 0.02, hrs: 0.1, unformed: 0.05 });
  const high = store(new Uint8Array(cells).fill(1), { lrs: 0.02, hrs: 0.1, unformed: 0.05 });
  const share = (levels: Uint8Array, level: number) =>
    levels.filter((one) => one === level).length / cells;
  // four standard deviations of a binomial share
  const tolerance = (p: number) => 4 * Math.sqrt((p * (1 - p)) / cells);
  expect(Math.abs(share(low, 1) - 0.02)).toBeLessThan(tolerance(0.02));
  expect(Math.abs(share(high, 0) - 0.15)).toBeLessThan(tolerance(0.15));
});

test("unused cells stay unused", () => {
  const levels = levelsOf(place, (i) => (i % 3 ? null : 0));
  const after = store(levels, { lrs: 0.5, hrs: 0.5 });
  expect(after.every((level, c) => (level === 255) === (levels[c] === 255))).toBe(true);
});

test("shares beyond one are refused", () => {
  expect(() => store(new Uint8Array(4), { lrs: 0.6, hrs: 0.6 })).toThrow(/sum to at most 1/);
});
