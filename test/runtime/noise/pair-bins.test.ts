import fc from "fast-check";
import { expect, test } from "vitest";
import { OPEN } from "../../../runtime/noise/pair-bins.ts";
import { pairReader } from "../../../runtime/noise/pair-reader.ts";
import { binaryLayout, noiseOf, ternaryLayout } from "../../support/pair-bank.ts";

const UNIT = 2 ** 32;

for (const condition of ["strong", "h6"] as const) {
  for (const digits of ["binary", "ternary"] as const) {
    test(`a ${digits} reading that bins of words call certain is the exact one, ${condition}`, () => {
      const { programming, cycling, sense } = noiseOf(condition);
      const reader = pairReader(
        programming,
        cycling,
        sense,
        digits === "binary" ? binaryLayout() : ternaryLayout(),
      );
      if (!reader) throw new Error("no reader");
      let certain = 0;
      const word = fc.integer({ min: 0, max: UNIT - 1 });
      const level = fc.integer({ min: 0, max: 1 });
      const offset = fc.double({ min: -1.5, max: 1.5, noNaN: true });
      fc.assert(
        fc.property(level, word, level, word, offset, (level0, word0, level1, word1, shift) => {
          const sign = reader.certain[0](level0, word0, level1, word1, shift);
          if (sign === OPEN) return;
          certain++;
          expect(reader.read([level0, level1], [word0, word1], shift, 0)).toEqual({
            firstLow: sign === 1 ? UNIT : 0,
            secondLow: sign === -1 ? UNIT : 0,
          });
        }),
        {
          numRuns: 3000,
          examples: [
            [0, 0, 1, UNIT - 1, 0],
            [1, 0, 0, UNIT - 1, 0],
          ],
        },
      );
      expect(certain).toBeGreaterThan(300);
    });
  }
}
