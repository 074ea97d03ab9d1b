import { arraysOf, BLOCK_LINES, columnsOf } from "../kernels/analog-command.ts";
import type { AnalogLayer } from "./analog-layer.ts";
import { mixOf } from "./analog-layer.ts";
import type { AnalogDraw } from "./draw-cells.ts";

/** How far the weights of an analog layer are off in one trial, circuits left out. */
export interface WeightNoise {
  /** share of weights that lie nearer to another level of the alphabet than to their own */
  readonly weightErrorRate: number;
  /** 10·log10(Σ w² / Σ (ŵ − w)²) */
  readonly signalToNoise_dB: number;
}

/**
 * The weights that drawn cells make, beside those that were stored: currents of a weight's cells by significance, less
 * those of its word line's reference, in codes.
 * @param stored of `storedDraw`
 * @param copies of the matrix, each on cells of its own
 */
export function weightNoise(
  analog: AnalogLayer,
  stored: AnalogDraw,
  copies: readonly AnalogDraw[],
): WeightNoise {
  const { layout, placement } = analog;
  const { levels } = placement.encoding.alphabet;
  const mix = mixOf(analog);
  let signal = 0;
  let noise = 0;
  let wrong = 0;
  let count = 0;
  for (let array = 0; array < arraysOf(layout); array++) {
    const lines = Math.min(layout.tileLines, layout.lines - array * layout.tileLines);
    for (let column = 0; column < columnsOf(layout); column++) {
      const outputs = Math.min(layout.tileOutputs, layout.outputs - column * layout.tileOutputs);
      const place = { array, column };
      for (let k = 0; k < copies.length * lines; k++) {
        const w = k % lines;
        const before = lineReader(analog, stored, mix, place, w);
        const now = lineReader(analog, copies[Math.floor(k / lines)], mix, place, w);
        for (let o = 0; o < outputs; o++) {
          const code = before(o);
          const off = now(o) - code;
          signal += code * code;
          noise += off * off;
          if (Math.abs(off) > room(levels, code, off) / 2) wrong++;
          count++;
        }
      }
    }
  }
  return {
    weightErrorRate: count === 0 ? 0 : wrong / count,
    signalToNoise_dB: 10 * Math.log10(signal / noise),
  };
}

/** Codes of the weights of one word line of an array, by output within it. */
function lineReader(
  { layout }: AnalogLayer,
  { cells, unit }: AnalogDraw,
  mix: Float32Array,
  { array, column }: { readonly array: number; readonly column: number },
  line: number,
): (output: number) => number {
  const { blocks, tileLines, perWeight, firstReference, references } = layout;
  const first = (array * columnsOf(layout) + column) * blocks;
  const cell = (b: number): number => {
    const block = first + Math.floor(b / BLOCK_LINES);
    return cells[(block * tileLines + line) * BLOCK_LINES + (b % BLOCK_LINES)];
  };
  let reference = 0;
  for (let k = 0; k < references; k++) reference += mix[perWeight + k] * cell(firstReference + k);
  return (output) => {
    let sum = -reference;
    for (let k = 0; k < perWeight; k++) sum += mix[k] * cell(output * perWeight + k);
    return sum * unit;
  };
}

/** Distance from a code to the next level on the side of an error; infinite beyond the last. */
function room(levels: readonly number[], code: number, off: number): number {
  const next = levels[levels.indexOf(Math.round(code)) + (off > 0 ? 1 : -1)];
  return next === undefined ? Number.POSITIVE_INFINITY : Math.abs(next - code);
}
