import { describe, expect, test } from "vitest";
import type { Technology } from "../../../compiler/define.ts";
import pairs from "../../../targets/2t2r.ts";
import encoding from "../../../targets/encodings/differential-multilevel.ts";
import target from "../../../targets/rram-1t1r.ts";

const withLevels = (value: number, conventions: Technology["conventions"] = {}): Technology => ({
  ...target.technology,
  conventions: { ...target.technology.conventions, ...conventions },
  parameters: {
    ...target.technology.parameters,
    levels: { ...target.technology.parameters.levels, value },
  },
});
const layoutOf = (technology: Technology) => {
  const alphabet = encoding.alphabetOf?.("auto", technology);
  return alphabet ? encoding.layout(alphabet, technology) : null;
};

describe("one cell in the low-conductance state", () => {
  const layout = layoutOf(target.technology);
  test("nine levels give 17 codes: 0 and the eight differences to it, both signs", () => {
    expect(layout?.alphabet.levels).toEqual([
      -49, -43, -37, -31, -25, -19, -13, -7, 0, 7, 13, 19, 25, 31, 37, 43, 49,
    ]);
    expect(layout?.patterns[8]).toEqual([0, 0]);
    expect(layout?.patterns[16]).toEqual([8, 0]);
    expect(layout?.patterns[0]).toEqual([0, 8]);
  });
  test("states its LSB", () => expect(layout?.convention).toMatch(/code 1 is 3\.75 µS/));
  test("two levels are ternary: −v, 0, v", () => {
    expect(layoutOf(withLevels(2))?.alphabet.levels).toEqual([-1, 0, 1]);
  });
});

describe("both cells conducting", () => {
  const layout = layoutOf(withLevels(9, { pairs: "any" }));
  test("gives the differences of conducting levels as well: 31 codes", () => {
    // 0, ±7 … ±49 in steps of 6, ±6 … ±42 in steps of 6
    expect(layout?.alphabet.levels).toHaveLength(31);
  });
  test("a code that several pairs give takes the most stable, the lowest levels", () => {
    const at = layout?.alphabet.levels.indexOf(6) ?? -1;
    expect(layout?.patterns[at]).toEqual([2, 1]);
    const zero = layout?.alphabet.levels.indexOf(0) ?? -1;
    expect(layout?.patterns[zero]).toEqual([0, 0]);
  });
});

test("ranges as wide as the spread give another alphabet, of at most 12 bits (R2)", () => {
  const layout = layoutOf(withLevels(16, { levelLayout: "spread" }));
  expect(layout?.alphabet.levels).toHaveLength(31);
  expect(layout?.alphabet.levels.at(-1)).toBeLessThanOrEqual(2047);
});

test("holds nothing of another technology, no other precision, no unknown convention", () => {
  expect(encoding.layout({ name: "binary", levels: [-1, 1] }, pairs.technology)).toBeNull();
  expect(encoding.alphabetOf?.("int4", target.technology)).toBeNull();
  expect(() => layoutOf(withLevels(9, { pairs: "all" }))).toThrow(/conventions\.pairs: needs/);
  expect(() => layoutOf(withLevels(9, { levelLayout: "even" }))).toThrow(/levelLayout: needs/);
  expect(() => layoutOf(withLevels(17))).toThrow(/levels: needs a whole number from 2 to 16/);
});
