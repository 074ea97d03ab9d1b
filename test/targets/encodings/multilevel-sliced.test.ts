import { describe, expect, test } from "vitest";
import encoding from "../../../targets/encodings/multilevel-sliced.ts";
import target from "../../../targets/rram-1t1r.ts";

const withLevels = (value: number, levelLayout = "equal-centres") => ({
  ...target.technology,
  conventions: { ...target.technology.conventions, levelLayout },
  parameters: {
    ...target.technology.parameters,
    levels: { ...target.technology.parameters.levels, value },
  },
});
const layoutOf = (precision: string, technology = withLevels(9)) => {
  const alphabet = encoding.alphabetOf?.(precision, technology);
  return alphabet ? encoding.layout(alphabet, technology) : null;
};

describe("digits on pairs of conducting levels (R8)", () => {
  test("int4 fits one pair of nine levels: 7 is level 8 against level 1, 0 is level 1 twice", () => {
    const layout = layoutOf("int4");
    expect(layout?.cellsPerWeight).toBe(2);
    expect([layout?.patterns[14], layout?.patterns[7], layout?.patterns[0]]).toEqual([
      [8, 1],
      [1, 1],
      [1, 8],
    ]);
  });
  test("int8 takes three pairs in base 7, two levels a step, and two in base 17 of sixteen levels", () => {
    const layout = layoutOf("int8");
    expect(layout?.significance).toEqual([1, -1, 7, -7, 49, -49]);
    // 127 = 3·49 − 3·7 + 1
    expect(layout?.patterns[254]).toEqual([3, 1, 1, 7, 7, 1]);
    expect(layoutOf("int8", withLevels(16))?.significance).toEqual([1, -1, 17, -17]);
  });
  test("every code is the sum of its digits, for every width and number of levels", () => {
    for (const levels of [3, 5, 9, 16]) {
      for (let bits = 2; bits <= 8; bits++) {
        const layout = layoutOf(`int${bits}`, withLevels(levels));
        expect(layout?.alphabet.levels).toHaveLength(2 ** bits - 1);
        layout?.patterns.forEach((pattern, k) => {
          const code = pattern.reduce(
            (sum, level, c) => sum + layout.significance[c] * layout.levelValues[level],
            0,
          );
          expect(code).toBe(layout.alphabet.levels[k]);
          // the low-conductance state is no step of the grid
          expect(Math.min(...pattern)).toBeGreaterThan(0);
        });
      }
    }
  });
  test("needs equal steps and two conducting levels", () => {
    expect(layoutOf("int4", withLevels(9, "spread"))).toBeNull();
    expect(layoutOf("int4", withLevels(2))).toBeNull();
    expect(layoutOf("auto")).toBeNull();
  });
});
