import { describe, expect, test } from "vitest";
import { solve } from "../../../index.ts";

const problem = {
  kind: "half-select",
  i0_A: [
    [4e-12, 4e-11],
    [4e-11, 4e-12],
  ],
  v0_V: 0.2,
  read_V: 1,
  selectedWordLine: 0,
  selectedBitLines: [1],
  wordLineWire_Ohm: 0,
  bitLineWire_Ohm: 0,
};

interface Answer {
  readonly selectedCurrent_A: readonly number[];
  readonly senseCurrent_A: readonly number[];
  readonly bitLineLeakage_A: readonly number[];
  readonly wordLineLeakage_A: number;
  readonly totalLeakage_A: number;
}
const answer = (more: object = {}): Answer => solve({ ...problem, ...more }) as unknown as Answer;

test("ideal wires: the selected cell at the full voltage, those beside it at half, by hand", () => {
  const found = answer();
  expect(found.selectedCurrent_A[0]).toBeCloseTo(4e-11 * Math.sinh(5), 20);
  expect(found.bitLineLeakage_A[0]).toBeCloseTo(4e-12 * Math.sinh(2.5), 20);
  expect(found.wordLineLeakage_A).toBeCloseTo(4e-12 * Math.sinh(2.5), 20);
  expect(found.senseCurrent_A[0]).toBeCloseTo(
    found.selectedCurrent_A[0] + found.bitLineLeakage_A[0],
    20,
  );
  expect(found.totalLeakage_A).toBeCloseTo(found.bitLineLeakage_A[0] + found.wordLineLeakage_A, 20);
});

test("a cell that is not there conducts nothing", () => {
  const found = answer({
    i0_A: [
      [0, 4e-11],
      [4e-11, 0],
    ],
  });
  expect(found.totalLeakage_A).toBe(0);
});

test("wires and a series resistance take current, more the poorer they are", () => {
  const currents = [0, 1e5, 1e6, 1e7].map(
    (ohm) => answer({ wordLineWire_Ohm: ohm, bitLineWire_Ohm: ohm }).selectedCurrent_A[0],
  );
  expect([...currents].sort((a, b) => b - a)).toEqual(currents);
  expect(answer({ seriesResistance_Ohm: 1e8 }).selectedCurrent_A[0]).toBeLessThan(1 / 1e8);
});

test("wires far poorer than the cells are solved as well", () => {
  const rows = 24;
  const cells = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: rows }, (_, c) => ((r * 7 + c * 3) % 2 === 0 ? 4e-9 : 4e-8)),
  );
  const found = answer({ i0_A: cells, read_V: 2, wordLineWire_Ohm: 1e5, bitLineWire_Ohm: 1e5 });
  expect(found.senseCurrent_A[0]).toBeGreaterThan(0);
  expect(found.senseCurrent_A[0]).toBeLessThan(2 / 1e5);
});

test("64 x 64 cells take less than a second", () => {
  const cells = Array.from({ length: 64 }, (_, r) =>
    Array.from({ length: 64 }, (_, c) => ((r * 5 + c * 3) % 4 < 2 ? 4e-12 : 4e-11)),
  );
  const started = performance.now();
  answer({ i0_A: cells, v0_V: 0.1448, read_V: 1.9, wordLineWire_Ohm: 2, bitLineWire_Ohm: 2 });
  expect(performance.now() - started).toBeLessThan(1000);
});

describe("what is no such problem is refused with the field", () => {
  test.each([
    [{ v0_V: 0 }, /v0_V: needs a number above 0, found 0/],
    [{ v0_V: [[1]] }, /v0_V: needs 2 x 2 numbers/],
    [{ selectedWordLine: 2 }, /selectedWordLine: needs a whole number below 2, found 2/],
    [{ selectedBitLines: [] }, /selectedBitLines: needs a list/],
    [{ selectedBitLines: [0, 0] }, /each bit line once/],
    [{ wires: 1 }, /wires: needs one of the fields/],
  ])("%j", (change, message) => {
    expect(() => answer(change)).toThrow(message);
  });
});
