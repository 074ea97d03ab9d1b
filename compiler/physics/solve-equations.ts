import { XbcError } from "../errors.ts";

type Vector = readonly number[];

/**
 * A zero of n equations in n unknowns near `start`: Newton with numeric derivatives, steps at most 0.3
 * in any unknown, halved while they do not help.
 * @throws CHECK_FAILED if it does not come to rest
 */
export function solveEquations(f: (x: Vector) => Vector, start: Vector): Vector {
  let x = start;
  let residual = f(x);
  for (let iteration = 0; iteration < 60; iteration++) {
    if (sizeOf(residual) < 1e-9) return x;
    const step = solveLinear(jacobian(f, x, residual), residual);
    const largest = Math.max(...step.map(Math.abs));
    let share = Math.min(1, 0.3 / largest);
    let next = move(x, step, share);
    let after = f(next);
    while (!(sizeOf(after) < sizeOf(residual)) && share > 1e-4) {
      share /= 2;
      next = move(x, step, share);
      after = f(next);
    }
    [x, residual] = [next, after];
  }
  if (sizeOf(residual) < 1e-6) return x;
  throw new XbcError(
    "CHECK_FAILED",
    `fit: needs equations met to 1e−6, found ${sizeOf(residual).toPrecision(3)} left; ` +
      "the technology is too far from what its claims allow",
  );
}

const sizeOf = (x: Vector) => Math.max(...x.map(Math.abs));
const move = (x: Vector, step: Vector, share: number) => x.map((v, i) => v - share * step[i]);

/** [equations x unknowns] */
function jacobian(f: (x: Vector) => Vector, x: Vector, at: Vector): readonly Vector[] {
  const h = 1e-6;
  const columns = x.map((_, j) => f(x.map((v, i) => (i === j ? v + h : v))));
  return at.map((value, i) => columns.map((column) => (column[i] - value) / h));
}

/** a·y = b by elimination with the largest pivot. */
export function solveLinear(a: readonly Vector[], b: Vector): Vector {
  const rows = a.map((row, i) => [...row, b[i]]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i][column] / rows[column][column];
      for (let j = column; j <= n; j++) rows[i][j] -= factor * rows[column][j];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}
