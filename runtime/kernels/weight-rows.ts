import type { WeightRows } from "./commands.ts";
import type { Engine } from "./engine.ts";

/** An int16 holds the sum of so many rows of ±1. */
const MOST_INPUTS = 32767;

/** Whether digits can be added row by row: ±1 or 0, few enough inputs. */
export const canAddRows = (inputs: number, significance: number): boolean =>
  inputs <= MOST_INPUTS && Math.abs(significance) === 1;

/**
 * Lays out the weights of each input side by side, 64 outputs at a time, as the events of a spiking layer read them.
 * @param digits [outputs x inputs] −1, 0, +1
 */
export function weightRows(
  engine: Engine,
  digits: Int8Array,
  outputs: number,
  inputs: number,
  significance: number,
): WeightRows {
  const size = Math.ceil(outputs / 64) * 64 * inputs;
  const at = engine.allocate(size);
  const rows = engine.int8(at, size);
  rows.fill(0);
  for (let o = 0, from = 0; o < outputs; o++) {
    let to = (o >> 6) * inputs * 64 + (o & 63);
    for (let i = 0; i < inputs; i++, from++, to += 64) rows[to] = significance * digits[from];
  }
  return { at, inputs, outputs };
}
