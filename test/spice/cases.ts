import type {
  Bitline,
  CrossbarProblem,
  HalfSelectProblem,
  SpiceProblem,
  StarProblem,
} from "./netlist.ts";

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

/** Cells in LRS or HRS with spread: 1S1R's own currents and slopes. */
function halfSelect(
  rows: number,
  columns: number,
  seed: number,
  more: Partial<HalfSelectProblem> = {},
): HalfSelectProblem {
  const draw = sequence(seed);
  const low = Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => draw() < 0.5),
  );
  return {
    kind: "half-select",
    i0_A: low.map((cells) => cells.map((isLow) => (isLow ? 4e-12 : 4e-11) * between(draw, 0.5, 2))),
    v0_V: low.map((cells) => cells.map((isLow) => (isLow ? 0.1448 : 0.217))),
    read_V: 1.9,
    selectedWordLine: Math.floor(rows / 3),
    selectedBitLines: [0, Math.floor(columns / 2), columns - 1],
    wordLineWire_Ohm: 2.14,
    bitLineWire_Ohm: 2.14,
    ...more,
  };
}

/** Bit lines of a read segment behind P3's read-out, at pcm-1t1r's 0.2 V. */
function star(cells: number, seed: number, gain: readonly [number, number]): StarProblem {
  return {
    kind: "star",
    bitLines: [0, 1, 2, 3].map((k) => bitline(cells, seed + k)),
    read_V: 0.2,
    transimpedance_Ohm: 2e3,
    star_Ohm: 1e4,
    last_Ohm: gain,
  };
}

/** Problems that ngspice has answered: `write-references.ts` asks it again. */
export const spiceCases: readonly {
  readonly name: string;
  readonly problem: SpiceProblem;
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
  { name: "star-segment-32", problem: star(32, 31, [1e4, 1e4]) },
  { name: "star-128-gain-4", problem: star(128, 41, [5e3, 2e4]) },
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
  { name: "half-select-8x8", problem: halfSelect(8, 8, 21) },
  {
    name: "half-select-12x20-one-slope",
    problem: halfSelect(12, 20, 22, { v0_V: 0.145, selectedBitLines: [4] }),
  },
  {
    name: "half-select-16x16-poor-wires",
    problem: halfSelect(16, 16, 23, { wordLineWire_Ohm: 2000, bitLineWire_Ohm: 1000 }),
  },
  {
    name: "half-select-ideal-wires",
    problem: halfSelect(6, 9, 24, { wordLineWire_Ohm: 0, bitLineWire_Ohm: 0 }),
  },
  {
    name: "half-select-series",
    problem: halfSelect(10, 7, 25, { seriesResistance_Ohm: 50_000, wordLineWire_Ohm: 0 }),
  },
  {
    name: "half-select-64x64",
    problem: halfSelect(64, 64, 26, {
      selectedBitLines: Array.from({ length: 16 }, (_, k) => 4 * k),
    }),
  },
];
