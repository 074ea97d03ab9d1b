/**
 * A passive crossbar: word lines driven on column 0's side, bit lines sensed at 0 V past the last row, one segment
 * of wire before the first and after the last cell, and between neighbours.
 */
export interface Crossbar {
  readonly rows: number;
  readonly columns: number;
  /** [rows x columns] */
  readonly conductance_S: Float64Array;
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  readonly driver_Ohm: number;
  readonly sense_Ohm: number;
}

export interface CrossbarAnswer {
  /** [columns] */
  readonly bitLineCurrent_A: Float64Array;
  /** [rows] */
  readonly driverCurrent_A: Float64Array;
  readonly iterations: number;
}

export interface CrossbarSolver {
  /** @param input_V [rows] */
  readonly solve: (input_V: Float64Array) => CrossbarAnswer;
}

/** residual, relative to the first one, at which the iteration ends; currents then agree to about 1e-10 */
const TOLERANCE = 1e-12;
const MOST_ITERATIONS = 20_000;

/**
 * Solves the 2·R·C nodal equations by conjugate gradients. The word lines' voltages are eliminated: for given bit-line
 * voltages U each word line is a ladder, solved exactly. What is left, S·U = b with S = M − G·W⁻¹·G, is preconditioned
 * by the bit lines' own ladders M; its eigenvalues lie in (0, 1], the lowest far from 0 unless wires of both
 * directions outweigh the cells.
 * Ladders are folded in resistances: `a_i = 1/(1 + R_i Y_i)`, `Y_i = g_i + a_{i+1} Y_{i+1}`, so that an ideal wire is
 * R = 0 and a very good one loses no digits; M·p is carried along beside p instead of being computed from it.
 * Currents are sums over cells (Kirchhoff), again without differences of nearly equal voltages.
 */
export function crossbarSolver(bar: Crossbar): CrossbarSolver {
  const { rows, columns, conductance_S: g } = bar;
  const size = rows * columns;
  const word = wordLineShares(bar);
  const bit = bitLineShares(bar);
  const rowWire = bar.wordLineWire_Ohm;
  const head = bar.driver_Ohm + rowWire;
  const columnWire = bar.bitLineWire_Ohm;
  const foot = bar.sense_Ohm + columnWire;
  const z = new Float64Array(size);
  const p = new Float64Array(size);
  const w = new Float64Array(size);
  const r = new Float64Array(size);
  const q = new Float64Array(size);
  const v = new Float64Array(size);
  const u = new Float64Array(size);
  const currents = new Float64Array(columns);

  /** v of one row: the ladder with currents g·x into its nodes and `volts` behind the driver. */
  const solveRow = (row: number, x: Float64Array | null, volts: number): void => {
    const from = row * columns;
    let current = 0;
    for (let c = columns - 1; c >= 0; c--) {
      const at = from + c;
      current = (x ? g[at] * x[at] : 0) + (c === columns - 1 ? 0 : word[at + 1] * current);
      currents[c] = current;
    }
    let before = word[from] * (volts + head * currents[0]);
    v[from] = before;
    for (let c = 1; c < columns; c++) {
      before = word[from + c] * (before + rowWire * currents[c]);
      v[from + c] = before;
    }
  };

  /** z = M⁻¹ r, and r·z; the bit lines' far ends are at row 0. */
  const precondition = (): number => {
    z.set(r.subarray(0, columns));
    for (let at = columns; at < size; at++) z[at] = r[at] + bit[at - columns] * z[at - columns];
    let sum = 0;
    for (let at = size - columns; at < size; at++) {
      z[at] = bit[at] * foot * z[at];
      sum += r[at] * z[at];
    }
    for (let at = size - columns - 1; at >= 0; at--) {
      const here = bit[at] * (z[at + columns] + columnWire * z[at]);
      z[at] = here;
      sum += r[at] * here;
    }
    return sum;
  };

  /** q = S p, and p·q. */
  const multiply = (): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      solveRow(row, p, 0);
      for (let at = row * columns; at < (row + 1) * columns; at++) {
        const here = w[at] - g[at] * v[at];
        q[at] = here;
        sum += p[at] * here;
      }
    }
    return sum;
  };

  const solve = (input_V: Float64Array): CrossbarAnswer => {
    u.fill(0);
    for (let row = 0; row < rows; row++) {
      solveRow(row, null, input_V[row]);
      for (let at = row * columns; at < (row + 1) * columns; at++) r[at] = g[at] * v[at];
    }
    let rz = precondition();
    const enough = rz * TOLERANCE * TOLERANCE;
    p.set(z);
    w.set(r);
    let iterations = 0;
    while (rz > enough && iterations < MOST_ITERATIONS) {
      iterations++;
      const alpha = rz / multiply();
      for (let at = 0; at < size; at++) {
        u[at] += alpha * p[at];
        r[at] -= alpha * q[at];
      }
      const next = precondition();
      const beta = next / rz;
      rz = next;
      for (let at = 0; at < size; at++) {
        p[at] = z[at] + beta * p[at];
        w[at] = r[at] + beta * w[at];
      }
    }
    return { ...sumCurrents(input_V), iterations };
  };

  const sumCurrents = (input_V: Float64Array) => {
    const bitLineCurrent_A = new Float64Array(columns);
    const driverCurrent_A = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      solveRow(row, u, input_V[row]);
      for (let c = 0; c < columns; c++) {
        const at = row * columns + c;
        const current = g[at] * (v[at] - u[at]);
        bitLineCurrent_A[c] += current;
        driverCurrent_A[row] += current;
      }
    }
    return { bitLineCurrent_A, driverCurrent_A };
  };
  return { solve };
}

