import { internal } from "../../compiler/errors.ts";
import type { WindowShape } from "../../compiler/ir/network.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { analogWords } from "./analog-command.ts";
import type { Command, Matrix, Pack, WeightTerm } from "./commands.ts";
import type { PlaneTerm, Rows } from "./rows.ts";
import { planeBytes } from "./rows.ts";

/** Bytes at the begin of a thread's scratch that the kernels use themselves. */
const SCRATCH_HEADER = 6144;

/** Bytes of scratch that a thread needs. */
export const scratchBytes = (chunk: number, localBytes: number): number =>
  SCRATCH_HEADER + chunk * localBytes;

const NONE = [0, 0, 0];

/** What sets a bit of a plane; numbers as in assembly/pack.ts. */
const test = { negative: 0, negativeUnmasked: 1, nonzero: 2, bit: 3, digit: 4, unmasked: 5 };

/** What is counted, by planes present: row sign, row mask, weight sign, weight mask (popcount.source.mjs). */
interface Mode {
  readonly mode: number;
  /** n = base + factor x counted; the base is the number of inputs that count */
  readonly base: "inputs" | "row" | "weight" | "none";
  readonly factor: -2 | 1;
}

const modes: Readonly<Record<string, Mode>> = {
  "s.s.": { mode: 0, base: "inputs", factor: -2 },
  ".ms.": { mode: 1, base: "row", factor: -2 },
  ".m.m": { mode: 1, base: "none", factor: 1 },
  "s..m": { mode: 1, base: "weight", factor: -2 },
  "sms.": { mode: 2, base: "row", factor: -2 },
  "s.sm": { mode: 3, base: "weight", factor: -2 },
  smsm: { mode: 4, base: "none", factor: 1 },
  ".msm": { mode: 5, base: "none", factor: 1 },
  "sm.m": { mode: 6, base: "none", factor: 1 },
};

const planesOf = (term: { readonly sign: unknown; readonly mask: unknown }): string =>
  `${term.sign ? "s" : "."}${term.mask ? "m" : "."}`;

/** The rows' words for a chunk of `chunk` samples: local rows of all its samples lie together. */
function rowsWords(rows: Rows | null, chunk: number): number[] {
  if (rows === null) return NONE;
  const offset = rows.offset ?? 0;
  return rows.local
    ? [SCRATCH_HEADER + rows.at * chunk + offset, rows.stride, 1]
    : [rows.at + offset, rows.stride, 0];
}

/** One activation term times one weight term. */
function productWords(
  x: PlaneTerm,
  w: WeightTerm,
  inputs: number,
  rows: (rows: Rows | null) => number[],
): number[] {
  const planes = planesOf(x) + planesOf(w);
  const mode = modes[planes];
  if (mode === undefined) throw internal("runtime/kernels", `terms need a plane, found ${planes}`);
  return [
    mode.mode + (mode.base === "row" ? 16 : 0) + (w.sign && w.mask ? 32 : 0),
    ...rows(x.sign),
    ...rows(x.mask),
    w.at,
    mode.base === "weight" ? w.counts : 0,
    mode.base === "inputs" ? inputs : 0,
    mode.factor,
    x.significance * w.significance,
  ];
}

function matrixWords(command: Matrix, rows: (rows: Rows | null) => number[]): number[] {
  const { weights, thresholds, codes, from } = command;
  const products = from.flatMap((x) =>
    weights.terms.map((w) => productWords(x, w, weights.inputs, rows)),
  );
  return [
    weights.inputs,
    weights.outputs,
    ...rows(command.sums),
    ...rows(command.sign),
    ...rows(command.mask),
    ...rows(codes?.rows ?? null),
    thresholds?.at ?? 0,
    thresholds?.padded ?? 0,
    thresholds?.steps ?? 0,
    codes?.minimum ?? 0,
    codes?.step ?? 0,
    products.length,
    ...products.flat(),
  ];
}

/** [rows, test, shift, bias] of each plane of a format. */
function planesWords(command: Pack, rows: (rows: Rows | null) => number[]): number[][] {
  const { format } = command;
  switch (format.kind) {
    case "bipolar":
      return [[...rows(format.sign), test.negative, 0, 0]];
    case "ternary":
      return [
        [...rows(format.sign), test.negativeUnmasked, 0, 0],
        [...rows(format.mask), test.nonzero, 0, 0],
      ];
    case "bits":
      return format.planes.map((plane, k) => [...rows(plane), test.bit, 15 - k, 0]);
    case "digits": {
      const bias = 2 ** format.planes.length - 1;
      const digits = format.planes.map((plane, k) => [...rows(plane), test.digit, 15 - k, bias]);
      return format.mask === null
        ? digits
        : [...digits, [...rows(format.mask), test.unmasked, 0, 0]];
    }
  }
}

