import { expect, test } from "vitest";
import { agedCell } from "../../../compiler/physics/oxram-pair.ts";
import { readAgeing, readCellLaws } from "../../../runtime/noise/cell-parameters.ts";
import cycling from "../../../runtime/noise/cycling.ts";
import programming from "../../../runtime/noise/programming.ts";
import { binaryLayout, levelsOf, mixedCode, noiseOf, placeOf } from "../../support/pair-bank.ts";

const place = placeOf(binaryLayout());
const levels = levelsOf(place, (i) => (i < 900 ? mixedCode(2)(i) : null));
const noise = noiseOf("strong");
const fresh = programming.program(levels, noise.programming, place);
const age = (cycles: number) => cycling.age(fresh, levels, { ...noise.cycling, cycles }, place);

test("no cycles change nothing", () => expect(age(0)).toEqual(fresh));

test("cells keep their rank: as if programmed by the aged laws with the same draws", () => {
  const cell = agedCell(
    readCellLaws("cycling", noise.cycling),
    readAgeing("cycling", noise.cycling),
    1e8,
  );
  const direct = programming.program(levels, { ...noise.programming, ...cell }, place);
  const aged = age(1e8);
  // fresh conductances were rounded to float32: 6e−8, widened by the spreads' growth
  aged.forEach((g, c) => {
    const expected = direct[c];
    expect(Math.abs(g - expected)).toBeLessThanOrEqual(1e-6 * expected);
  });
});

test("H11: LRS rises and HRS falls with cycles", () => {
  const sum = (g: Float32Array, level: number) =>
    g.reduce((total, value, c) => (levels[c] === level ? total - Math.log(value) : total), 0);
  expect(sum(age(1e7), 1)).toBeGreaterThan(sum(fresh, 1));
  expect(sum(age(1e7), 0)).toBeLessThan(sum(fresh, 0));
});

test("the input is left as it was", () => {
  const before = fresh.slice();
  age(1e8);
  expect(fresh).toEqual(before);
});
