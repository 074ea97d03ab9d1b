import { expect, test } from "vitest";
import {
  cellBer,
  senseLevel,
  subthresholdCell,
} from "../../../compiler/physics/subthreshold-cell.ts";
import { applySettings } from "../../../compiler/schema/technology.ts";
import target from "../../../targets/1s1r.ts";

const cell = subthresholdCell(target.technology, "ideal");

test("LRS: I(V_th) = I_th and I(V_th/2) = I_leak, by V_0 = 144.8 mV and I_0 = 4.0 pA", () => {
  expect(cell.lowSlope_V).toBeCloseTo(144.8e-3, 4);
  expect(cell.lowScale_A).toBeCloseTo(4.0e-12, 13);
  expect(cell.low_A).toBeCloseTo(2e-6, 15);
  expect(cell.halfLow_A).toBeCloseTo(2e-9, 18);
  expect(cell.lowScale_A * Math.sinh(1 / cell.lowSlope_V)).toBeCloseTo(2e-9, 18);
});

test("HRS: a tenth at the read voltage, as much as LRS at half of it, by V_0 = 217 mV and I_0 = 40 pA", () => {
  expect(cell.high_A).toBeCloseTo(0.2e-6, 15);
  expect(cell.highSlope_V).toBeCloseTo(217e-3, 3);
  expect(cell.highScale_A).toBeCloseTo(40e-12, 12);
  expect(cell.highScale_A * Math.sinh(1 / cell.highSlope_V)).toBeCloseTo(2e-9, 16);
});

test("reading below the threshold: 1.0 µA at 1.9 V, 0.13 µA at 1.6 V", () => {
  const at = (spreads: number) =>
    subthresholdCell(
      applySettings(target.technology, [`readBelowThreshold=${spreads}`]),
      "guarded",
    );
  expect(at(0.1 / 0.033).low_A).toBeCloseTo(1.0e-6, 8);
  expect(at(0.4 / 0.033).low_A).toBeCloseTo(0.126e-6, 9);
});

test("the sense level errs alike on both states: 0.42·I_LRS, BER Q(ln m/(σ_L + σ_H)) = 2.0e-3", () => {
  expect(senseLevel(cell) / cell.low_A).toBeCloseTo(0.4217, 4);
  expect(cellBer(cell, senseLevel(cell))).toBeCloseTo(2.0e-3, 4);
});

test("leakage below the reference shifts it: what is known does no harm", () => {
  const reference = senseLevel(cell);
  expect(cellBer(cell, reference + 5e-7, 5e-7)).toBeCloseTo(cellBer(cell, reference), 12);
  expect(cellBer(cell, reference, 5e-7)).toBeGreaterThan(cellBer(cell, reference));
});

test("a selector that leaks as it conducts is refused", () => {
  const leaky = applySettings(target.technology, ["leakageCurrent=1uA"]);
  expect(() => subthresholdCell(leaky, "ideal")).toThrow(
    /above twice the leakage, found 2 µA, 2.000 times 1 µA/,
  );
});
