import { expect, test } from "vitest";
import { binaryAlphabet, ternaryAlphabet } from "../../../compiler/ir/network.ts";
import target from "../../../targets/1s1r.ts";
import singleBinary from "../../../targets/encodings/single-binary.ts";

test("S1: one cell a weight, HRS (level 0) = +1, LRS (level 1) = −1", () => {
  const layout = singleBinary.layout(binaryAlphabet, target.technology);
  expect(layout).toMatchObject({ cellsPerWeight: 1, patterns: [[1], [0]], levelValues: [1, -1] });
});

test("a zero has no cell", () => {
  expect(singleBinary.layout(ternaryAlphabet, target.technology)).toBeNull();
});