/** a of every node of every word line; the far end is the last column. */
function wordLineShares(bar: Crossbar): Float64Array {
  const { rows, columns, conductance_S: g, wordLineWire_Ohm, driver_Ohm } = bar;
  const share = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let beyond = 0;
    for (let c = columns - 1; c >= 0; c--) {
      const at = row * columns + c;
      const before = c === 0 ? wordLineWire_Ohm + driver_Ohm : wordLineWire_Ohm;
      const here = g[at] + beyond;
      share[at] = 1 / (1 + before * here);
      beyond = share[at] * here;
    }
  }
  return share;
}

/** a of every node of every bit line; the far end is row 0. */
function bitLineShares(bar: Crossbar): Float64Array {
  const { rows, columns, conductance_S: g, bitLineWire_Ohm, sense_Ohm } = bar;
  const share = new Float64Array(rows * columns);
  const beyond = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const after = row === rows - 1 ? bitLineWire_Ohm + sense_Ohm : bitLineWire_Ohm;
    for (let c = 0; c < columns; c++) {
      const at = row * columns + c;
      const here = g[at] + beyond[c];
      share[at] = 1 / (1 + after * here);
      beyond[c] = share[at] * here;
    }
  }
  return share;
}

/**
 * The conductance from each word line's driver to each bit line's sense, [columns x rows]: bit-line currents are this
 * matrix times the input voltages. One solve a row, or a column where there are fewer: the network is reciprocal.
 */
export function effectiveConductance(bar: Crossbar): Float64Array {
  const { rows, columns } = bar;
  const matrix = new Float64Array(columns * rows);
  if (columns < rows) {
    const { solve } = crossbarSolver(turned(bar));
    for (let c = 0; c < columns; c++) {
      const { bitLineCurrent_A } = solve(unit(columns, columns - 1 - c));
      for (let row = 0; row < rows; row++)
        matrix[c * rows + row] = bitLineCurrent_A[rows - 1 - row];
    }
    return matrix;
  }
  const { solve } = crossbarSolver(bar);
  for (let row = 0; row < rows; row++) {
    const { bitLineCurrent_A } = solve(unit(rows, row));
    for (let c = 0; c < columns; c++) matrix[c * rows + row] = bitLineCurrent_A[c];
  }
  return matrix;
}

const unit = (length: number, at: number): Float64Array => {
  const vector = new Float64Array(length);
  vector[at] = 1;
  return vector;
};

/** The same crossbar driven from its sense side: bit lines from their foot, word lines sensed at their head. */
function turned(bar: Crossbar): Crossbar {
  const { rows, columns, conductance_S } = bar;
  const g = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < columns; c++) {
      // row `columns − 1 − c` of the turned one is bit line c, its column k is word line rows − 1 − k
      g[(columns - 1 - c) * rows + (rows - 1 - row)] = conductance_S[row * columns + c];
    }
  }
  return {
    rows: columns,
    columns: rows,
    conductance_S: g,
    wordLineWire_Ohm: bar.bitLineWire_Ohm,
    bitLineWire_Ohm: bar.wordLineWire_Ohm,
    driver_Ohm: bar.sense_Ohm,
    sense_Ohm: bar.driver_Ohm,
  };
}
