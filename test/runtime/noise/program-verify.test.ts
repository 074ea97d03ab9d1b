import { describe, expect, test } from "vitest";
import type { NoisePlace } from "../../../compiler/define.ts";
import { UNUSED } from "../../../compiler/ir/image.ts";
import { keptInRange, standardVerify } from "../../../compiler/physics/multilevel-rates.ts";
import { cellRanges, multilevelOf } from "../../../compiler/physics/multilevel-technology.ts";
import programVerify from "../../../runtime/noise/program-verify.ts";
import relaxation from "../../../runtime/noise/relaxation.ts";
import target from "../../../targets/rram-1t1r.ts";
import { ternaryPair } from "../../support/placements.ts";

const parametersOf = (condition: string) => {
  const [{ parameters }] = target.laws.noise(target.technology, condition);
  return parameters;
};
const place: NoisePlace = {
  ...{ seed: 4, trial: 0, layer: 0, bank: 0, elapsed_s: 0 },
  ...{ wordLines: 100, bitLines: 100, encoding: ternaryPair, inputsOn: "word lines" },
};
const levels = Uint8Array.from({ length: 10_000 }, (_, c) =>
  c % 11 === 10 ? UNUSED : (c % 11) % 9,
);
const ranges = cellRanges(multilevelOf(target.technology, "smart"));
const isInRange = (g: number, level: number) =>
  g >= ranges[level].low_S * (1 - 1e-6) && g <= ranges[level].high_S * (1 + 1e-6);

describe("program and verify", () => {
  test("leaves every used cell in the range of its level, and unused ones alone", () => {
    const g = programVerify.program(levels, parametersOf("smart"), place);
    levels.forEach((level, c) => {
      if (level === UNUSED) expect(g[c]).toBe(0);
      else if (level > 0) expect(isInRange(g[c], level)).toBe(true);
    });
  });
  test("without its effect lands on the aim", () => {
    const ideal = programVerify.ideal(parametersOf("smart"));
    const g = programVerify.program(levels, ideal, place);
    levels.forEach((level, c) => {
      if (level !== UNUSED) expect(g[c]).toBeCloseTo(ranges[level].aim_S, 10);
    });
  });
  test("by a routine of its own parameters is what the model draws", () => {
    const parameters = parametersOf("standard");
    const [routine] = target.laws.programming(target.technology, "standard").routines;
    if (routine.kind !== "verify") throw new Error("no verify");
    const bank = programVerify.simulate(levels, parameters, place, routine);
    expect(bank.conductances_S).toEqual(programVerify.program(levels, parameters, place));
    expect(bank.converged.every((passed, c) => (passed === 1) === (levels[c] !== UNUSED))).toBe(
      true,
    );
  });
  test("depends on seed, trial, layer, bank and cell alone", () => {
    const parameters = parametersOf("smart");
    const g = programVerify.program(levels, parameters, place);
    const part = programVerify.program(levels.subarray(0, 100), parameters, place);
    expect(part).toEqual(g.subarray(0, 100));
    for (const change of [{ seed: 5 }, { trial: 1 }, { layer: 1 }, { bank: 1 }])
      expect(programVerify.program(levels, parameters, { ...place, ...change })).not.toEqual(g);
  });
});

describe("relaxation", () => {
  const aged = (condition: string, elapsed_s: number) => {
    const parameters = parametersOf(condition);
    const one = new Uint8Array(20_000).fill(1);
    const fresh = programVerify.program(one, parameters, place);
    return relaxation.age(fresh, one, parameters, { ...place, elapsed_s });
  };
  const laws = multilevelOf(target.technology, "smart");
  const share = (g: Float32Array) =>
    g.reduce((n, x) => n + (isInRange(x, 1) ? 1 : 0), 0) / g.length;
  test.each([60, 3600, 86400])(
    "after %i s leaves the share of the integral in range",
    (elapsed_s) => {
      const expected = keptInRange(laws, 0, standardVerify, elapsed_s);
      const error = Math.sqrt((expected * (1 - expected)) / 20_000);
      expect(Math.abs(share(aged("standard", elapsed_s)) - expected)).toBeLessThan(5 * error);
    },
  );
  test("moves few of the cells that passed a smart verify, even in two months", () => {
    expect(share(aged("smart", 60 * 86400))).toBeGreaterThan(0.97);
  });
  test("moves a cell further the longer it is left, in its own direction", () => {
    const [minute, day] = [60, 86400].map((t) => aged("standard", t));
    const fresh = programVerify.program(
      new Uint8Array(20_000).fill(1),
      parametersOf("standard"),
      place,
    );
    fresh.forEach((g, c) => {
      const [first, second] = [minute[c] - g, day[c] - g];
      expect(first * second).toBeGreaterThanOrEqual(0);
      expect(Math.abs(second)).toBeGreaterThanOrEqual(Math.abs(first) - 1e-12);
    });
  });
  test("leaves the low-conductance state, and everything at scale 0", () => {
    const parameters = parametersOf("standard");
    const low = new Uint8Array(100);
    const fresh = programVerify.program(low, parameters, place);
    const later = { ...place, elapsed_s: 1e6 };
    expect(relaxation.age(fresh, low, parameters, later)).toEqual(fresh);
    const still = relaxation.ideal(parameters);
    const all = programVerify.program(levels, parameters, place);
    expect(relaxation.age(all, levels, still, later)).toEqual(all);
  });
});
