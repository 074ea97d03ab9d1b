import { normalDensity } from "../math.ts";

const END = 12;

/**
 * E[f(u)] for a standard normal u: the trapezoid rule on −12 … 12, which for smooth f converges faster
 * than any power of the step.
 */
export function normalMean(f: (u: number) => number, step = 0.005): number {
  const points = Math.round((2 * END) / step);
  let sum = 0;
  for (let i = 0; i <= points; i++) {
    const u = -END + i * step;
    sum += normalDensity(u) * f(u);
  }
  return sum * step;
}

/** The x in [low, high] where a function with one minimum is least; golden section to `tolerance`. */
export function minimumOf(
  f: (x: number) => number,
  low: number,
  high: number,
  tolerance = 1e-9,
): number {
  const golden = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - golden * (b - a), a + golden * (b - a)];
  let [fc, fd] = [f(c), f(d)];
  while (b - a > tolerance) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - golden * (b - a);
      fc = f(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + golden * (b - a);
      fd = f(d);
    }
  }
  return (a + b) / 2;
}

/** The x in [low, high] where a rising function is zero; bisection to the last bits. */
export function rootOf(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 200 && b - a > 1e-14 * Math.max(Math.abs(a), Math.abs(b)); i++) {
    const middle = (a + b) / 2;
    if (f(middle) < 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
