import type { WindowAccess } from "../../compiler/ir/network.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { pixelOf, positionsOfWindow, tapsOfWindow } from "../../compiler/ir/window.ts";

/** rows of windows that statistics look at, at most */
const MOST_ROWS = 4096;

/**
 * What meets the weights of one group of a convolution, [rows x inputs], inputs as its weights have them; positions and
 * samples are left out evenly beyond so many rows. Padding is 0.
 * @param values [samples x channels x pixels]
 */
export function windowRows(
  values: Float64Array,
  window: WindowAccess,
  group: number,
): Float64Array {
  const pixels = sizeOf(window.input);
  const channels = window.channels / window.groups;
  const taps = tapsOfWindow(window);
  const positions = positionsOfWindow(window);
  const samples = values.length / (window.channels * pixels);
  const all = samples * positions;
  const rows = Math.min(all, MOST_ROWS);
  const inputs = channels * taps;
  const found = new Float64Array(rows * inputs);
  for (let row = 0; row < rows; row++) {
    const at = Math.floor((row * all) / rows);
    const sample = Math.floor(at / positions);
    for (let tap = 0; tap < taps; tap++) {
      const pixel = pixelOf(window, at % positions, tap);
      if (pixel < 0) continue;
      for (let c = 0; c < channels; c++) {
        const channel = group * channels + c;
        found[row * inputs + c * taps + tap] =
          values[(sample * window.channels + channel) * pixels + pixel];
      }
    }
  }
  return found;
}

/** Means over rows, [inputs] each. */
export interface InputMeans {
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

/** @param rows [rows x inputs] */
export function inputMeans(rows: Float64Array, inputs: number): InputMeans {
  const means = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  const count = Math.max(rows.length / inputs, 1);
  for (let at = 0; at < rows.length; at++) {
    means[at % inputs] += rows[at] / count;
    squares[at % inputs] += rows[at] ** 2 / count;
  }
  return { means, squares };
}
