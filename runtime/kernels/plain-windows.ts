import { sizeOf } from "../../compiler/ir/tensor.ts";
import { pixelOf } from "../../compiler/ir/window.ts";
import type { Pool, Transpose, Window } from "./commands.ts";
import type { Views } from "./plain-views.ts";
import { bitOf, int16, int32 } from "./plain-views.ts";
import type { Rows } from "./rows.ts";
import { planeBytes } from "./rows.ts";

export type SampleCommand = Window | Pool | Transpose;

/** What windows, poolings and transpositions mean for one sample, as the plain twin of their kernels. */
export function runSample(views: Views, command: SampleCommand, sample: number): void {
  const int16Row = (rows: Rows, length: number) => int16(views.row(rows, sample, 1, length * 2));
  switch (command.kind) {
    case "window": {
      const { window, groups } = command;
      const [depth, height, width] = window.input;
      const lines = depth * height;
      const positions = sizeOf(window.output);
      const taps = sizeOf(window.kernel);
      const channels = window.channels / groups;
      const words = planeBytes(channels * taps);
      for (let p = 0; p < positions; p++) {
        const row = sample * positions + p;
        const to = views.row(command.to, row, positions, words * groups).fill(0);
        for (let tap = 0; tap < taps; tap++) {
          const pixel = pixelOf(window, p, tap);
          if (pixel < 0) continue;
          const line = sample * lines + Math.floor(pixel / width);
          const first = (pixel % width) * window.channels;
          const from =
            command.from &&
            views.row(command.from, line, lines, planeBytes(width * window.channels));
          for (let c = 0; c < window.channels; c++) {
            const group = Math.floor(c / channels);
            const bit = group * words * 8 + tap * channels + (c - group * channels);
            if (!from || bitOf(from, first + c) === 1) to[bit >>> 3] |= 1 << (bit & 7);
          }
        }
      }
      return;
    }
    case "pool": {
      const { window } = command;
      const { channels } = window;
      const from = int16Row(command.from, sizeOf(window.input) * channels);
      const to = int16Row(command.to, sizeOf(window.output) * channels);
      const flips = views.memory.int16(command.flips, channels);
      for (let e = 0; e < to.length; e++) {
        const c = e % channels;
        let best = Number.NEGATIVE_INFINITY;
        for (let tap = 0; tap < sizeOf(window.kernel); tap++) {
          const pixel = pixelOf(window, Math.floor(e / channels), tap);
          if (pixel >= 0) best = Math.max(best, from[pixel * channels + c] ^ flips[c]);
        }
        to[e] = best ^ flips[c];
      }
      return;
    }
    case "transpose": {
      const { rows, columns, bytes } = command;
      const size = rows * columns * bytes;
      const view = bytes === 4 ? int32 : bytes === 2 ? int16 : (raw: Uint8Array) => raw;
      const from = view(views.row(command.from, sample, 1, size));
      const to = view(views.row(command.to, sample, 1, size));
      for (let e = 0; e < from.length; e++) {
        const row = Math.floor(e / columns);
        to[(e - row * columns) * rows + row] = from[e];
      }
      return;
    }
  }
}
