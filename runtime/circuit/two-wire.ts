import type { BitLine, BitLineAnswer } from "./ladder.ts";

/** A source line as a wire of its own, held at 0 V at its ends through one more segment of wire. */
export interface SourceLine {
  readonly wire_Ohm: number;
  readonly end: "near" | "far" | "both";
}

/** [[a, b], [c, d]] */
type Square = readonly [number, number, number, number];

/** Y (1 + R Y)^-1: an admittance seen through resistors in series with both wires. */
function through([a, b, c, d]: Square, line: number, source: number): Square {
  // (1 + R Y) = [[1 + line a, line b], [source c, 1 + source d]]
  const p = 1 + line * a;
  const q = line * b;
  const r = source * c;
  const s = 1 + source * d;
  const determinant = p * s - q * r;
  return [
    (a * s - b * r) / determinant,
    (b * p - a * q) / determinant,
    (c * s - d * r) / determinant,
    (d * p - c * q) / determinant,
  ];
}

/**
 * The same bit line with cells that end on a source line: both wires are folded from the far end as one
 * admittance of two ports, `Y_i = g_i [[1, −1], [−1, 1]] + Y_{i+1} (1 + R Y_{i+1})^{-1}`, then the voltages follow
 * from the near end.
 */
export function solveTwoWires(line: BitLine, { wire_Ohm, end }: SourceLine): BitLineAnswer {
  const { conductance_S: g, decoder_Ohm, first_Ohm, read_V } = line;
  const cells = g.length;
  const seen: Square[] = new Array(cells);
  let beyond: Square = [0, 0, 0, end === "near" ? 0 : 1 / wire_Ohm];
  for (let i = cells - 1; i >= 0; i--) {
    const [a, b, c, d] = i === cells - 1 ? beyond : through(beyond, line.wire_Ohm, wire_Ohm);
    beyond = [a + g[i], b - g[i], c - g[i], d + g[i]];
    seen[i] = beyond;
  }
  const [a, b, c, d] = beyond;
  const head = decoder_Ohm + first_Ohm;
  // u = read − head·(a u + b s); held near end: s = −wire·(c u + d s); open near end: c u + d s = 0
  const held = end !== "far";
  const k = held ? 1 + wire_Ohm * d : d;
  const m = held ? wire_Ohm * c : c;
  // with no source line current at all (every cell off) an open line has no voltage of its own
  const share = k === 0 ? 0 : -m / k;
  let u = read_V / (1 + head * (a + b * share));
  let s = share * u;
  const current_A = a * u + b * s;
  const firstCell_V = u;
  for (let i = 1; i < cells; i++) {
    // x_i = (1 + R Y_i)^{-1} x_{i−1}
    const [ya, yb, yc, yd] = seen[i];
    const p = 1 + line.wire_Ohm * ya;
    const q = line.wire_Ohm * yb;
    const r = wire_Ohm * yc;
    const t = 1 + wire_Ohm * yd;
    const determinant = p * t - q * r;
    [u, s] = [(t * u - q * s) / determinant, (p * s - r * u) / determinant];
  }
  return { current_A, firstCell_V, lastCell_V: u };
}
