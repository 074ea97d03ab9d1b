import { expect, test } from "vitest";
import type { EncodingLayout, NoisePlace } from "../../../compiler/define.ts";
import bitError from "../../../runtime/noise/bit-error.ts";
import {
  binaryLayout,
  levelsOf,
  mixedCode,
  placeOf,
  ternaryLayout,
} from "../../support/pair-bank.ts";

const store = (
  levels: Uint8Array,
  parameters: Readonly<Record<string, number>>,
  place: NoisePlace,
) => bitError.store(levels, parameters, place);

/** Codes of a bank's weights, by their patterns; NaN for a pattern that holds none, 2 for unused. */
function decode({ alphabet, patterns }: EncodingLayout, levels: Uint8Array): readonly number[] {
  return Array.from({ length: levels.length / 2 }, (_, i) => {
    const pair = [levels[2 * i], levels[2 * i + 1]];
    if (pair.includes(255)) return 2;
    const code = patterns.findIndex((pattern) => pattern.join() === pair.join());
    return code < 0 ? Number.NaN : alphabet.levels[code];
  });
}

/** Four standard deviations of a binomial share. */
const tolerance = (p: number, n: number) => 4 * Math.sqrt((p * (1 - p)) / n);
const place = placeOf(binaryLayout(), { wordLines: 512 });
const weights = 512 * 32;

test("a BER of 0 changes nothing, a BER of 1 every sign", () => {
  const levels = levelsOf(place, mixedCode(2));
  expect(store(levels, { ber: 0 }, place)).toEqual(levels);
  const flipped = decode(place.encoding, store(levels, { ber: 1 }, place));
  expect(flipped).toEqual(decode(place.encoding, levels).map((code) => -code));
});

test("whole weights flip, at the BER, one draw a weight", () => {
  const levels = levelsOf(place, mixedCode(2));
  const before = decode(place.encoding, levels);
  const after = decode(place.encoding, store(levels, { ber: 0.01 }, place));
  const wrong = after.filter((code, i) => code !== before[i]).length / weights;
  expect(after).not.toContain(Number.NaN);
  expect(Math.abs(wrong - 0.01)).toBeLessThan(tolerance(0.01, weights));
});

test("errors at a lower BER are among those at a higher one", () => {
  const levels = levelsOf(place, mixedCode(2));
  const few = store(levels, { ber: 0.01 }, place);
  const many = store(levels, { ber: 0.05 }, place);
  levels.forEach((level, c) => {
    if (few[c] !== level) expect(many[c]).not.toBe(level);
  });
});

test("unused cells stay unused", () => {
  const levels = levelsOf(place, (i) => (i % 2 ? null : 1));
  const after = store(levels, { ber: 1 }, place);
  expect(after.every((level, c) => (level === 255) === (levels[c] === 255))).toBe(true);
});

test("L5, L6: ternary errors by type, each at its own rate", () => {
  const ternary = { ...place, encoding: ternaryLayout() };
  const levels = levelsOf(ternary, mixedCode(3));
  const before = decode(ternary.encoding, levels);
  const rates = { type1: 0.02, type2: 0.05, type3: 0.185 };
  const after = decode(ternary.encoding, store(levels, rates, ternary));
  const share = (from: (code: number) => boolean, to: (code: number, was: number) => boolean) => {
    const among = before.map((code, i) => [code, after[i]]).filter(([code]) => from(code));
    return {
      n: among.length,
      p: among.filter(([was, code]) => to(code, was)).length / among.length,
    };
  };
  const isSign = (code: number) => code !== 0;
  const isZero = (code: number) => code === 0;
  const checks = [
    [rates.type1, share(isSign, (code, was) => code === -was)],
    [rates.type2, share(isSign, isZero)],
    [rates.type3 / 2, share(isZero, (code) => code === 1)],
    [rates.type3 / 2, share(isZero, (code) => code === -1)],
  ] as const;
  for (const [rate, { n, p }] of checks)
    expect(Math.abs(p - rate)).toBeLessThan(tolerance(rate, n));
});

test("one BER on ternary weights goes to both other codes and never makes LRS/LRS", () => {
  const ternary = { ...place, encoding: ternaryLayout() };
  const levels = levelsOf(ternary, mixedCode(3));
  const before = decode(ternary.encoding, levels);
  const after = decode(ternary.encoding, store(levels, { ber: 1 }, ternary));
  expect(after).not.toContain(Number.NaN);
  expect(after.some((code, i) => code === before[i])).toBe(false);
});

test("single cells of several levels move to a neighbour", () => {
  const cells: EncodingLayout = {
    ...binaryLayout(),
    cellsPerWeight: 1,
    levelValues: [0, 1, 2, 3],
    senses: [{ cells: [0], significance: 1, digits: "binary" }],
  };
  const four = placeOf(cells);
  const levels = Uint8Array.from({ length: 2048 }, (_, c) => c % 4);
  const after = store(levels, { ber: 1 }, four);
  expect(after.every((level, c) => level <= 3 && Math.abs(level - levels[c]) === 1)).toBe(true);
});

test("a chance above 1 is refused", () => {
  expect(() =>
    store(
      levelsOf(place, () => 0),
      { ber: 1.5 },
      place,
    ),
  ).toThrow(/ber.*from 0 to 1/);
});
