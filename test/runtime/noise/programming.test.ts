import { expect, test } from "vitest";
import { valuesOf } from "../../../compiler/physics/condition.ts";
import { pairDevice } from "../../../compiler/physics/oxram-pair.ts";
import programming from "../../../runtime/noise/programming.ts";
import target from "../../../targets/2t2r.ts";
import { binaryLayout, noiseOf, placeOf } from "../../support/pair-bank.ts";

const place = placeOf(binaryLayout(), { wordLines: 256, bitLines: 64 });
const cells = place.wordLines * place.bitLines;
const parameters = noiseOf("strong").programming;

function program(level: number, changes: Readonly<Record<string, number>> = {}, where = place) {
  const levels = new Uint8Array(cells).fill(level);
  return programming.program(levels, { ...parameters, ...changes }, where);
}

const logs = (conductances: Float32Array) => Array.from(conductances, (g) => -Math.log(g));
const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;
const covariance = (x: readonly number[], y: readonly number[]) => {
  const [mx, my] = [mean(x), mean(y)];
  return mean(x.map((v, i) => (v - mx) * (y[i] - my)));
};
const variance = (x: readonly number[]) => covariance(x, x);
const correlation = (x: readonly number[], y: readonly number[]) =>
  covariance(x, y) / Math.sqrt(variance(x) * variance(y));

test("ln R of LRS has the law's mean and spread", () => {
  const { cell } = pairDevice(valuesOf(target.technology, "strong"));
  const x = logs(program(1));
  // standard errors of mean and spread: σ/√n, σ/√(2n); four of them
  const error = cell.lrsSpread / Math.sqrt(cells);
  expect(Math.abs(mean(x) - Math.log(cell.lrsMedian_Ohm))).toBeLessThan(4 * error);
  expect(Math.abs(Math.sqrt(variance(x)) - cell.lrsSpread)).toBeLessThan(3 * error);
});

test("HRS lies above its floor and has the law's median", () => {
  const { cell } = pairDevice(valuesOf(target.technology, "strong"));
  const resistances = Array.from(program(0), (g) => 1 / g).sort((a, b) => a - b);
  expect(resistances[0]).toBeGreaterThan(cell.hrsFloor_Ohm);
  const above = Math.log((resistances[cells / 2] - cell.hrsFloor_Ohm) / cell.hrsScale_Ohm);
  // standard error of a median: σ·√(π/2n)
  expect(Math.abs(above)).toBeLessThan(4 * cell.hrsSpread * Math.sqrt(Math.PI / (2 * cells)));
});

test("without spread every cell is at its median", () => {
  const g = program(1, { lrsSpread: 0 });
  expect(new Set(g)).toEqual(new Set([Math.fround(1 / parameters.lrsMedian_Ohm)]));
});

test("unused cells do not conduct", () => {
  expect(program(255).every((g) => g === 0)).toBe(true);
});

test("draws depend on seed, trial, layer and bank, and on nothing else", () => {
  const first = program(1);
  expect(program(1)).toEqual(first);
  expect(program(1, {}, { ...place, elapsed_s: 5 })).toEqual(first);
  for (const changed of [{ seed: 8 }, { trial: 1 }, { layer: 1 }, { bank: 1 }]) {
    expect(program(1, {}, { ...place, ...changed })).not.toEqual(first);
  }
});

test("a cell's draw does not depend on the levels of others", () => {
  const levels = Uint8Array.from({ length: cells }, (_, c) =>
    c % 3 === 0 ? 1 : c % 3 === 1 ? 0 : 255,
  );
  const mixed = programming.program(levels, parameters, place);
  const all = program(1);
  for (let c = 0; c < cells; c += 3) expect(mixed[c]).toBe(all[c]);
});

test("programmings of one die correlate by the device's share, any two of them", () => {
  const rounds = [0, 1, 2].map((reprogrammings) => logs(program(1, { reprogrammings })));
  // standard error of a correlation ρ: (1 − ρ²)/√n
  const error = 4 / Math.sqrt(cells);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ]) {
    expect(Math.abs(correlation(rounds[a], rounds[b]) - parameters.deviceShare)).toBeLessThan(
      error,
    );
  }
  const { lrsSpread } = parameters;
  expect(Math.abs(Math.sqrt(variance(rounds[2])) / lrsSpread - 1)).toBeLessThan(
    3 / Math.sqrt(cells),
  );
});

test("a missing parameter is named", () => {
  const levels = new Uint8Array(4);
  expect(() => programming.program(levels, {}, place)).toThrow(/lrsMedian_Ohm/);
});
