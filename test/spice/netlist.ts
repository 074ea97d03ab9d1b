/**
 * Circuit problems as ngspice netlists, so that an independent simulator can answer them. Currents are read from
 * voltage sources; a resistance of 0 is left out by joining its nodes.
 */
export interface Bitline {
  readonly kind: "bitline";
  readonly conductance_S: readonly number[];
  readonly gate: readonly number[];
  readonly wire_Ohm: number;
  readonly first_Ohm?: number;
  readonly decoder_Ohm: number;
  readonly read_V: number;
  readonly off_S?: number;
  readonly sourceLine?: { readonly wire_Ohm: number; readonly end: "near" | "far" | "both" } | null;
}

export interface CrossbarProblem {
  readonly kind: "crossbar";
  readonly conductance_S: readonly (readonly number[])[];
  readonly input_V: readonly (readonly number[])[];
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  readonly driver_Ohm?: number;
  readonly sense_Ohm?: number;
}

export interface HalfSelectProblem {
  readonly kind: "half-select";
  readonly i0_A: readonly (readonly number[])[];
  readonly v0_V: number | readonly (readonly number[])[];
  readonly read_V: number;
  readonly selectedWordLine: number;
  readonly selectedBitLines: readonly number[];
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  readonly seriesResistance_Ohm?: number;
}

/** P3: four bit lines behind transimpedance stages, a star of resistors R, 2R, 4R, 8R, and the stage behind it. */
export interface StarProblem {
  readonly kind: "star";
  /** most significant first; `read_V` of each is the clamp */
  readonly bitLines: readonly Bitline[];
  readonly read_V: number;
  readonly transimpedance_Ohm: number;
  /** R of the most significant branch */
  readonly star_Ohm: number;
  /** R_A and R_B of the last stage */
  readonly last_Ohm: readonly [number, number];
}

interface Netlist {
  readonly text: string;
  /** in the order of the reference: what is printed */
  readonly probes: readonly string[];
}

function build() {
  const lines: string[] = [];
  const merged = new Map<string, string>();
  const name = (node: string): string => {
    const to = merged.get(node);
    return to === undefined ? node : name(to);
  };
  let count = 0;
  return {
    lines,
    name,
    join: (a: string, b: string) => merged.set(name(b), name(a)),
    resistor: (a: string, b: string, ohm: number) =>
      lines.push(`R${count++} ${name(a)} ${name(b)} ${ohm}`),
    source: (label: string, a: string, b: string, volt: number) =>
      lines.push(`V${label} ${name(a)} ${name(b)} DC ${volt}`),
  };
}

/** Series segments; those without resistance join their ends before anything else is wired. */
type Segment = readonly [a: string, b: string, ohm: number];

function wire(net: ReturnType<typeof build>, segments: readonly Segment[]): void {
  for (const [a, b, ohm] of segments) if (ohm === 0) net.join(a, b);
  for (const [a, b, ohm] of segments) if (ohm !== 0) net.resistor(a, b, ohm);
}

function netlist(title: string, lines: readonly string[], probes: readonly string[]): Netlist {
  const text = [
    `* ${title}`,
    ...lines,
    ".options reltol=1e-13 abstol=1e-22 vntol=1e-18 gmin=1e-24",
    ".control",
    "set numdgt=16",
    "op",
    ...probes.map((probe) => `print ${probe}`),
    ".endc",
    ".end",
    "",
  ].join("\n");
  return { text, probes };
}

export function bitlineNetlist(problem: Bitline): Netlist {
  const { conductance_S: g, gate, wire_Ohm, decoder_Ohm, read_V, off_S = 0 } = problem;
  const net = build();
  const last = g.length - 1;
  const source = problem.sourceLine;
  const segments: Segment[] = [
    ["read", "decoded", decoder_Ohm],
    ["decoded", "b0", problem.first_Ohm ?? wire_Ohm],
    ...g.slice(1).map((_, i): Segment => [`b${i}`, `b${i + 1}`, wire_Ohm]),
  ];
  if (source) {
    segments.push(...g.slice(1).map((_, i): Segment => [`s${i}`, `s${i + 1}`, source.wire_Ohm]));
    if (source.end !== "far") segments.push(["0", "s0", source.wire_Ohm]);
    if (source.end !== "near") segments.push(["0", `s${last}`, source.wire_Ohm]);
  }
  wire(net, segments);
  g.forEach((on, i) => {
    const conductance = gate[i] === 1 ? on : off_S;
    if (conductance > 0) net.resistor(`b${i}`, source ? `s${i}` : "0", 1 / conductance);
  });
  net.source("read", "read", "0", read_V);
  return netlist("bit line", net.lines, [
    "i(vread)",
    `v(${net.name("b0")})`,
    `v(${net.name(`b${last}`)})`,
  ]);
}

