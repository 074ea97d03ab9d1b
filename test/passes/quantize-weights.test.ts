import { describe, expect, test } from "vitest";
import { compensationOf, roundCompensating } from "../../passes/lowering/compensate.ts";
import { inputProducts } from "../../passes/lowering/layer-inputs.ts";
import { levelGrid } from "../../passes/lowering/level-grid.ts";
import { quadratic, unitOf, weightRangeOf } from "../../passes/lowering/weight-ranges.ts";
import { midAlphabet } from "../../targets/encodings/offset-multibit.ts";

function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000 - 0.5;
  };
}

const grid = levelGrid(midAlphabet(4));

describe("levels", () => {
  test("are the odd numbers −15 … 15: the nearest, the outermost beyond", () => {
    expect([0.1, -0.1, 2.1, 14.2, 99, -99].map(grid.nearest)).toEqual([1, -1, 3, 15, 15, -15]);
  });
  test("of any distance are told apart at their middles", () => {
    const uneven = levelGrid({ name: "levels3", levels: [0, 1, 5] });
    expect([0.4, 0.6, 2.9, 3.1].map(uneven.nearest)).toEqual([0, 1, 1, 5]);
  });
});

describe("the range", () => {
  test("sigma:3.5 puts the outermost level at 3.5 deviations (P2)", () => {
    // deviation 1: the levels' unit is 3.5/15 = 7/30
    const rows = [Float64Array.of(1, -1, 1, -1)];
    expect(unitOf(rows, weightRangeOf("sigma:3.5"), grid, null)).toBeCloseTo(7 / 30, 6);
  });
  test("by least squares loses no more than the spread's", () => {
    const draw = draws(3);
    const rows = [Float64Array.from({ length: 200 }, () => draw() ** 3)];
    const error = (unit: number) =>
      rows[0].reduce((sum, w) => sum + (w - unit * grid.nearest(w / unit)) ** 2, 0);
    const best = unitOf(rows, weightRangeOf("mse"), grid, null);
    expect(error(best)).toBeLessThanOrEqual(
      error(unitOf(rows, weightRangeOf("sigma:3.5"), grid, null)),
    );
  });
  test.each(["sigma", "sigma:0", "sigma:x", "max"])("%s is refused", (text) => {
    expect(() => weightRangeOf(text)).toThrow(/needs auto, sigma:FACTOR, mse or output/);
  });
});

test("compensating rounding leaves a smaller error of outputs than the nearest level", () => {
  const draw = draws(5);
  const inputs = 24;
  // inputs that go together: three sources seen through noise
  const values = Float64Array.from({ length: 400 * inputs }, () => 0);
  for (let s = 0; s < 400; s++) {
    const sources = [draw(), draw(), draw()];
    for (let i = 0; i < inputs; i++) values[s * inputs + i] = sources[i % 3] + 0.2 * draw();
  }
  const products = inputProducts(values, inputs);
  const row = Float64Array.from({ length: inputs }, () => draw());
  const unit = unitOf([row], weightRangeOf("sigma:3.5"), grid, null);
  const lost = (levels: Float64Array) =>
    quadratic(
      row.map((w, i) => w - unit * levels[i]),
      products,
    );
  const plain = lost(row.map((w) => grid.nearest(w / unit)));
  const compensated = lost(roundCompensating(row, unit, grid, compensationOf(products, inputs)));
  expect(compensated).toBeLessThan(plain / 2);
});
