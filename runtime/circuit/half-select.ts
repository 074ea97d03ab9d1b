import { XbcError } from "../../compiler/errors.ts";
import { solveSinhCrossbar } from "./half-select-solver.ts";
import { defineCircuit, type Fields, fieldsOf, type Matrix } from "./problem.ts";

/** A read in the V/2 scheme with a non-linear cell, both wires, and every cell of the bank (S1; design.md section 5). */
export default defineCircuit({
  kind: "half-select",
  summary: "Currents of a V/2 read of a crossbar without transistors, cells I = i0·sinh(V/v0)",
  solve: (problem) => {
    const fields = fieldsOf(problem);
    const i0 = fields.matrix("i0_A", 0);
    const { rows, columns } = i0;
    const v0_V = slopes(fields, i0);
    const read_V = fields.number("read_V", { minimum: 0 });
    const row = index(fields, "selectedWordLine", fields.other("selectedWordLine"), rows);
    const lines = selectedLines(fields, columns);
    const resistance = (name: string, otherwise?: number) =>
      fields.number(name, { minimum: 0, ...(otherwise === undefined ? {} : { otherwise }) });
    const wordLine_V = new Float64Array(rows).fill(read_V / 2);
    wordLine_V[row] = read_V;
    const bitLine_V = new Float64Array(columns).fill(read_V / 2);
    for (const line of lines) bitLine_V[line] = 0;
    const bar = {
      ...{ rows, columns, i0_A: i0.data, v0_V, wordLine_V, bitLine_V },
      wordLineWire_Ohm: resistance("wordLineWire_Ohm"),
      bitLineWire_Ohm: resistance("bitLineWire_Ohm"),
      series_Ohm: resistance("seriesResistance_Ohm", 0),
    };
    fields.done();
    const { current_A, converged } = solveSinhCrossbar(bar);
    if (!converged || !current_A.every(Number.isFinite)) {
      throw new XbcError(
        "BAD_INPUT",
        "half-select problem: needs cells and wires whose voltages a solution can balance, found none; lower read_V or raise v0_V",
      );
    }
    const selectedCurrent_A = lines.map((line) => current_A[row * columns + line]);
    const senseCurrent_A = lines.map((line) => {
      let sum = 0;
      for (let w = 0; w < rows; w++) sum += current_A[w * columns + line];
      return sum;
    });
    const bitLineLeakage_A = lines.map((line) => {
      let sum = 0;
      for (let w = 0; w < rows; w++) if (w !== row) sum += current_A[w * columns + line];
      return sum;
    });
    let wordLineLeakage_A = 0;
    for (let c = 0; c < columns; c++)
      if (!lines.includes(c)) wordLineLeakage_A += current_A[row * columns + c];
    const totalLeakage_A = bitLineLeakage_A.reduce((sum, leak) => sum + leak, wordLineLeakage_A);
    return {
      selectedCurrent_A,
      senseCurrent_A,
      bitLineLeakage_A,
      wordLineLeakage_A,
      totalLeakage_A,
    };
  },
});

/** v0 of every cell, from one number or a matrix; above 0 where there is a cell. */
function slopes(fields: Fields, { rows, columns }: Matrix): Float64Array {
  if (!Array.isArray(fields.other("v0_V"))) {
    const v0 = fields.number("v0_V", { minimum: 0 });
    if (v0 === 0) throw fields.refuse("v0_V", "a number above 0", v0);
    return new Float64Array(rows * columns).fill(v0);
  }
  const found = fields.matrix("v0_V", 0);
  if (found.rows !== rows || found.columns !== columns)
    throw fields.refuse("v0_V", `${rows} x ${columns} numbers, as i0_A has`, found.rows);
  if (found.data.includes(0)) throw fields.refuse("v0_V", "numbers above 0", 0);
  return found.data;
}

function index(fields: Fields, name: string, value: unknown, count: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < count)
    return value;
  throw fields.refuse(name, `a whole number below ${count}`, value);
}

function selectedLines(fields: Fields, columns: number): readonly number[] {
  const list = fields.other("selectedBitLines");
  if (!Array.isArray(list) || list.length === 0)
    throw fields.refuse("selectedBitLines", "a list of bit lines", list);
  const lines = list.map((value, k) => index(fields, `selectedBitLines[${k}]`, value, columns));
  if (new Set(lines).size !== lines.length)
    throw fields.refuse("selectedBitLines", "each bit line once", list);
  return lines;
}
