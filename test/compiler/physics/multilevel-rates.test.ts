import { describe, expect, test } from "vitest";
import {
  keptInRange,
  meanIterations,
  passChance,
  standardVerify,
} from "../../../compiler/physics/multilevel-rates.ts";
import { verifySimulation } from "../../../compiler/physics/verify-simulation.ts";
import { deriveKey } from "../../../compiler/random.ts";
import { eightLevels, retest, smart } from "../../support/multilevel.ts";

const fifteen = { ...eightLevels, levels: 15 };
const percent = (share: number) => Number((100 * share).toFixed(1));

describe("R4", () => {
  test("85 % of the lowest of 8 levels and 70 % of 15 stay in range for 60 s", () => {
    expect(percent(keptInRange(eightLevels, 0, standardVerify, 60))).toBe(85);
    expect(percent(keptInRange(fifteen, 0, standardVerify, 60))).toBe(70);
  });
  test("the lowest is worst: 91 % and 82 % of the highest", () => {
    expect(percent(keptInRange(eightLevels, 7, standardVerify, 60))).toBeCloseTo(91, -0.5);
    expect(percent(keptInRange(fifteen, 14, standardVerify, 60))).toBeCloseTo(82, -0.5);
  });
  test("what passed a smart verify stays: 99.6, 99.3 and 99.1 % at 60 s, 12 h, two months", () => {
    const kept = [60, 12 * 3600, 60 * 86400].map((t) => keptInRange(eightLevels, 0, smart, t));
    expect(kept.map(percent)).toEqual([99.6, 99.3, 99]);
  });
});

describe("R3", () => {
  test("the criterion of movement takes three times the iterations, the plain re-test 1.09 times", () => {
    const standard = meanIterations(eightLevels, standardVerify);
    expect(standard).toBeCloseTo(1.65, 2);
    expect(meanIterations(eightLevels, smart) / standard).toBeCloseTo(3, 1);
    expect(meanIterations(eightLevels, retest) / standard).toBeCloseTo(1.09, 2);
  });
  test("a re-test of the range alone can take at most 1/0.85 times the iterations of the lowest level", () => {
    const ratio = passChance(eightLevels, 0, standardVerify) / passChance(eightLevels, 0, retest);
    expect(ratio).toBeLessThan(1 / 0.85);
  });
});

describe("a simulated routine", () => {
  const cells = 20_000;
  const simulate = (verify: typeof smart | typeof retest | typeof standardVerify, most: number) => {
    const one = verifySimulation(eightLevels, verify, most, deriveKey(5, "test", 0, 0));
    const outcome = { iterations: 0, passed: false, conductance_S: 0, normal: 0 };
    return Array.from({ length: cells }, (_, cell) => {
      one(1, 0, cell, outcome);
      return { ...outcome };
    });
  };
  test.each([
    ["standard", standardVerify],
    ["smart", smart],
    ["re-test", retest],
  ])("%s takes a geometric number of iterations with the chance of the integral", (_, verify) => {
    const p = passChance(eightLevels, 0, verify);
    const all = simulate(verify, 65535);
    const mean = all.reduce((sum, { iterations }) => sum + iterations, 0) / cells;
    // five standard errors of a geometric mean: √(1 − p)/p/√cells
    const error = Math.sqrt(1 - p) / p / Math.sqrt(cells);
    expect(Math.abs(mean - 1 / p)).toBeLessThan(5 * error);
    expect(all.every(({ passed }) => passed)).toBe(true);
  });
  test("ends in range, and a smart one with cells that moved little", () => {
    for (const { conductance_S, normal } of simulate(smart, 65535)) {
      expect(conductance_S).toBeGreaterThanOrEqual(21.1e-6 - 1e-7);
      expect(conductance_S).toBeLessThanOrEqual(30.9e-6 + 1e-7);
      expect(Math.abs(normal)).toBeLessThan(0.44);
    }
  });
  test("gives a cell up after its most iterations, and leaves it as its last pulse did", () => {
    const given = simulate(smart, 2).filter(({ passed }) => !passed);
    const p = passChance(eightLevels, 0, smart);
    const expected = (1 - p) ** 2;
    const error = Math.sqrt((expected * (1 - expected)) / cells);
    expect(Math.abs(given.length / cells - expected)).toBeLessThan(5 * error);
    expect(given.every(({ iterations }) => iterations === 2)).toBe(true);
  });
});
