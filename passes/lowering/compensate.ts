import type { LevelGrid } from "./level-grid.ts";

/** added to the diagonal, as a share of its mean: inputs that never occur have no inverse */
const DAMPING = 0.01;

/** What rounding one weight after another needs of a layer's inputs. */
export interface Compensation {
  readonly inputs: number;
  /** inputs in the order in which they are rounded: those that matter most first */
  readonly order: Int32Array;
  /** [inputs x inputs] upper triangle, U with (P + damping)⁻¹ = Uᵀ U in that order */
  readonly upper: Float64Array;
}

/** @param products Σ x xᵀ, [inputs x inputs] */
export function compensationOf(products: Float64Array, inputs: number): Compensation {
  const diagonal = (i: number) => products[i * inputs + i];
  const order = Int32Array.from({ length: inputs }, (_, i) => i).sort(
    (a, b) => diagonal(b) - diagonal(a) || a - b,
  );
  const mean = order.reduce((sum, i) => sum + diagonal(i), 0) / inputs;
  const damped = new Float64Array(inputs * inputs);
  for (let a = 0; a < inputs; a++) {
    for (let b = 0; b < inputs; b++)
      damped[a * inputs + b] = products[order[a] * inputs + order[b]];
    damped[a * inputs + a] += DAMPING * (mean || 1);
  }
  return { inputs, order, upper: transposed(cholesky(inverse(damped, inputs), inputs), inputs) };
}

/**
 * Rounds a row weight by weight; what rounding one leaves is taken up by those not rounded yet, as the inputs correlate
 * (optimal brain surgeon: Hassibi and Stork 1993; in this order and form by Frantar et al. 2022).
 */
export function roundCompensating(
  row: Float64Array,
  unit: number,
  grid: LevelGrid,
  { inputs, order, upper }: Compensation,
): Float64Array {
  const left = Float64Array.from(order, (i) => row[i]);
  const rounded = new Float64Array(inputs);
  for (let a = 0; a < inputs; a++) {
    const level = grid.nearest(left[a] / unit);
    rounded[order[a]] = level;
    const error = (left[a] - unit * level) / upper[a * inputs + a];
    for (let b = a + 1, at = a * inputs + b; b < inputs; b++, at++) left[b] -= error * upper[at];
  }
  return rounded;
}

/** Lower triangle L with L Lᵀ = A. */
function cholesky(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j];
      for (let k = 0, p = i * n, q = j * n; k < j; k++) sum -= l[p + k] * l[q + k];
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[j * n + j];
    }
  }
  return l;
}

/** Of a symmetric positive matrix, by its Cholesky factor. */
function inverse(a: Float64Array, n: number): Float64Array {
  const l = cholesky(a, n);
  // rows of M = L⁻¹; then A⁻¹ = Mᵀ M
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    m[i * n + i] = 1 / l[i * n + i];
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= l[i * n + k] * m[k * n + j];
      m[i * n + j] = sum / l[i * n + i];
    }
  }
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const factor = m[k * n + i];
      for (let j = 0; j <= k; j++) out[i * n + j] += factor * m[k * n + j];
    }
  }
  return out;
}

function transposed(a: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[j * n + i] = a[i * n + j];
  return out;
}
