import { solveLadder } from "./ladder.ts";
import type { Fields } from "./problem.ts";
import { defineCircuit, fieldsOf } from "./problem.ts";
import type { SourceLine } from "./two-wire.ts";
import { solveTwoWires } from "./two-wire.ts";

/**
 * One bit line of a 1T1R array (design.md section 5). Cell 0 is next to the decoder; without `sourceLine` the cells
 * end at an ideal 0 V, with it on a wire that is held at 0 V, through one more segment, at the named ends.
 */
export default defineCircuit({
  kind: "bitline",
  summary: "Current of a 1T1R bit line with wire and decoder resistance",
  solve: (problem) => {
    const fields = fieldsOf(problem);
    const conductance = fields.vector("conductance_S", 0);
    const gate = gatesOf(fields, conductance.length);
    const off = fields.number("off_S", { minimum: 0, otherwise: 0 });
    const wire_Ohm = fields.number("wire_Ohm", { minimum: 0 });
    const line = {
      conductance_S: conductance.map((g, i) => (gate[i] === 1 ? g : off)),
      wire_Ohm,
      first_Ohm: fields.number("first_Ohm", { minimum: 0, otherwise: wire_Ohm }),
      decoder_Ohm: fields.number("decoder_Ohm", { minimum: 0 }),
      read_V: fields.number("read_V", { minimum: Number.NEGATIVE_INFINITY }),
    };
    const source = sourceLineOf(fields);
    fields.done();
    const answer = source && source.wire_Ohm > 0 ? solveTwoWires(line, source) : solveLadder(line);
    return { ...answer };
  },
});

function gatesOf(fields: Fields, cells: number): Float64Array {
  const gate = fields.vector("gate", 0);
  if (gate.length !== cells)
    throw fields.refuse("gate", `${cells} of 0 or 1, one a cell`, gate.length);
  const odd = gate.findIndex((g) => g !== 0 && g !== 1);
  if (odd >= 0) throw fields.refuse(`gate[${odd}]`, "0 or 1", gate[odd]);
  return gate;
}

const ends = ["near", "far", "both"] as const;

function sourceLineOf(fields: Fields): SourceLine | null {
  const value = fields.other("sourceLine") ?? null;
  if (value === null) return null;
  const needed = '{ "wire_Ohm": at least 0, "end": "near", "far" or "both" }';
  if (typeof value !== "object" || Array.isArray(value))
    throw fields.refuse("sourceLine", needed, value);
  const { wire_Ohm, end, ...rest } = value as Record<string, unknown>;
  const found = ends.find((name) => name === end);
  const strange = Object.keys(rest).length > 0;
  if (typeof wire_Ohm !== "number" || !(wire_Ohm >= 0 && wire_Ohm < Infinity) || !found || strange)
    throw fields.refuse("sourceLine", needed, value);
  return { wire_Ohm, end: found };
}
