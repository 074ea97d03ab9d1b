import { describe, expect, test } from "vitest";
import { valuesOf } from "../../../compiler/physics/condition.ts";
import {
  agedDevice,
  amplifierLaws,
  convergenceDelay,
  hrsMedian,
  hrsNormal,
  hrsResistance,
  lrsNormal,
  lrsResistance,
  pairDevice,
  singlePair,
  supplyDelay,
} from "../../../compiler/physics/oxram-pair.ts";
import {
  amplifierBer,
  bestReference,
  idealPairBer,
  midReference,
  pairBer,
  singleCellBer,
  typeOne,
  typeThree,
  typeTwo,
} from "../../../compiler/physics/pair-rates.ts";
import { normalMean } from "../../../compiler/physics/quadrature.ts";
import target from "../../../targets/2t2r.ts";

const strong = valuesOf(target.technology, "strong");
const device = (condition: string) => pairDevice(valuesOf(target.technology, condition));
const atCompliance = (microamperes: number) =>
  pairDevice((name) => (name === "setCurrent" ? microamperes * 1e-6 : strong(name)));
const closeTo = (value: number, expected: number, relative: number) =>
  expect(Math.abs(value / expected - 1)).toBeLessThan(relative);

describe("H8: the compliance sweep at 2.5 V, 1 µs", () => {
  // µA; 1T1R against mid and best reference, 2T2R, 2T2R with an ideal amplifier; two digits known
  test.each([
    [20, 0.148, 0.147, 0.106, 0.098],
    [28, 0.125, 0.123, 0.081, 0.074],
    [35, 0.079, 0.075, 0.033, 0.027],
    [45, 0.033, 0.032, 8.2e-3, 4.7e-3],
    [55, 0.012, 0.012, 2.0e-3, 6.8e-4],
    [70, 3.7e-3, 2.4e-3, 2.9e-4, 3.2e-5],
    [100, 1.4e-3, 6.1e-5, 1.2e-5, 3.4e-8],
    [125, 7.0e-4, 1.6e-6, 1.4e-6, 2.8e-11],
    [200, 1.0e-4, null, 1.0e-8, null],
  ])("%d µA", (current, mid, best, pair, ideal) => {
    const at = atCompliance(current);
    closeTo(singleCellBer(at.cell, midReference(at.cell)), mid, 0.04);
    if (best !== null) closeTo(singleCellBer(at.cell, bestReference(at.cell)), best, 0.04);
    closeTo(pairBer(at), pair, 0.04);
    if (ideal !== null) closeTo(idealPairBer(at.cell), ideal, 0.04);
  });

  test("medians: 5 kΩ and 110.1 kΩ at 200 µA, HRS 182 kΩ at 55 µA", () => {
    expect(atCompliance(200).cell.lrsMedian_Ohm).toBeCloseTo(5e3, 6);
    closeTo(hrsMedian(atCompliance(200).cell), 110.1e3, 1e-3);
    closeTo(hrsMedian(atCompliance(55).cell), 182e3, 3e-3);
  });
});

describe("H10, L5, L6: rates of the conditions", () => {
  test("2T2R: 1.0e−8 strong, 5.0e−5 endurance, 4.1e−6 energy, 3e−10 at 100 µs", () => {
    closeTo(pairBer(device("strong")), 1.0e-8, 0.02);
    closeTo(pairBer(device("endurance")), 5.0e-5, 0.02);
    closeTo(pairBer(device("energy")), 4.1e-6, 0.02);
    closeTo(pairBer(device("ternary-100us")), 3e-10, 0.05);
  });

  test("Type 1, 2 and 3", () => {
    closeTo(typeThree(device("strong")), 0.1852, 1e-3);
    closeTo(typeThree(device("ternary-100us")), 0.065, 1e-3);
    expect(typeTwo(device("strong"))).toBeLessThan(1e-27);
    expect(typeOne(device("strong"))).toBe(pairBer(device("strong")));
    // at 55 µA a weak LRS is late as well: some wrong signs read as 0
    closeTo(typeOne(device("h6")), 1.21e-3, 0.02);
  });
});

describe("H11: ageing of the strong condition", () => {
  test.each([
    [0, 1.0e-4, 1.0e-8],
    [1e6, 4.5e-4, 1.6e-7],
    [3e6, 1.0e-3, 8e-7],
    [1e7, 2.3e-3, 4.6e-6],
    [1e8, 8.2e-3, 9e-5],
    [7e8, 1.9e-2, 7e-4],
  ])("%d cycles", (cycles, single, pair) => {
    const aged = agedDevice(device("strong"), cycles);
    closeTo(singleCellBer(aged.cell, midReference(aged.cell)), single, 0.05);
    closeTo(pairBer(aged), pair, 0.06);
  });
});

describe("readings of a pair", () => {
  test("the mean over amplifiers' offsets is the population's rate", () => {
    const at = device("h6");
    const mean = normalMean((o) => amplifierBer(at, at.amplifier.offsetSpread * o), 0.1);
    closeTo(mean, pairBer(at), 1e-6);
  });

  test("one cycled pair on one amplifier errs less than the population", () => {
    expect(pairBer(singlePair(device("strong")))).toBeLessThan(1e-3 * pairBer(device("strong")));
  });

  test("normals and resistances invert each other", () => {
    const { cell } = device("strong");
    for (const u of [-3, 0, 2.5]) {
      expect(hrsNormal(cell, hrsResistance(cell, u))).toBeCloseTo(u, 10);
      expect(lrsNormal(cell, lrsResistance(cell, u))).toBeCloseTo(u, 10);
    }
    expect(hrsNormal(cell, lrsResistance(cell, 0))).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("L3: convergence", () => {
  test("delays: 4.5 ns for 5 kΩ, 286 ns for 320 kΩ", () => {
    closeTo(convergenceDelay(strong, 5e3), 4.46e-9, 0.01);
    closeTo(convergenceDelay(strong, 320e3), 286e-9, 0.01);
  });

  test("the supply moves the delay by about 2 at 0.7 V, the border from 46.5 to 65.1 kΩ at 1.2 V", () => {
    closeTo(supplyDelay(strong, 0.6) / supplyDelay(strong, 0.7), 2.24, 0.01);
    closeTo(supplyDelay(strong, 0.8) / supplyDelay(strong, 0.7), 0.55, 0.01);
    const border = (supply: number) =>
      amplifierLaws((name) => (name === "supply" ? supply : strong(name))).convergence_Ohm;
    closeTo(border(1.1), 46.5e3, 0.01);
    closeTo(border(1.3), 65.1e3, 0.01);
  });

  test("a read noise above the whole spread is refused", () => {
    expect(() => amplifierLaws((name) => (name === "readNoise" ? 0.5 : strong(name)))).toThrow(
      /readNoise/,
    );
  });
});
