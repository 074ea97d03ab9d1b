import { expect, test } from "vitest";
import { ALWAYS, NEVER, sharedReferences } from "../../../passes/lowering/shared-references.ts";
import { midAlphabet } from "../../../targets/encodings/offset-multibit.ts";

const levels16 = midAlphabet(4);

test("thresholds that differ by a bias share their levels exactly, falling ones turned", () => {
  // levels 10, 20, 30 shifted by 0, −4 and, falling, 2; always-on rows of one parity hold even shifts
  const thresholds = Int32Array.of(10, 20, 30, 6, 16, 26, -12, -22, -32);
  const { on, references, largestError } = sharedReferences(
    thresholds,
    Int8Array.of(1, 1, -1),
    3,
    levels16,
  );
  expect(largestError).toBe(0);
  const rows = [0, 1, 2].map((o) =>
    on.codes.subarray(o * on.rows, (o + 1) * on.rows).reduce((sum, code) => sum + code, 0),
  );
  // direction · (sum + rows) ≥ reference is direction · sum ≥ direction · threshold
  [1, 1, -1].forEach((direction, o) => {
    expect(references.map((level) => direction * level - rows[o])).toEqual([
      ...thresholds.subarray(3 * o, 3 * o + 3),
    ]);
  });
});

test("levels that no sum passes ask for nothing", () => {
  const thresholds = Int32Array.of(10, 20, NEVER, 12, 22, 32, ALWAYS, ALWAYS, NEVER);
  const shared = sharedReferences(thresholds, Int8Array.of(1, 1, 1), 3, levels16);
  expect(shared.thresholds).toBe(5);
  expect(shared.largestError).toBeLessThanOrEqual(1);
  expect(shared.references.every((level, k) => level >= (shared.references[k - 1] ?? level))).toBe(
    true,
  );
});

test("scales of their own show as an error", () => {
  const thresholds = Int32Array.of(10, 20, 30, 100, 200, 300);
  expect(
    sharedReferences(thresholds, Int8Array.of(1, 1), 3, levels16).largestError,
  ).toBeGreaterThan(30);
});
