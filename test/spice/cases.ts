import type { Bitline, CrossbarProblem } from "./netlist.ts";

/** A small fixed sequence in [0, 1): the cases must not change with a generator. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

const between = (draw: () => number, low: number, high: number): number =>
  low * (high / low) ** draw();

function bitline(cells: number, seed: number, more: Partial<Bitline> = {}): Bitline {
  const draw = sequence(seed);
  return {
    kind: "bitline",
    conductance_S: Array.from({ length: cells }, () => between(draw, 5e-7, 9e-5)),
    gate: Array.from({ length: cells }, () => (draw() < 0.6 ? 1 : 0)),
    wire_Ohm: 0.5,
    decoder_Ohm: 55,
    read_V: 0.2,
    ...more,
  };
}

function crossbar(
  rows: number,
  columns: number,
  seed: number,
  more: Partial<CrossbarProblem> = {},
): CrossbarProblem {
  const draw = sequence(seed);
  return {
    kind: "crossbar",
    conductance_S: Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => between(draw, 1e-6, 1e-4)),
    ),
    input_V: [
      Array.from({ length: rows }, () => 0.3 * draw()),
      Array.from({ length: rows }, () => draw() - 0.5),
    ],
    wordLineWire_Ohm: 1,
    bitLineWire_Ohm: 1,
    ...more,
  };
}

/** Problems that ngspice has answered: `write-references.ts` asks it again. */
export const spiceCases: readonly {
  readonly name: string;
  readonly problem: Bitline | CrossbarProblem;
}[] = [
  { name: "bitline-plain", problem: bitline(32, 1) },
  { name: "bitline-128", problem: bitline(128, 2) },
  { name: "bitline-leaky", problem: bitline(16, 3, { off_S: 1e-9, first_Ohm: 3 }) },
  { name: "bitline-ideal-wire", problem: bitline(16, 4, { wire_Ohm: 0 }) },
  { name: "bitline-one-cell", problem: bitline(1, 5, { gate: [1] }) },
  {
    name: "bitline-source-near",
    problem: bitline(24, 6, { sourceLine: { wire_Ohm: 0.8, end: "near" } }),
  },
  {
    name: "bitline-source-far",
    problem: bitline(24, 7, { sourceLine: { wire_Ohm: 0.8, end: "far" }, off_S: 1e-10 }),
  },
  {
    name: "bitline-source-both",
    problem: bitline(64, 8, { sourceLine: { wire_Ohm: 20, end: "both" }, wire_Ohm: 10 }),
  },
  {
    name: "bitline-source-ideal-bit-line",
    problem: bitline(8, 9, { sourceLine: { wire_Ohm: 2, end: "far" }, wire_Ohm: 0, first_Ohm: 0 }),
  },
  { name: "crossbar-8x8", problem: crossbar(8, 8, 11) },
  { name: "crossbar-5x12", problem: crossbar(5, 12, 12, { driver_Ohm: 50, sense_Ohm: 20 }) },
  {
    name: "crossbar-16x6-poor-wires",
    problem: crossbar(16, 6, 13, { wordLineWire_Ohm: 100, bitLineWire_Ohm: 100 }),
  },
  {
    name: "crossbar-24x24-good-wires",
    problem: crossbar(24, 24, 14, { wordLineWire_Ohm: 0.01, bitLineWire_Ohm: 0.02 }),
  },
  {
    name: "crossbar-ideal-word-lines",
    problem: crossbar(6, 7, 15, { wordLineWire_Ohm: 0, driver_Ohm: 10 }),
  },
  {
    name: "crossbar-ideal-bit-lines",
    problem: crossbar(7, 6, 16, { bitLineWire_Ohm: 0, sense_Ohm: 0 }),
  },
];
