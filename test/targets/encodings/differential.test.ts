import { expect, test } from "vitest";
import type { EncodingLayout } from "../../../compiler/define.ts";
import { binaryAlphabet, ternaryAlphabet } from "../../../compiler/ir/network.ts";
import { isPlusWhenFirstLow, sensesPerLine } from "../../../compiler/physics/pair-convention.ts";
import target from "../../../targets/2t2r.ts";
import differentialBinary from "../../../targets/encodings/differential-binary.ts";
import differentialTernary from "../../../targets/encodings/differential-ternary.ts";
import { binaryLayout, lowFirst, ternaryLayout } from "../../support/pair-bank.ts";

const decode = ({ offset, significance, levelValues }: EncodingLayout, levels: readonly number[]) =>
  levels.reduce((code, level, c) => code + significance[c] * levelValues[level], offset);

test.each([
  ["binary, H1", binaryLayout()],
  ["binary, L1", binaryLayout(lowFirst)],
  ["ternary, H1", ternaryLayout()],
  ["ternary, L1", ternaryLayout(lowFirst)],
])("%s: each code's pattern decodes to the code", (_, layout) => {
  expect(layout.patterns.map((levels) => decode(layout, levels))).toEqual(layout.alphabet.levels);
});

test("+1 is HRS on the bit line by H1 and LRS by L1", () => {
  // level 0 is HRS, level 1 is LRS
  expect(binaryLayout().patterns[1]).toEqual([0, 1]);
  expect(binaryLayout(lowFirst).patterns[1]).toEqual([1, 0]);
  expect(isPlusWhenFirstLow(binaryLayout(), 0)).toBe(false);
  expect(isPlusWhenFirstLow(ternaryLayout(lowFirst), 0)).toBe(true);
});

test("no ternary code is LRS/LRS", () => {
  expect(ternaryLayout().patterns).not.toContainEqual([1, 1]);
});

test("an alphabet that does not fit is refused with null", () => {
  expect(differentialBinary.layout(ternaryAlphabet, target.technology)).toBeNull();
  expect(differentialTernary.layout(binaryAlphabet, target.technology)).toBeNull();
  const uneven = { name: "uneven", levels: [-1, 0, 2] };
  expect(differentialTernary.layout(uneven, target.technology)).toBeNull();
});

test("a convention that no paper uses is refused by name", () => {
  const conventions = { ...target.technology.conventions, plusOne: "high" };
  const technology = { ...target.technology, conventions };
  expect(() => differentialBinary.layout(binaryAlphabet, technology)).toThrow(/plusOne.*"high"/);
});

test("a word line of 65 cells has 32 pairs", () => {
  expect(sensesPerLine(binaryLayout(), 65)).toBe(32);
});
