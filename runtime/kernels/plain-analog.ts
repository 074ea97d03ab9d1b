import type { Analog } from "./analog-command.ts";
import { arraysOf, BLOCK_LINES, cellsOf, columnsOf } from "./analog-command.ts";
import type { EngineMemory } from "./memory.ts";

const { fround } = Math;
/** cells after which numerator and denominator are brought back to a denominator of 1, as in the kernel */
const RENEW = 32;

/** What one row gives. */
export interface AnalogRow {
  /** [outputs] in codes: float32, or whole numbers behind a converter */
  readonly values: Float32Array;
  readonly sums: Int32Array;
  /** [outputs] comparisons passed */
  readonly passed: Uint16Array;
}

/**
 * The plain twin of assembly/analog.ts, for one row.
 * @param isOn whether the bit of a plane that gates an input of a group is set
 */
export function analogRow(
  memory: EngineMemory,
  command: Analog,
  isOn: (plane: number, input: number, group: number) => boolean,
): AnalogRow {
  const { layout, converter } = command;
  const { outputs } = layout;
  const columns = columnsOf(layout);
  const all = columns * layout.blocks;
  const currents = new Float32Array(all * BLOCK_LINES);
  const sums = new Int32Array(outputs);
  command.from.forEach(({ significance }, plane) => {
    for (let array = 0; array < arraysOf(layout); array++) {
      addCurrents(memory, command, array, converter ? 1 : significance, currents, (line, group) =>
        line < layout.inputs ? isOn(plane, line, group) : plane === 0,
      );
      if (!converter) continue;
      values(memory, command, array, currents).forEach((x, o) => {
        const held = Math.min(Math.max(nearest(x), converter.least), converter.most);
        sums[o] += Math.trunc(fround(held * significance));
      });
      currents.fill(0);
    }
  });
  const found = converter ? Float32Array.from(sums) : values(memory, command, 0, currents);
  const rounded = converter ? sums : Int32Array.from(found, nearest);
  return { values: found, sums: rounded, passed: decisions(memory, command, found) };
}

/** Half to even. */
function nearest(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function decisions(memory: EngineMemory, { decision }: Analog, found: Float32Array): Uint16Array {
  if (!decision) return new Uint16Array(found.length);
  const { steps, strict } = decision;
  const bounds = memory.float32(decision.bounds, found.length * steps);
  const directions = memory.float32(decision.directions, found.length);
  return Uint16Array.from(found, (x, o) => {
    const turned = fround(x * directions[o]);
    const levels = bounds.subarray(o * steps, (o + 1) * steps);
    return levels.filter((level) => (strict ? turned > level : turned >= level)).length;
  });
}

/** Every output's sum in codes, read as an array's are. */
function values(
  memory: EngineMemory,
  command: Analog,
  array: number,
  currents: Float32Array,
): Float32Array {
  const { layout, unit } = command;
  const { outputs, tileOutputs, perWeight, references, firstReference, blocks } = layout;
  const mix = memory.float32(command.mix, perWeight + references);
  const read = readOf(memory, command, array);
  const codes = fround(unit);
  const combined = (first: number, at: number, count: number): number => {
    let sum = 0;
    for (let k = 0; k < count; k++) sum = fround(sum + fround(mix[first + k] * currents[at + k]));
    return sum;
  };
  return Float32Array.from({ length: outputs }, (_, o) => {
    const q = Math.floor(o / tileOutputs);
    const column = q * blocks * BLOCK_LINES;
    const weight = combined(0, column + (o - q * tileOutputs) * perWeight, perWeight);
    const reference = combined(perWeight, column + firstReference, references);
    const difference = fround(fround(weight * read[q * 4]) - reference);
    return fround(fround(difference * codes) + read[q * 4 + 1]);
  });
}

/** How an array's columns are read, four numbers each. */
function readOf(memory: EngineMemory, { layout, read }: Analog, array: number): Float32Array {
  const size = columnsOf(layout) * 4;
  return memory.float32(read + array * size * 4, size);
}

/** The currents of one array's bit lines, segment by segment: design.md section 5. */
function addCurrents(
  memory: EngineMemory,
  command: Analog,
  array: number,
  significance: number,
  currents: Float32Array,
  isOn: (line: number, group: number) => boolean,
): void {
  const { layout } = command;
  const { tileLines, lines, segment, blocks } = layout;
  const cells = memory.float32(command.cells, cellsOf(layout));
  const read = readOf(memory, command, array);
  const first = array * tileLines;
  const count = Math.min(tileLines, lines - first);
  const all = columnsOf(layout) * blocks;
  for (let b = 0; b < all * BLOCK_LINES; b++) {
    const block = Math.floor(b / BLOCK_LINES);
    const [wire, head] = read.subarray(Math.floor(block / blocks) * 4 + 2);
    const cell = (w: number) =>
      cells[((array * all + block) * tileLines + w) * BLOCK_LINES + (b % BLOCK_LINES)];
    for (let from = 0; from < count; from += segment) {
      const on: number[] = [];
      for (let w = Math.min(count, from + segment) - 1; w >= from; w--)
        if (isOn(first + w, Math.floor((block * layout.groups) / all))) on.push(w);
      if (on.length === 0) continue;
      let n = 0;
      let d = 1;
      on.forEach((w, k) => {
        const r = k === 0 ? 0 : fround(wire * (on[k - 1] - w));
        d = fround(d + fround(r * n));
        n = fround(n + fround(cell(w) * d));
        if (k % RENEW === RENEW - 1) [n, d] = [fround(n / d), 1];
      });
      const before = fround(head + fround(wire * on[on.length - 1]));
      const current = fround(n / fround(d + fround(before * n)));
      currents[b] = fround(currents[b] + fround(fround(significance) * current));
    }
  }
}