/** One vector of a crossbar problem: driver currents, then bit-line currents. */
export function crossbarNetlist(problem: CrossbarProblem, vector: number): Netlist {
  const { conductance_S: g, driver_Ohm = 0, sense_Ohm = 0 } = problem;
  const net = build();
  const rows = g.length;
  const columns = g[0].length;
  const segments: Segment[] = [];
  for (let r = 0; r < rows; r++) {
    segments.push([`d${r}`, `e${r}`, driver_Ohm]);
    for (let c = 0; c < columns; c++)
      segments.push([c === 0 ? `e${r}` : `w${r}_${c - 1}`, `w${r}_${c}`, problem.wordLineWire_Ohm]);
  }
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++)
      segments.push([
        `b${r}_${c}`,
        r === rows - 1 ? `f${c}` : `b${r + 1}_${c}`,
        problem.bitLineWire_Ohm,
      ]);
    segments.push([`f${c}`, `o${c}`, sense_Ohm]);
  }
  wire(net, segments);
  g.forEach((row, r) => {
    row.forEach((conductance, c) => {
      if (conductance > 0) net.resistor(`w${r}_${c}`, `b${r}_${c}`, 1 / conductance);
    });
  });
  for (let r = 0; r < rows; r++) net.source(`d${r}`, `d${r}`, "0", problem.input_V[vector][r]);
  for (let c = 0; c < columns; c++) net.source(`o${c}`, `o${c}`, "0", 0);
  return netlist("crossbar", net.lines, [
    ...g.map((_, r) => `i(vd${r})`),
    ...g[0].map((_, c) => `i(vo${c})`),
  ]);
}

/** A V/2 read: currents of the selected cells and of their bit lines, then of the selected word line. */
export function halfSelectNetlist(problem: HalfSelectProblem): Netlist {
  const { i0_A, v0_V, read_V, selectedWordLine: row, selectedBitLines: lines } = problem;
  const series = problem.seriesResistance_Ohm ?? 0;
  const net = build();
  const rows = i0_A.length;
  const columns = i0_A[0].length;
  const segments: Segment[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++)
      segments.push([c === 0 ? `d${r}` : `w${r}_${c - 1}`, `w${r}_${c}`, problem.wordLineWire_Ohm]);
  }
  for (let c = 0; c < columns; c++) {
    for (let r = 0; r < rows; r++)
      segments.push([
        `b${r}_${c}`,
        r === rows - 1 ? `o${c}` : `b${r + 1}_${c}`,
        problem.bitLineWire_Ohm,
      ]);
  }
  wire(net, segments);
  i0_A.forEach((cells, r) => {
    cells.forEach((i0, c) => {
      if (i0 === 0) return;
      const v0 = typeof v0_V === "number" ? v0_V : v0_V[r][c];
      const isSelected = r === row && lines.includes(c);
      let from = net.name(`w${r}_${c}`);
      if (isSelected) {
        net.source(`sel${c}`, from, `m${c}`, 0);
        from = `m${c}`;
      }
      let to = net.name(`b${r}_${c}`);
      if (series > 0) {
        net.resistor(`x${r}_${c}`, to, series);
        to = `x${r}_${c}`;
      }
      net.lines.push(`B${r}_${c} ${from} ${to} I=${i0}*sinh(V(${from},${to})/${v0})`);
    });
  });
  const volt = (isSelected: boolean, selected: number) => (isSelected ? selected : read_V / 2);
  for (let r = 0; r < rows; r++) net.source(`d${r}`, `d${r}`, "0", volt(r === row, read_V));
  for (let c = 0; c < columns; c++)
    net.source(`o${c}`, net.name(`o${c}`), "0", volt(lines.includes(c), 0));
  return netlist("half-select", net.lines, [
    ...lines.map((c) => `i(vsel${c})`),
    ...lines.map((c) => `i(vo${c})`),
    `i(vd${row})`,
  ]);
}

/**
 * The output voltage of the star. Amplifiers are ideal: each holds its input at a voltage, and what flows there drops over
 * its feedback resistor (a large gain instead would lose ngspice's last digits).
 */
export function starNetlist(problem: StarProblem): Netlist {
  const { bitLines, read_V, transimpedance_Ohm, star_Ohm, last_Ohm } = problem;
  const net = build();
  bitLines.forEach(({ conductance_S, gate, wire_Ohm, first_Ohm, decoder_Ohm }, k) => {
    const cell = (i: number) => `b${k}_${i}`;
    wire(net, [
      [`clamp${k}`, `decoded${k}`, decoder_Ohm],
      [`decoded${k}`, cell(0), first_Ohm ?? wire_Ohm],
      ...conductance_S.slice(1).map((_, i): Segment => [cell(i), cell(i + 1), wire_Ohm]),
    ]);
    conductance_S.forEach((g, i) => {
      if (gate[i] === 1) net.resistor(cell(i), "0", 1 / g);
    });
    const clamp = net.name(`clamp${k}`);
    net.source(`clamp${k}`, "read", clamp, 0);
    net.lines.push(`H${k} stage${k} read Vclamp${k} ${transimpedance_Ohm}`);
    net.resistor(`stage${k}`, "star", star_Ohm * 2 ** k);
  });
  net.lines.push("Elast held 0 star 0 1");
  net.source("last", "held", "feedback", 0);
  net.resistor("feedback", "read", last_Ohm[0]);
  net.lines.push(`Hlast out star Vlast ${last_Ohm[1]}`);
  net.source("read", "read", "0", read_V);
  return netlist("star", net.lines, ["v(out)"]);
}

export type SpiceProblem = Bitline | CrossbarProblem | HalfSelectProblem | StarProblem;

/** The netlists of a problem, one a vector. */
export function netlistsOf(problem: SpiceProblem): readonly Netlist[] {
  switch (problem.kind) {
    case "bitline":
      return [bitlineNetlist(problem)];
    case "crossbar":
      return problem.input_V.map((_, vector) => crossbarNetlist(problem, vector));
    case "half-select":
      return [halfSelectNetlist(problem)];
    case "star":
      return [starNetlist(problem)];
  }
}
