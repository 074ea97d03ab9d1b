import { describe, expect, test } from "vitest";
import {
  idealPairLaw,
  sec74Ber,
  secBer,
  secded84Ber,
  secdedBer,
  secPairTerm,
} from "../../../compiler/physics/error-correction.ts";

const closeTo = (value: number, expected: number, relative: number) =>
  expect(Math.abs(value / expected - 1)).toBeLessThan(relative);

describe("H9", () => {
  // p, SEC(7,4), SECDED(8,4), SEC(71,64), SECDED(72,64), the √2 law; two digits are known of each
  test.each([
    [1e-2, 8.7e-4, 6.9e-4, 7.3e-3, 5.5e-3, 5.0e-4],
    [1e-3, 9.0e-6, 7.0e-6, 9.9e-5, 7.1e-5, 6.2e-6],
    [1e-4, 9.0e-8, 7.0e-8, 9.9e-7, 7.1e-7, 7.2e-8],
  ])("rates behind the codes at a raw BER of %d", (p, sec74, secded84, sec71, secded72, pair) => {
    closeTo(sec74Ber(p), sec74, 0.015);
    closeTo(secded84Ber(p, "left"), secded84, 0.015);
    closeTo(idealPairLaw(p), pair, 0.01);
    closeTo(secdedBer(72, p, "left"), secded72, 0.06);
    // the general sum miscorrects every double error: 105 p² where enumeration gives 98.6 p²
    closeTo(secBer(71, p), sec71, 0.08);
  });

  test("leading terms: 9p², 7p², and 28p³ where detected words are read again", () => {
    closeTo(sec74Ber(1e-6) / 1e-12, 9, 1e-4);
    closeTo(secded84Ber(1e-6, "left") / 1e-12, 7, 1e-4);
    closeTo(secded84Ber(1e-6, "re-read") / 1e-18, 28, 1e-4);
  });

  test("enumeration agrees with the general sums where the code is perfect", () => {
    for (const p of [1e-4, 1e-2, 0.1]) closeTo(sec74Ber(p), secBer(7, p), 0.25 * p + 1e-12);
    closeTo(secBer(7, 1e-5), sec74Ber(1e-5), 1e-4);
    closeTo(secdedBer(8, 1e-5, "left"), secded84Ber(1e-5, "left"), 1e-4);
  });

  test("SEC(71,64) by pairs of columns: 98.6 p²", () => closeTo(secPairTerm(71), 98.6, 1e-3));
  test("SEC(7,4) by pairs of columns: 9 p²", () => expect(secPairTerm(7)).toBe(9));

  test("at p = ½ no code helps", () => {
    expect(sec74Ber(0.5)).toBeCloseTo(0.5, 12);
    expect(secded84Ber(0.5, "left")).toBeCloseTo(0.5, 12);
    expect(idealPairLaw(0.5)).toBeCloseTo(0.5, 12);
  });
});
