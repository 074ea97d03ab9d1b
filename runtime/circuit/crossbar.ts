import { crossbarSolver } from "./crossbar-solver.ts";
import { defineCircuit, fieldsOf } from "./problem.ts";

/** A passive crossbar with wire, driver and sense resistance (design.md section 5). */
export default defineCircuit({
  kind: "crossbar",
  summary: "Currents of a passive crossbar with wire, driver and sense resistance",
  solve: (problem) => {
    const fields = fieldsOf(problem);
    const { rows, columns, data } = fields.matrix("conductance_S", 0);
    const inputs = fields.matrix("input_V", Number.NEGATIVE_INFINITY);
    if (inputs.columns !== rows)
      throw fields.refuse("input_V", `${rows} volts a vector, one a word line`, inputs.columns);
    const resistance = (name: string, otherwise?: number) =>
      fields.number(name, { minimum: 0, ...(otherwise === undefined ? {} : { otherwise }) });
    const { solve } = crossbarSolver({
      rows,
      columns,
      conductance_S: data,
      wordLineWire_Ohm: resistance("wordLineWire_Ohm"),
      bitLineWire_Ohm: resistance("bitLineWire_Ohm"),
      driver_Ohm: resistance("driver_Ohm", 0),
      sense_Ohm: resistance("sense_Ohm", 0),
    });
    fields.done();
    const answers = Array.from({ length: inputs.rows }, (_, k) =>
      solve(inputs.data.subarray(k * rows, (k + 1) * rows)),
    );
    return {
      bitLineCurrent_A: answers.map((answer) => [...answer.bitLineCurrent_A]),
      driverCurrent_A: answers.map((answer) => [...answer.driverCurrent_A]),
    };
  },
});
