import { describe, expect, test } from "vitest";
import { exp } from "../../../compiler/math.ts";
import { crossbarWires } from "../../../compiler/physics/crossbar-device.ts";
import {
  halfSelectParameters,
  halfSelectRead,
  sensedCurrents,
  senseReferences,
} from "../../../compiler/physics/half-select-read.ts";
import { subthresholdCell } from "../../../compiler/physics/subthreshold-cell.ts";
import { deriveKey, fillWords, normalOf } from "../../../compiler/random.ts";
import { applySettings } from "../../../compiler/schema/technology.ts";
import { solve } from "../../../index.ts";
import target from "../../../targets/1s1r.ts";

const UNUSED = 255;

/** A bank of drawn cells, what each conducts, and its read. */
function drawn(lines: number, settings: readonly string[] = [], seed = 1, condition = "guarded") {
  const technology = applySettings(target.technology, settings);
  const cell = subthresholdCell(technology, condition);
  const wires = crossbarWires(technology, condition);
  const parameters = halfSelectParameters(cell, wires, false);
  const read = halfSelectRead((name) => parameters[name]);
  const words = fillWords(
    deriveKey(seed, "bank", 0, 0),
    0,
    0,
    0,
    new Uint32Array(2 * lines * lines),
  );
  const levels = Uint8Array.from({ length: lines * lines }, (_, k) => words[2 * k] & 1);
  const cells_A = Float64Array.from(levels, (level, k) => {
    const spread = level === 1 ? cell.lowSpread : cell.highSpread;
    return read.currents_A[level] * exp(spread * normalOf(words[2 * k + 1]));
  });
  return { cell, wires, read, cells_A, bank: { wordLines: lines, bitLines: lines, levels } };
}

/** The circuit's answer for one word line and one group of bit lines. */
function solved(
  { read, cells_A, bank, wires }: ReturnType<typeof drawn>,
  row: number,
  lines: readonly number[],
): readonly number[] {
  const { wordLines, bitLines, levels } = bank;
  const matrix = (value: (at: number) => number) =>
    Array.from({ length: wordLines }, (_, w) =>
      Array.from({ length: bitLines }, (_, b) => value(w * bitLines + b)),
    );
  const answer = solve({
    kind: "half-select",
    i0_A: matrix((at) => cells_A[at] / Math.sinh(read.read_V / read.slopes_V[levels[at]])),
    v0_V: matrix((at) => read.slopes_V[levels[at]]),
    read_V: read.read_V,
    selectedWordLine: row,
    selectedBitLines: lines,
    wordLineWire_Ohm: wires.wordLineWire_Ohm,
    bitLineWire_Ohm: wires.bitLineWire_Ohm,
  }) as unknown as { readonly senseCurrent_A: readonly number[] };
  return answer.senseCurrent_A;
}

const group = (first: number, count: number) => Array.from({ length: count }, (_, k) => first + k);

describe("the fast read agrees with the circuit: sensed currents within a hundredth of I_LRS", () => {
  test.each([
    ["64 lines", 64, [], 31],
    ["128 lines, as many bit lines as the metal carries", 128, [], 32],
    ["96 lines of a resistance five times as high", 96, ["wireResistance=10Ohm"], 24],
    ["96 lines, HRS leaking a tenth", 96, ["halfSelectRatio=0.12"], 24],
  ] as const)("%s", (_, lines, settings, sensed) => {
    const state = drawn(lines, settings);
    const fast = sensedCurrents(state.read, state.bank, state.cells_A, sensed);
    let worst = 0;
    for (const [row, first] of [
      [0, Math.floor(lines / sensed) * sensed - sensed],
      [Math.floor(lines / 2), 0],
      [lines - 1, sensed],
    ]) {
      const bitLines = group(first, sensed);
      solved(state, row, bitLines).forEach((current, k) => {
        const deviation = Math.abs(fast[row * lines + bitLines[k]] - current) / state.cell.low_A;
        worst = Math.max(worst, deviation);
      });
    }
    expect(worst).toBeLessThan(0.01);
  });
  test("a whole bank of 320 x 320 lines, at the far corner", () => {
    const state = drawn(320);
    const fast = sensedCurrents(state.read, state.bank, state.cells_A, 31);
    const bitLines = group(279, 31);
    const worst = solved(state, 0, bitLines).map(
      (current, k) => Math.abs(fast[bitLines[k]] - current) / state.cell.low_A,
    );
    expect(Math.max(...worst)).toBeLessThan(0.01);
  });
});

describe("the sense reference", () => {
  test("lies 0.42·I_LRS above the leakage that the levels and their spread give", () => {
    const { read, cell } = drawn(3);
    const levels = Uint8Array.of(1, 0, 1, 0, 1, 0, 1, 0, 1);
    const references = senseReferences(
      { ...read, perBitLine: true },
      { wordLines: 3, bitLines: 3, levels },
    );
    const [high, low] = [0, 1].map((level) => read.halfSelected_A[level] * read.means[level]);
    // two of three cells leak while one is selected
    expect(references[0]).toBeCloseTo(read.senseLevel_A + ((2 * low + high) * 2) / 3, 15);
    expect(references[1]).toBeCloseTo(read.senseLevel_A + ((low + 2 * high) * 2) / 3, 15);
    const shared = senseReferences(read, { wordLines: 3, bitLines: 3, levels });
    expect(shared[0]).toBeCloseTo((2 * references[0] + references[1]) / 3, 15);
    expect(shared[1]).toBe(shared[0]);
    expect(read.senseLevel_A / cell.low_A).toBeCloseTo(0.4217, 4);
  });
  test("lines without a used cell have none, and count for none", () => {
    const { read } = drawn(2);
    const levels = Uint8Array.of(1, UNUSED, 0, UNUSED);
    const [first, second] = senseReferences(read, { wordLines: 2, bitLines: 2, levels });
    expect(first).toBeGreaterThan(read.senseLevel_A);
    expect(second).toBe(0);
  });
});

test("without wires and leakage a cell is sensed as it conducts", () => {
  const state = drawn(8);
  const read = {
    ...state.read,
    halfSelected_A: [0, 0] as const,
    wordLineWire_Ohm: 0,
    bitLineWire_Ohm: 0,
  };
  expect(sensedCurrents(read, state.bank, state.cells_A, 3)).toEqual(state.cells_A);
});

test("masked and unused word lines neither leak nor are read: an unused cell adds nothing", () => {
  const state = drawn(4);
  const levels = state.bank.levels.slice();
  levels.fill(UNUSED, 8);
  const cells_A = state.cells_A.slice().fill(0, 8);
  const bank = { wordLines: 4, bitLines: 4, levels };
  const sensed = sensedCurrents(state.read, bank, cells_A, 4);
  const leak = (at: number) =>
    (cells_A[at] * state.read.halfSelected_A[levels[at]]) / state.read.currents_A[levels[at]];
  for (let b = 0; b < 4; b++) expect(sensed[b]).toBeCloseTo(cells_A[b] + leak(4 + b), 9);
});
