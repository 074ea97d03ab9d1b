import type { WeightTerm } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { bitOf } from "./plain-views.ts";
import type { PlaneTerm, Rows } from "./rows.ts";
import { planeBytes } from "./rows.ts";
import { weightBytes, weightWord } from "./weights.ts";

/** [inputs] -1, 0, +1 of one row. */
export function activationDigits(
  term: PlaneTerm,
  inputs: number,
  at: (rows: Rows, length: number) => Uint8Array,
): Int8Array {
  const sign = term.sign === null ? null : at(term.sign, planeBytes(inputs));
  const mask = term.mask === null ? null : at(term.mask, planeBytes(inputs));
  return Int8Array.from({ length: inputs }, (_, i) => {
    if (mask !== null && bitOf(mask, i) === 0) return 0;
    return sign !== null && bitOf(sign, i) === 1 ? -1 : 1;
  });
}

export function addProduct(
  memory: EngineMemory,
  sums: Int32Array,
  digits: Int8Array,
  x: PlaneTerm,
  w: WeightTerm,
  inputs: number,
): void {
  const planes = w.sign && w.mask ? 2 : 1;
  const shape = { outputs: sums.length, inputs, planes };
  const bytes = memory.bytes(w.at, weightBytes(shape));
  const weightDigit = (o: number, i: number): number => {
    const first = weightWord(shape, o, i) * 64 + (i & 63);
    if (w.mask && bitOf(bytes, first + (planes - 1) * 64) === 0) return 0;
    return w.sign && bitOf(bytes, first) === 1 ? -1 : 1;
  };
  for (let o = 0; o < sums.length; o++) {
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += digits[i] * weightDigit(o, i);
    sums[o] += sum * x.significance * w.significance;
  }
}

/** How many thresholds of a channel n passes. */
export function stepsPassed(
  memory: EngineMemory,
  table: { readonly at: number; readonly padded: number; readonly steps: number },
  channel: number,
  n: number,
): number {
  const flips = memory.int32(table.at, table.padded * (table.steps + 1));
  let passed = 0;
  for (let k = 1; k <= table.steps; k++) {
    const flip = flips[channel];
    const threshold = flips[k * table.padded + channel] ^ flip;
    if (flip === 0 ? n >= threshold : n <= threshold) passed++;
  }
  return passed;
}
