import { describe, expect, test } from "vitest";
import { solve } from "../../../runtime/circuit/solve.ts";

const line = {
  kind: "bitline",
  conductance_S: [1e-4, 2e-4],
  gate: [1, 1],
  wire_Ohm: 0,
  decoder_Ohm: 0,
  read_V: 0.2,
};

describe("solve", () => {
  test("a list without a problem is refused", () => {
    expect(() => solve([])).toThrow(/empty list/);
  });
  test("a bit line without resistance is Ohm's law", () => {
    const { current_A, firstCell_V } = solve(line) as Record<string, number>;
    expect(current_A).toBeCloseTo(6e-5, 15);
    expect(firstCell_V).toBe(0.2);
  });
  test("one cell behind a decoder is a divider", () => {
    // 10 kOhm behind 100 + 25 ohm
    const one = { ...line, conductance_S: [1e-4], gate: [1], decoder_Ohm: 100, first_Ohm: 25 };
    expect((solve(one) as Record<string, number>).current_A).toBeCloseTo(0.2 / 10125, 15);
  });
  test("a gated-off cell is out of the circuit", () => {
    const off = { ...line, gate: [1, 0] };
    expect((solve(off) as Record<string, number>).current_A).toBeCloseTo(2e-5, 15);
  });
  test("an open source line with every cell off carries nothing", () => {
    const off = { ...line, gate: [0, 0], sourceLine: { wire_Ohm: 1, end: "far" } };
    expect((solve(off) as Record<string, number>).current_A).toBe(0);
  });
  test("a list gives a list in the same order", () => {
    const answers = solve([line, { ...line, read_V: 0.4 }]) as Record<string, number>[];
    expect(answers[1].current_A).toBeCloseTo(2 * answers[0].current_A, 15);
  });
  test.each([
    [
      { ...line, wire_Ohm: -1 },
      "bitline problem, wire_Ohm: needs a number of at least 0, found -1",
    ],
    [{ ...line, gate: [1] }, "bitline problem, gate: needs 2 of 0 or 1, one a cell, found 1"],
    [{ ...line, gate: [1, 2] }, "bitline problem, gate[1]: needs 0 or 1, found 2"],
    [{ ...line, sourceLine: { wire_Ohm: 1 } }, "bitline problem, sourceLine: needs"],
    [{ ...line, wires: 1 }, "bitline problem, wires: needs one of the fields"],
    [{ kind: "ladder" }, "problem, kind: needs one of"],
    [[line, 3], "problem 1: needs a problem"],
    [
      {
        kind: "crossbar",
        conductance_S: [[1e-6, 1e-6], [1e-6]],
        input_V: [[1, 1]],
        wordLineWire_Ohm: 1,
        bitLineWire_Ohm: 1,
      },
      "crossbar problem, conductance_S[1]: needs 2 numbers",
    ],
    [
      {
        kind: "crossbar",
        conductance_S: [[1e-6, 1e-6]],
        input_V: [[1, 1]],
        wordLineWire_Ohm: 1,
        bitLineWire_Ohm: 1,
      },
      "crossbar problem, input_V: needs 1 volts a vector",
    ],
  ])("refuses a problem by its field: %#", (problem, message) => {
    expect(() => solve(problem)).toThrow(message);
  });
});
