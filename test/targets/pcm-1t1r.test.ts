import { describe, expect, test } from "vitest";
import { XbcError } from "../../compiler/errors.ts";
import { circuitOutput, printedOutput } from "../../compiler/physics/readout-star.ts";
import { applySettings, characterize, targetNamed } from "../../index.ts";

const { technology } = targetNamed("pcm-1t1r");

test("every claim that device and circuit decide is met: P1 to P8, P10, P11", async () => {
  const { claims } = await characterize("pcm-1t1r");
  expect(claims.filter(({ met }) => !met)).toEqual([]);
  expect(new Set(claims.map(({ id }) => id))).toEqual(
    new Set(["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P10", "P11"]),
  );
});

test("every parameter says where it comes from", () => {
  for (const { source } of Object.values(technology.parameters))
    expect(source).toMatch(/^(P\d+|assumed|fitted: )/);
});

describe("P3, the star of resistors", () => {
  // R_T/R_BL of 0.1 at the most significant line alone: 8/15 of 0.2 V · 0.1
  const star = { read_V: 0.2, transimpedance_Ohm: 1e3, gain: 0 };
  test("weights the first line by 8/15", () => {
    const open = Number.POSITIVE_INFINITY;
    expect(circuitOutput(star, [1e4, open, open, open]) - 0.2).toBeCloseTo((8 / 15) * 0.02, 12);
    expect(circuitOutput(star, [open, open, open, 1e4]) - 0.2).toBeCloseTo((1 / 15) * 0.02, 12);
  });
  test("as printed has the same signal on another pedestal", () => {
    const lines = [2e3, 3e3, 5e3, 7e3];
    const open = [1, 1, 1, 1].map(() => Number.POSITIVE_INFINITY);
    for (const gain of [0, 1, 4]) {
      const signal = (of: typeof circuitOutput) =>
        of({ ...star, gain }, lines) - of({ ...star, gain }, open);
      expect(signal(printedOutput)).toBeCloseTo(signal(circuitOutput), 12);
    }
  });
});

test("the layout of the reference is one of two words", async () => {
  const odd = {
    ...technology,
    conventions: { ...technology.conventions, referenceLayout: "mixed" },
  };
  const { layout } = (await import("../../targets/encodings/offset-multibit.ts")).default;
  const alphabet = { name: "levels2", levels: [-1, 1] };
  expect(() => layout(alphabet, odd)).toThrow(XbcError);
  expect(
    applySettings(technology, ["decoderResistance=45Ohm"]).parameters.decoderResistance.value,
  ).toBe(45);
});
