import { describe, expect, test } from "vitest";
import type { Crossbar } from "../../../runtime/circuit/crossbar-solver.ts";
import { crossbarSolver, effectiveConductance } from "../../../runtime/circuit/crossbar-solver.ts";

function bar(rows: number, columns: number, wire_Ohm: number): Crossbar {
  let state = rows * 31 + columns;
  const draw = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  return {
    rows,
    columns,
    conductance_S: Float64Array.from({ length: rows * columns }, () => 1e-6 * 100 ** draw()),
    wordLineWire_Ohm: wire_Ohm,
    bitLineWire_Ohm: wire_Ohm,
    driver_Ohm: 0,
    sense_Ohm: 0,
  };
}

const inputs = (rows: number) => Float64Array.from({ length: rows }, (_, r) => Math.cos(r));

/** The same equations by dense elimination in the order of a band: the oracle for small banks. */
function dense({ rows, columns, conductance_S: g, ...wires }: Crossbar, volts: Float64Array) {
  const nodes = 2 * rows * columns;
  const matrix = Array.from({ length: nodes }, () => new Float64Array(nodes + 1));
  const w = (r: number, c: number) => 2 * (r * columns + c);
  const join = (a: number, b: number, siemens: number) => {
    matrix[a][a] += siemens;
    matrix[b][b] += siemens;
    matrix[a][b] -= siemens;
    matrix[b][a] -= siemens;
  };
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      join(w(r, c), w(r, c) + 1, g[r * columns + c]);
      if (c > 0) join(w(r, c - 1), w(r, c), 1 / wires.wordLineWire_Ohm);
      if (r > 0) join(w(r - 1, c) + 1, w(r, c) + 1, 1 / wires.bitLineWire_Ohm);
    }
    matrix[w(r, 0)][w(r, 0)] += 1 / wires.wordLineWire_Ohm;
    matrix[w(r, 0)][nodes] += volts[r] / wires.wordLineWire_Ohm;
  }
  const foot = (c: number) => w(rows - 1, c) + 1;
  for (let c = 0; c < columns; c++) matrix[foot(c)][foot(c)] += 1 / wires.bitLineWire_Ohm;
  for (let k = 0; k < nodes; k++) {
    for (let i = k + 1; i < nodes; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      if (factor === 0) continue;
      for (let j = k; j <= nodes; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  }
  const x = new Float64Array(nodes);
  for (let k = nodes - 1; k >= 0; k--) {
    let sum = matrix[k][nodes];
    for (let j = k + 1; j < nodes; j++) sum -= matrix[k][j] * x[j];
    x[k] = sum / matrix[k][k];
  }
  return Float64Array.from({ length: columns }, (_, c) => x[foot(c)] / wires.bitLineWire_Ohm);
}

const largestDeviation = (a: Float64Array, b: Float64Array): number => {
  const scale = b.reduce((top, x) => Math.max(top, Math.abs(x)), 0);
  return a.reduce((top, x, k) => Math.max(top, Math.abs(x - b[k])), 0) / scale;
};

describe("a crossbar's currents", () => {
  test.each([0.01, 1, 10, 100])(
    "equal those of elimination within 1e-9, wires of %s ohm",
    (ohm) => {
      const crossbar = bar(18, 13, ohm);
      const { bitLineCurrent_A } = crossbarSolver(crossbar).solve(inputs(18));
      // a good wire costs the oracle digits: 100 S beside 1 µS
      expect(largestDeviation(bitLineCurrent_A, dense(crossbar, inputs(18)))).toBeLessThan(1e-9);
    },
  );
  test("are a plain product where wires are ideal", () => {
    const crossbar = bar(40, 30, 0);
    const volts = inputs(40);
    const { bitLineCurrent_A } = crossbarSolver(crossbar).solve(volts);
    bitLineCurrent_A.forEach((current, c) => {
      const sum = volts.reduce((s, v, r) => s + v * crossbar.conductance_S[r * 30 + c], 0);
      expect(current).toBeCloseTo(sum, 15);
    });
  });
  test.each([0.01, 1, 100])("leave as they enter: no current is lost, wires of %s ohm", (ohm) => {
    const { bitLineCurrent_A, driverCurrent_A } = crossbarSolver(bar(64, 48, ohm)).solve(
      inputs(64),
    );
    const sum = (x: Float64Array) => x.reduce((s, i) => s + i, 0);
    expect(sum(bitLineCurrent_A)).toBeCloseTo(sum(driverCurrent_A), 12);
  });
  test.each([
    [20, 30],
    [30, 20],
  ])("are the effective conductance matrix times the inputs, %s x %s", (rows, columns) => {
    const crossbar = { ...bar(rows, columns, 20), driver_Ohm: 30, sense_Ohm: 5 };
    const matrix = effectiveConductance(crossbar);
    const volts = inputs(rows);
    const product = Float64Array.from({ length: columns }, (_, c) =>
      volts.reduce((s, v, r) => s + v * matrix[c * rows + r], 0),
    );
    const { bitLineCurrent_A } = crossbarSolver(crossbar).solve(volts);
    expect(largestDeviation(product, bitLineCurrent_A)).toBeLessThan(1e-9);
  });
  test("need few iterations, whatever the wires: 128 x 128", () => {
    const counts = [0.01, 1, 100].map(
      (ohm) => crossbarSolver(bar(128, 128, ohm)).solve(inputs(128)).iterations,
    );
    expect(Math.max(...counts)).toBeLessThan(40);
  });
});
