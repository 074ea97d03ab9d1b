import type { WeightRows } from "./commands.ts";
import type { Engine } from "./engine.ts";

/** An int16 holds the sum of so many rows of ±1. */
const MOST_INPUTS = 32767;

/** Whether digits can be added row by row: ±1 or 0, few enough inputs. */
export const canAddRows = (inputs: number, significance: number): boolean =>
  inputs <= MOST_INPUTS && Math.abs(significance) === 1;

/**
 * Lays out the weights of each input side by side, as the events of a spiking layer read them.
 * @param digits [outputs x inputs] −1, 0, +1
 */
export function weightRows(
  engine: Engine,
  digits: Int8Array,
  outputs: number,
  inputs: number,
  significance: number,
): WeightRows {
  const padded = Math.ceil(outputs / 64) * 64;
  // an input row may be read up to the end of its last block of 64
  const at = engine.allocate(inputs * padded);
  const rows = engine.int8(at, inputs * padded);
  rows.fill(0);
  for (let o = 0, from = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++, from++) rows[i * padded + o] = significance * digits[from];
  }
  return { at, inputs, outputs, padded };
}
