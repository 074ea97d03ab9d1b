import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EncodingLayout } from "../../../compiler/define.ts";
import { valuesOf } from "../../../compiler/physics/condition.ts";
import { pairDevice } from "../../../compiler/physics/oxram-pair.ts";
import { pairBer, typeThree } from "../../../compiler/physics/pair-rates.ts";
import {
  fastSense,
  fastSenseBanks,
  senseFast,
  senseSlowly,
} from "../../../runtime/noise/sense-fast.ts";
import target from "../../../targets/2t2r.ts";
import {
  binaryLayout,
  levelsOf,
  lowFirst,
  mixedCode,
  noiseOf,
  placeOf,
  ternaryLayout,
} from "../../support/pair-bank.ts";

const layouts: readonly (readonly [string, EncodingLayout])[] = [
  ["binary, +1 = HRS/LRS", binaryLayout()],
  ["binary, +1 = LRS/HRS", binaryLayout(lowFirst)],
  ["ternary, +1 = HRS/LRS", ternaryLayout()],
  ["ternary, +1 = LRS/HRS", ternaryLayout(lowFirst)],
];

const quiet = { offsetSpread: 0, readSpread: 0, convergence_Ohm: 56e3, convergenceSpread: 0 };

describe("without spreads", () => {
  test.each(layouts)("%s: every digit is the stored code, none is marginal", (_, encoding) => {
    const { programming } = noiseOf("strong");
    const place = placeOf(encoding);
    const code = mixedCode(encoding.patterns.length);
    const still = { ...programming, lrsSpread: 0, hrsSpread: 0 };
    const bank = senseSlowly(levelsOf(place, code), still, null, quiet, place);
    const stored = Array.from(bank.digits, (_, i) => encoding.alphabet.levels[code(i)]);
    expect([...bank.digits]).toEqual(stored);
    expect(bank.marginal.length).toBe(0);
  });
});

test("unused pairs read 2 and are never marginal", () => {
  const place = placeOf(ternaryLayout());
  const { programming, sense } = noiseOf("h6");
  const levels = levelsOf(place, (i) => (i % 5 === 0 ? null : mixedCode(3)(i)));
  const { digits, marginal } = senseFast(levels, programming, sense, place);
  expect(digits.every((digit, i) => (digit === 2) === (i % 5 === 0))).toBe(true);
  expect(marginal.some((i) => i % 5 === 0)).toBe(false);
});

test("marginal senses are ascending, with chances in order and not certain", () => {
  const place = placeOf(ternaryLayout());
  const { programming, sense } = noiseOf("h6");
  const bank = senseFast(levelsOf(place, mixedCode(3)), programming, sense, place);
  expect(bank.marginal.length).toBeGreaterThan(100);
  bank.marginal.forEach((index, m) => {
    if (m > 0) expect(index).toBeGreaterThan(bank.marginal[m - 1]);
    expect(bank.below[m]).toBeLessThanOrEqual(bank.belowOrZero[m]);
    expect(bank.belowOrZero[m]).toBeLessThanOrEqual(2 ** 32);
    const certain =
      bank.below[m] === 2 ** 32 ||
      bank.belowOrZero[m] === 0 ||
      (bank.below[m] === 0 && bank.belowOrZero[m] === 2 ** 32);
    expect(certain).toBe(false);
  });
});

/** Chance of a wrong reading of every sense, mean and standard error over amplifiers. */
function wrongRate(encoding: EncodingLayout, condition: string, code: (i: number) => number) {
  const { programming, sense } = noiseOf(condition);
  const read = fastSense(programming, null, sense, encoding);
  const perAmplifier: number[] = [];
  for (let bank = 0; bank < 60; bank++) {
    const place = placeOf(encoding, { bank });
    const { digits, marginal, below, belowOrZero } = read(levelsOf(place, code), place);
    const sums = new Float64Array(32);
    const stored = (i: number) => encoding.alphabet.levels[code(i)];
    digits.forEach((digit, i) => {
      sums[i % 32] += digit === stored(i) ? 0 : 1;
    });
    marginal.forEach((i, m) => {
      const chances = [below[m], belowOrZero[m] - below[m], 2 ** 32 - belowOrZero[m]];
      sums[i % 32] += 1 - chances[stored(i) + 1] / 2 ** 32 - (digits[i] === stored(i) ? 0 : 1);
    });
    perAmplifier.push(...sums.map((sum) => sum / 32));
  }
  const n = perAmplifier.length;
  const mean = perAmplifier.reduce((a, b) => a + b, 0) / n;
  const variance = perAmplifier.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}

