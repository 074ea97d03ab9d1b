import { describe, expect, test } from "vitest";
import { applySettings, checkTechnology } from "../../compiler/schema/technology.ts";
import target from "../../targets/1s1r.ts";

const { technology, laws } = target;

test("every number has a source, and the technology keeps its own rules", () => {
  expect(checkTechnology(technology)).toBe(technology);
  for (const { source } of Object.values(technology.parameters)) expect(source).not.toBe("");
});

describe("S1: voltages", () => {
  const { forming, levels, unselected, readBias } = laws.programming(technology, "guarded");
  test("the word line is above the bit line to SET and below it to RESET, all others at half", () => {
    expect(forming).toMatchObject({ wordLine_V: 3.5, bitLine_V: 0, sourceLine_V: null });
    expect(levels.map(({ name }) => name)).toEqual(["HRS", "LRS"]);
    expect(levels[0].pulses).toMatchObject([{ operation: "RESET", wordLine_V: 0, bitLine_V: 2.8 }]);
    expect(levels[1].pulses).toMatchObject([{ operation: "SET", wordLine_V: 3, bitLine_V: 0 }]);
    expect(unselected).toEqual({
      wordLines: "half voltage",
      bitLines: "half voltage",
      complement: "none",
    });
  });
  test("a read lies three spreads below V_th,LRS, where 1.35 cells in a thousand switch", () => {
    expect(readBias?.wordLine_V).toBeCloseTo(2 - 3 * 0.033, 12);
    expect(readBias?.unselected_V).toBeCloseTo((2 - 3 * 0.033) / 2, 12);
    expect(readBias?.switching).toBeCloseTo(1.35e-3, 5);
  });
  test("half of a write voltage that would open a selector is refused", () => {
    const { setRatio } = technology.parameters;
    const parameters = { ...technology.parameters, setRatio: { ...setRatio, value: 1.95 } };
    expect(() => laws.programming({ ...technology, parameters }, "guarded")).toThrow(
      /3 spreads below V_th,LRS 2.00 V.*found 1.95 V, 1.52 spreads/,
    );
  });
});

describe("technologies that cannot work are refused", () => {
  const set = (setting: string) => applySettings(technology, [setting]);
  test.each(["setRatio=0.9", "formingRatio=1", "resetRatio=1.01"])("%s", (setting) => {
    expect(() => laws.programming(set(setting), "guarded")).toThrow(/that opens the selector/);
  });
  test.each([
    ["readMargin=1", /readMargin above 1, .*found 1;/],
    ["readTime=0s", /readTime above 0 s, found 0 s/],
    ["leakageCurrent=0A", /leakage above 0 A, .*found 0 A/],
  ])("%s", (setting, message) => {
    expect(() => laws.costs(set(setting), "guarded")).toThrow(message);
  });
});

test("cautions: reads that switch half of the cells, and states that overlap", () => {
  const cautions = (setting: string[], condition: string) =>
    laws.cautions?.(applySettings(technology, setting), condition);
  expect(cautions([], "guarded")).toEqual([]);
  expect(cautions([], "wide")).toEqual([]);
  expect(cautions([], "ideal")).toEqual([
    expect.stringMatching(/a read switches 50 % of the LRS cells/),
  ]);
  expect(cautions(["lrsSpread=5"], "guarded")).toEqual([expect.stringMatching(/read wrong/)]);
});

test("all claims on the device are met, S7's BER of 2e-3 among them", () => {
  for (const claim of laws.claims) {
    const { met, missedBy } = claim.evaluate(technology, { seed: 1, samples: 20_000 });
    expect([claim.id, claim.quantity, met, missedBy]).toEqual([claim.id, claim.quantity, true, ""]);
  }
  const ber = laws.claims
    .find(({ id }) => id === "S7")
    ?.evaluate(technology, { seed: 1, samples: 200_000 });
  expect(ber?.value).toBeCloseTo(2.0e-3, 4);
  expect(ber?.sampled?.low).toBeLessThan(ber?.value ?? 0);
  expect(ber?.sampled?.high).toBeGreaterThan(ber?.value ?? 1);
});

test("S5: a cell takes (2 · 28 nm)²; a read the currents of its level, by mean over the spread", () => {
  const { cellArea_m2, read } = laws.costs(technology, "ideal");
  expect(cellArea_m2).toBeCloseTo(3136e-18, 24);
  expect(read).toMatchObject({ kind: "by-current", read_V: 2, pulse_s: 100e-9 });
  if (read.kind !== "by-current") throw new Error("by current");
  // medians 0.2 and 2 µA, times e^(σ²/2)
  expect(read.currents_A[0]).toBeCloseTo(0.2e-6 * Math.exp(0.125), 15);
  expect(read.currents_A[1]).toBeCloseTo(2e-6 * Math.exp(0.045), 15);
});
