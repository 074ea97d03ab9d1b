import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { XbcError } from "../../compiler/errors.ts";
import { conductanceOf, formatQuantity, ohms, parseQuantity } from "../../compiler/units.ts";

describe("parseQuantity", () => {
  test.each([
    ["2uA", "A", 2e-6],
    ["2 µA", "A", 2e-6],
    ["55e-6A", "A", 55e-6],
    ["1.5V", "V", 1.5],
    ["350kOhm", "Ohm", 350e3],
    ["9.79 kΩ", "Ohm", 9790],
    ["100ns", "s", 1e-7],
    ["14fJ", "J", 14e-15],
    ["3MOhm", "Ohm", 3e6],
    ["3mOhm", "Ohm", 3e-3],
    ["5min", "s", 300],
    ["1h", "s", 3600],
    ["60d", "s", 5184000],
    ["-0.2V", "V", -0.2],
    ["0.25", "1", 0.25],
    ["0.1 ln", "ln", 0.1],
    [".5uS", "S", 0.5e-6],
  ])("%s", (text, unit, value) => expect(parseQuantity(text, unit)).toBe(value));

  test.each([
    ["2", "A", "no unit"],
    ["2u", "A", 'the unit "u"'],
    ["2uV", "A", 'the unit "uV"'],
    ["fast", "A", "no number"],
    ["", "A", "no number"],
    ["2uA", "1", 'the unit "uA"'],
    ["1e999A", "A", "too large"],
    ["3toString", "s", 'the unit "toString"'],
    ["3kmin", "s", 'the unit "kmin"'],
  ])("refuses %j as %s and says why", (text, unit, why) => {
    const parse = () => parseQuantity(text, unit, "--set current");
    expect(parse).toThrow(XbcError);
    expect(parse).toThrow(why);
    expect(parse).toThrow("--set current");
  });
});

describe("formatQuantity", () => {
  test.each([
    [2e-6, "A", "2 µA"],
    [350e3, "Ohm", "350 kΩ"],
    [0.9999999e-6, "s", "1 µs"],
    [14e-15, "J", "14 fJ"],
    [-0.2, "V", "-200 mV"],
    [0, "V", "0 V"],
    [0.563, "ln", "0.563"],
    [1e-14, "m2", "1e-14 m2"],
  ])("%d %s", (value, unit, text) => expect(formatQuantity(value, unit)).toBe(text));

  test("is read back by parseQuantity", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-14, max: 1e11, noNaN: true }), (value) => {
        const back = parseQuantity(formatQuantity(value, "A", 17), "A");
        expect(Math.abs(back / value - 1)).toBeLessThan(1e-14);
      }),
    );
  });
});

test("conductance is the inverse of resistance", () => expect(conductanceOf(ohms(5e3))).toBe(2e-4));
