import { expect, test } from "vitest";
import { resolveTarget, targetNamed } from "../../../index.ts";
import { offeredPrecisions } from "../../../passes/lowering/target-alphabet.ts";

test.each([
  ["1s1r", "--precision binary or --precision int2 to int8"],
  ["2t2r", "--precision binary or --precision ternary or --precision int2 to int8"],
  ["rram-1t1r", "--precision binary or --precision ternary or --precision int2 to int8"],
])("advice for %s names only what its encodings hold: %s", (name, advice) => {
  const { technology } = targetNamed(name);
  expect(offeredPrecisions(resolveTarget(technology, technology.defaultCondition))).toBe(advice);
});
