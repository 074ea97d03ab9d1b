import { describe, expect, test } from "vitest";
import { activationRangeOf, spanOf } from "../../../passes/lowering/activation-ranges.ts";

const values = Float64Array.from({ length: 1000 }, (_, k) => k / 1000);
const withOutlier = Float64Array.from([...values, 40]);

describe("the span of activations", () => {
  test("max is all of them, a percentile leaves the outermost out at both ends", () => {
    expect(spanOf(withOutlier, activationRangeOf("max"), 8)).toEqual({ low: 0, high: 40 });
    expect(spanOf(values, activationRangeOf("percentile:99"), 8)).toEqual({
      low: 0.01,
      high: 0.989,
    });
  });
  test("least squares keeps all at eight bits, and gives an outlier up at two", () => {
    expect(spanOf(values, activationRangeOf("auto"), 8).high).toBeGreaterThan(0.95);
    const outliers = Float64Array.from(
      [
        ...Array(200)
          .fill([...values])
          .flat(),
        4,
      ].sort(),
    );
    expect(spanOf(outliers, activationRangeOf("mse"), 2).high).toBeLessThan(2);
  });
  test.each(["wide", "percentile", "percentile:20", "percentile:101"])("%s is refused", (text) => {
    expect(() => activationRangeOf(text)).toThrow(/needs auto, max, percentile:P of 50 to 100/);
  });
});