describe("rates of drawn banks equal the integrals, within four standard errors over amplifiers", () => {
  test.each(["h6", "endurance"])("H6, H10: BER of pairs, %s", (condition) => {
    const expected = pairBer(pairDevice(valuesOf(target.technology, condition)));
    const { mean, error } = wrongRate(binaryLayout(), condition, mixedCode(2));
    expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
  });

  test.each(["strong", "ternary-100us"])("L5, L6: zeros read as ±1, %s", (condition) => {
    const expected = typeThree(pairDevice(valuesOf(target.technology, condition)));
    const { mean, error } = wrongRate(ternaryLayout(), condition, () => 1);
    expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
  });
});

describe("the fast way gives the very bits of programming, cycling and sense", () => {
  test.each(
    layouts.flatMap(([name, layout]) =>
      Object.keys(target.technology.conditions).map(
        (condition) => [name, condition, layout] as const,
      ),
    ),
  )("%s, %s", (_, condition, encoding) => {
    const { programming, sense } = noiseOf(condition);
    for (const bank of [0, 1, 2]) {
      const place = placeOf(encoding, { bank, wordLines: 16 });
      const levels = levelsOf(place, (i) =>
        i % 11 === 0 ? null : mixedCode(encoding.patterns.length)(i),
      );
      expect(senseFast(levels, programming, sense, place)).toEqual(
        senseSlowly(levels, programming, null, sense, place),
      );
    }
  });

  test("for any levels, spreads, cycles and bank shape", () => {
    fc.assert(
      fc.property(
        fc.record({
          encoding: fc.constantFrom(...layouts.map(([, layout]) => layout)),
          wordLines: fc.integer({ min: 1, max: 6 }),
          bitLines: fc.integer({ min: 1, max: 23 }),
          seed: fc.nat(),
          cycles: fc.constantFrom(0, 1e6, 7e8),
          reprogrammings: fc.constantFrom(0, 0, 0, 3),
          scale: fc.constantFrom(0, 0.3, 1, 2.5),
          condition: fc.constantFrom(...Object.keys(target.technology.conditions)),
        }),
        ({ encoding, wordLines, bitLines, seed, cycles, reprogrammings, scale, condition }) => {
          const noise = noiseOf(condition);
          const scaled = <T extends Readonly<Record<string, number>>>(parameters: T) =>
            Object.fromEntries(
              Object.entries(parameters).map(([name, value]) => [
                name,
                name.endsWith("Spread") ? value * scale : value,
              ]),
            );
          const place = placeOf(encoding, { wordLines, bitLines, seed });
          // any level anywhere: stuck cells make LRS/LRS, and halves of pairs unused
          const levels = Uint8Array.from(
            { length: wordLines * bitLines },
            (_, c) => [0, 1, 0, 1, 255][mixedCode(5)(c + (seed % 1000))],
          );
          const programming = { ...scaled(noise.programming), reprogrammings };
          const cycling = { ...scaled(noise.cycling), cycles };
          const sense = scaled(noise.sense);
          expect(senseFast(levels, programming, sense, place, cycling)).toEqual(
            senseSlowly(levels, programming, cycling, sense, place),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  test("many banks at once are the banks one by one", () => {
    const { programming, cycling, sense } = noiseOf("h6");
    const encoding = ternaryLayout();
    const place = placeOf(encoding, { wordLines: 2, bitLines: 9, bank: 5 });
    const cells = 18;
    const banks = 70;
    const levels = Uint8Array.from({ length: banks * cells }, (_, c) => mixedCode(2)(c));
    const together = fastSenseBanks(programming, cycling, sense, encoding)(levels, place, banks);
    expect(together.length).toBe(banks);
    together.forEach((bank, b) => {
      const one = levels.slice(b * cells, (b + 1) * cells);
      const alone = senseSlowly(one, programming, cycling, sense, { ...place, bank: 5 + b });
      expect(bank).toEqual(alone);
    });
  });
});