/** [opcode, positions, ...] of a command; numbers as in assembly/execute.ts. */
function bodyWords(
  command: Command,
  rows: (rows: Rows | null) => number[],
): { readonly opcode: number; readonly positions: number; readonly words: readonly number[] } {
  switch (command.kind) {
    case "threshold-float": {
      const { elements, channels, inner, thresholds, steps, minimum, step, directions } = command;
      const scale = [elements, channels, inner, thresholds, steps, minimum, step, directions];
      return body(1, command.positions, [...rows(command.from), ...rows(command.to), ...scale]);
    }
    case "threshold-bytes": {
      const { elements, channels, inner, table } = command;
      const scale = [elements, channels, inner, table];
      return body(2, command.positions, [...rows(command.from), ...rows(command.to), ...scale]);
    }
    case "pack": {
      const planes = planesWords(command, rows);
      const shape = [command.type === "uint8" ? 1 : 0, command.elements, planes.length];
      return body(3, command.positions, [...rows(command.from), ...shape, ...planes.flat()]);
    }
    case "pack-bytes": {
      const shape = [command.elements, command.table];
      return body(4, command.positions, [...rows(command.from), ...rows(command.to), ...shape]);
    }
    case "matrix":
      return body(5, command.positions, matrixWords(command, rows));
    case "requantize": {
      const { elements, inner, thresholds, minimum, step } = command;
      const { channels, at, steps, padded } = thresholds;
      const scale = [elements, channels, inner, at, steps, minimum, step, padded];
      return body(6, command.positions, [...rows(command.from), ...rows(command.to), ...scale]);
    }
    case "requantize-planes": {
      const { elements, thresholds } = command;
      const planes = [...rows(command.sign), ...rows(command.mask)];
      const scale = [elements, thresholds.at, thresholds.padded, thresholds.steps];
      return body(18, command.positions, [...rows(command.from), ...planes, ...scale]);
    }
    case "requantize-table": {
      const { elements, channels, inner, table, size, first } = command;
      const scale = [elements, channels, inner, table, size, first];
      return body(7, command.positions, [...rows(command.from), ...rows(command.to), ...scale]);
    }
    case "permute": {
      const shape = [command.elements, command.bytes, 0, command.order, 0, command.fill];
      return body(8, command.positions, [...rows(command.from), ...rows(command.to), ...shape]);
    }
    case "join": {
      const { elements, factors } = command;
      const places = [...rows(command.from), ...rows(command.beside), ...rows(command.to)];
      return body(21, command.positions, [...places, elements, ...factors]);
    }
    case "window": {
      const { window, groups, from, to } = command;
      const channels = window.channels / groups;
      const bytes = planeBytes(channels * sizeOf(window.kernel));
      const shape = [...windowWords(window), channels, groups, bytes];
      return body(13, 1, [...rows(from), ...rows(to), ...shape]);
    }
    case "pool": {
      const { window, from, to, flips } = command;
      return body(14, 1, [
        ...rows(from),
        ...rows(to),
        ...windowWords(window),
        window.channels,
        flips,
      ]);
    }
    case "transpose": {
      const { from, to, bytes } = command;
      return body(15, 1, [...rows(from), ...rows(to), command.rows, command.columns, bytes]);
    }
    case "add-rows": {
      const { at, inputs, outputs } = command.weights;
      const shape = [inputs, outputs, at, command.every ? 1 : 0];
      return body(16, command.positions, [...rows(command.mask), ...rows(command.sums), ...shape]);
    }
    case "integrate-fire": {
      const { steps, neurons, thresholds, reset } = command;
      const shape = [steps, neurons, thresholds, reset === "subtract" ? 1 : 0];
      return body(17, command.positions, [...rows(command.from), ...rows(command.to), ...shape]);
    }
    case "flip": {
      const { term, list } = command;
      const { frequent, rare } = list;
      return body(9, command.positions, [
        ...rows(command.sums),
        ...rows(term.sign),
        ...rows(term.mask),
        ...rows(command.digits),
        ...[command.inputs, term.significance * list.significance],
        ...[frequent.blocks, frequent.first, frequent.cells],
        ...[rare.blocks, rare.first, rare.cells, rare.limits, rare.tables],
        ...[command.sampleBase, command.sampleList ?? 0, command.plane, ...command.key],
      ]);
    }
    case "words": {
      const { to, perSample, count, first, counter, key } = command;
      return body(10, 1, [to, perSample, count, first, ...counter, ...key]);
    }
    case "analog":
      return body(20, command.positions, analogWords(command, rows));
    case "compare": {
      // a word is compared with threshold - 1; below 0 there is none, so no word is looked at
      const none = command.threshold === 0;
      const [words, last] = none ? [0, 0] : [command.words, command.threshold - 1];
      const { hits, counts, bank, key } = command;
      return body(11, 1, [hits, counts, words, command.words, last, bank, ...key]);
    }
    case "scan-pairs": {
      const { bank, wordLines, bitLines, pairs, levels, lrsFrom, hrsTo, zeroTo } = command;
      const shape = [bank, wordLines, bitLines, pairs];
      const to = [command.doubts, command.counts];
      return body(12, 1, [...shape, levels, lrsFrom, hrsTo, zeroTo, ...to, ...command.key]);
    }
  }
}

/** Three axes of everything, as in assembly/window.ts. */
function windowWords({ input, kernel, strides, dilations, pads, output }: WindowShape): number[] {
  return [input, kernel, strides, dilations, pads.slice(0, 3), output].flat();
}

const body = (opcode: number, positions: number, words: readonly number[]) => ({
  opcode,
  positions,
  words,
});

/** The program for chunks of `chunk` samples: each command as opcode, length, positions and its words. */
export function encode(commands: readonly Command[], chunk: number): Uint32Array {
  const rows = (value: Rows | null): number[] => rowsWords(value, chunk);
  return Uint32Array.from(
    commands.flatMap((command) => {
      const { opcode, positions, words } = bodyWords(command, rows);
      return [opcode, words.length + 3, positions, ...words];
    }),
    (word) => word >>> 0,
  );
}
