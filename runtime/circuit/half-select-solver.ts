/**
 * A crossbar whose cells conduct I(V) = i0·sinh(V/v0), read in the V/2 scheme: word lines driven on column 0's side, bit
 * lines held past the last row, one segment of wire before the first and after the last cell, and between neighbours.
 */
export interface SinhCrossbar {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns]; 0 is no cell */
  readonly i0_A: Float64Array;
  /** [rows x columns] */
  readonly v0_V: Float64Array;
  /** [rows], [columns]: voltages behind the first and the last segment */
  readonly wordLine_V: Float64Array;
  readonly bitLine_V: Float64Array;
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  /** in series with every cell */
  readonly series_Ohm: number;
}

export interface SinhAnswer {
  /** [rows x columns] from word line to bit line */
  readonly current_A: Float64Array;
  readonly steps: number;
  /** false: the iteration ended before the voltages agreed */
  readonly converged: boolean;
}

const MOST_STEPS = 200;
const MOST_ITERATIONS = 4000;
/** voltages of every cell agree to this share of the largest applied one; currents then to about 1e-10 */
const TOLERANCE = 1e-13;

/**
 * Newton's method on the cells' currents x: v0·asinh(x/i0) + (R_series + D)·x = V, where D·x is the voltage that both
 * wires take from every cell, two running sums a line. It is the gradient of a strictly convex function, so that steps
 * with halving always arrive; each step solves (dV/dI + R_series + D)·δ = −r by conjugate gradients, whose matrix is
 * positive definite. An ideal wire is a resistance of 0.
 */
export function solveSinhCrossbar(bar: SinhCrossbar): SinhAnswer {
  const { rows, columns, i0_A: i0, v0_V: v0, series_Ohm } = bar;
  const size = rows * columns;
  const applied = new Float64Array(size);
  let largest = 0;
  for (let at = 0; at < size; at++) {
    if (i0[at] === 0) continue;
    applied[at] = bar.wordLine_V[Math.floor(at / columns)] - bar.bitLine_V[at % columns];
    largest = Math.max(largest, Math.abs(applied[at]));
  }
  const drops = wireDrops(bar);
  let x = Float64Array.from(applied, (v, at) => startingCurrent(v, i0[at], v0[at], bar));
  const taken = new Float64Array(size);
  const residual = new Float64Array(size);
  const slope = new Float64Array(size);
  /** r and its largest magnitude */
  const measure = (current: Float64Array, to: Float64Array): number => {
    drops(current, taken);
    let most = 0;
    for (let at = 0; at < size; at++) {
      if (i0[at] === 0) continue;
      const own = v0[at] * Math.asinh(current[at] / i0[at]) + series_Ohm * current[at];
      to[at] = own + taken[at] - applied[at];
      most = Math.max(most, Math.abs(to[at]));
    }
    return most;
  };
  let error = measure(x, residual);
  let steps = 0;
  const solver = stepSolver(bar, drops);
  const trial = new Float64Array(size);
  const next = new Float64Array(size);
  while (error > TOLERANCE * largest && steps < MOST_STEPS) {
    steps++;
    for (let at = 0; at < size; at++)
      slope[at] =
        i0[at] === 0 ? 1 : v0[at] / Math.sqrt(x[at] * x[at] + i0[at] * i0[at]) + series_Ohm;
    const step = solver(slope, residual);
    let share = 1;
    let found = Number.POSITIVE_INFINITY;
    for (let halving = 0; halving < 60; halving++, share /= 2) {
      for (let at = 0; at < size; at++) trial[at] = x[at] - share * step[at];
      found = measure(trial, next);
      if (found < error) break;
    }
    if (!(found < error)) break;
    x = trial.slice();
    residual.set(next);
    error = found;
  }
  // rounding ends the descent a little above the tolerance where voltages nearly cancel
  return { current_A: x, steps, converged: error <= 1e-10 * largest };
}

/** What a cell would conduct alone, at most what its own share of the wires lets through. */
function startingCurrent(
  volts: number,
  i0: number,
  v0: number,
  { wordLineWire_Ohm, bitLineWire_Ohm, series_Ohm }: SinhCrossbar,
): number {
  if (i0 === 0 || volts === 0) return 0;
  const ohms = wordLineWire_Ohm + bitLineWire_Ohm + series_Ohm;
  const ideal = i0 * Math.sinh(Math.min(Math.abs(volts) / v0, 700));
  return Math.sign(volts) * (ohms > 0 ? Math.min(ideal, Math.abs(volts) / ohms) : ideal);
}

/** D: the voltage that the word lines and bit lines take from each cell, by running sums along both. */
function wireDrops({ rows, columns, wordLineWire_Ohm, bitLineWire_Ohm }: SinhCrossbar) {
  const below = new Float64Array(columns);
  const carried = new Float64Array(columns);
  return (x: Float64Array, to: Float64Array): void => {
    for (let row = 0; row < rows; row++) {
      const from = row * columns;
      let beyond = 0;
      for (let c = columns - 1; c >= 0; c--) beyond += x[from + c];
      let drop = 0;
      for (let c = 0; c < columns; c++) {
        drop += wordLineWire_Ohm * beyond;
        to[from + c] = drop;
        beyond -= x[from + c];
      }
    }
    below.fill(0);
    carried.fill(0);
    for (let row = 0; row < rows; row++)
      for (let c = 0; c < columns; c++) carried[c] += x[row * columns + c];
    for (let row = rows - 1; row >= 0; row--) {
      for (let c = 0; c < columns; c++) {
        below[c] += bitLineWire_Ohm * carried[c];
        to[row * columns + c] += below[c];
        carried[c] -= x[row * columns + c];
      }
    }
  };
}

/** Solves (slope + D)·δ = r by conjugate gradients, preconditioned by the diagonal of the cells. */
function stepSolver(
  { rows, columns, i0_A: i0 }: SinhCrossbar,
  drops: (x: Float64Array, to: Float64Array) => void,
) {
  const size = rows * columns;
  const r = new Float64Array(size);
  const p = new Float64Array(size);
  const q = new Float64Array(size);
  return (slope: Float64Array, right: Float64Array): Float64Array => {
    const step = new Float64Array(size);
    let rz = 0;
    for (let at = 0; at < size; at++) {
      r[at] = i0[at] === 0 ? 0 : right[at];
      p[at] = r[at] / slope[at];
      rz += r[at] * p[at];
    }
    const enough = rz * 1e-24;
    for (let k = 0; k < MOST_ITERATIONS && rz > enough; k++) {
      drops(p, q);
      let pq = 0;
      for (let at = 0; at < size; at++) {
        if (i0[at] === 0) continue;
        q[at] += slope[at] * p[at];
        pq += p[at] * q[at];
      }
      const alpha = rz / pq;
      let following = 0;
      for (let at = 0; at < size; at++) {
        if (i0[at] === 0) continue;
        step[at] += alpha * p[at];
        r[at] -= alpha * q[at];
        following += (r[at] * r[at]) / slope[at];
      }
      const beta = following / rz;
      rz = following;
      for (let at = 0; at < size; at++) if (i0[at] !== 0) p[at] = r[at] / slope[at] + beta * p[at];
    }
    return step;
  };
}
