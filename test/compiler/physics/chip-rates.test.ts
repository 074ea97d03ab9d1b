import { expect, test } from "vitest";
import { chipRates } from "../../../compiler/physics/chip-rates.ts";
import { valuesOf } from "../../../compiler/physics/condition.ts";
import { pairDevice } from "../../../compiler/physics/oxram-pair.ts";
import { pairBer } from "../../../compiler/physics/pair-rates.ts";
import target from "../../../targets/2t2r.ts";

const strong = pairDevice(valuesOf(target.technology, "strong"));

test("H8: most chips of 32 amplifiers lie far below the population's 1e−8", () => {
  const { median, high } = chipRates(strong, 32, { seed: 1, chips: 10_000 });
  // 9.4e−11 and 1.75e−8; the order statistics of 10,000 chips scatter by a few per cent, ln BER being steep
  expect(Math.abs(Math.log(median / 9.4e-11))).toBeLessThan(0.2);
  expect(Math.abs(Math.log(high / 1.75e-8))).toBeLessThan(0.3);
});

test("without offsets every chip is the population", () => {
  const device = { ...strong, amplifier: { ...strong.amplifier, offsetSpread: 0 } };
  const { median, high } = chipRates(device, 32, { seed: 1, chips: 100 });
  expect(median / pairBer(device)).toBeCloseTo(1, 9);
  expect(high).toBeCloseTo(median, 30);
});
