import { XbcError } from "../../compiler/errors.ts";
import type { LevelGrid } from "./level-grid.ts";

/** How the real value of code 1 is chosen: from the spread of weights, or so that an error is least. */
export type WeightRange =
  | { readonly kind: "sigma"; readonly factor: number }
  | { readonly kind: "mse" }
  | { readonly kind: "output" };

/** @throws BAD_OPTION */
export function weightRangeOf(text: string): WeightRange {
  if (text === "mse" || text === "output") return { kind: text };
  const factor = Number(/^sigma:([\d.]+)$/.exec(text)?.[1]);
  if (factor > 0 && Number.isFinite(factor)) return { kind: "sigma", factor };
  throw new XbcError(
    "BAD_OPTION",
    `--weight-range ${text}: needs auto, sigma:FACTOR, mse or output; for example --weight-range sigma:3.5`,
  );
}

/** candidate ranges, as shares of the largest weight */
const CANDIDATES = 60;
const SMALLEST = 0.2;

/**
 * The real value of code 1 for some rows of weights.
 * @param rows     of [inputs] each
 * @param products [inputs x inputs] of the layer's inputs, for the output error
 */
export function unitOf(
  rows: readonly Float64Array[],
  range: WeightRange,
  grid: LevelGrid,
  products: Float64Array | null,
): number {
  if (range.kind === "sigma") {
    const spread = (range.factor * deviationOf(rows)) / grid.largest;
    if (spread > 0) return Math.fround(spread);
  }
  const largest = rows.reduce((top, row) => row.reduce((t, w) => Math.max(t, Math.abs(w)), top), 0);
  if (largest === 0) return 1;
  if (range.kind === "sigma") return Math.fround(largest / grid.largest);
  let best = largest / grid.largest;
  let least = Number.POSITIVE_INFINITY;
  const looked = products ? rows : rows.map(thinned);
  for (let k = 0; k < CANDIDATES; k++) {
    const unit = (largest / grid.largest) * (SMALLEST + ((1 - SMALLEST) * (k + 1)) / CANDIDATES);
    const error = looked.reduce((sum, row) => sum + errorOf(row, unit, grid, products), 0);
    if (error < least) [least, best] = [error, unit];
  }
  return Math.fround(best);
}

/** weights of a row that a range is tried on, at most */
const MOST_TRIED = 1024;

/** A row, or every so many of its weights. */
function thinned(row: Float64Array): Float64Array {
  const every = Math.ceil(row.length / MOST_TRIED);
  return every === 1 ? row : row.filter((_, i) => i % every === 0);
}

/** Population standard deviation of all weights (P2: of a layer's float weights, biases apart). */
function deviationOf(rows: readonly Float64Array[]): number {
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const row of rows) {
    for (const w of row) {
      sum += w;
      squares += w * w;
    }
    count += row.length;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(squares / count - mean * mean, 0));
}

/** Squared error of a row's weights, or of its output over the calibration data. */
function errorOf(
  row: Float64Array,
  unit: number,
  grid: LevelGrid,
  products: Float64Array | null,
): number {
  if (!products) return row.reduce((sum, w) => sum + (w - unit * grid.nearest(w / unit)) ** 2, 0);
  const off = row.map((w) => w - unit * grid.nearest(w / unit));
  return quadratic(off, products);
}

/** eᵀ P e */
export function quadratic(e: Float64Array, products: Float64Array): number {
  const n = e.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let inner = 0;
    for (let j = 0, at = i * n; j < n; j++, at++) inner += products[at] * e[j];
    sum += e[i] * inner;
  }
  return sum;
}
