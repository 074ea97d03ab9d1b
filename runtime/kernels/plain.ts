import type { Command, PlaneFormat } from "./commands.ts";
import { MASKED_CODE } from "./commands.ts";
import { commandError } from "./engine.ts";
import type { EngineMemory } from "./memory.ts";
import { analogRow } from "./plain-analog.ts";
import type { BulkCommand } from "./plain-bulk.ts";
import { runBulk } from "./plain-bulk.ts";
import { flipPlainly } from "./plain-flip.ts";
import { activationDigits, addProduct, stepsPassed } from "./plain-matrix.ts";
import type { Views } from "./plain-views.ts";
import { bitOf, int16, int32, setBits } from "./plain-views.ts";
import type { SampleCommand } from "./plain-windows.ts";
import { runSample } from "./plain-windows.ts";
import type { Rows } from "./rows.ts";
import { planeBytes, windowBytes } from "./rows.ts";

/**
 * The plain twin of the engine: what each command means, said as simply as possible. It works on the
 * same memory and gives the same bits.
 * @throws as `Engine.run`
 */
export function runPlain(
  memory: EngineMemory,
  commands: readonly Command[],
  samples: number,
): void {
  const locals = new Map<number, ArrayBuffer>();
  const views: Views = {
    memory,
    row: (rows, row, positions, length) => {
      const at = row * rows.stride + (rows.offset ?? 0);
      if (!rows.local) return memory.bytes(rows.at + at, length);
      const buffer = locals.get(rows.at) ?? new ArrayBuffer(rows.stride * positions * samples);
      locals.set(rows.at, buffer);
      return new Uint8Array(buffer, at, length);
    },
  };
  for (const command of commands) runOne(views, command, samples);
}

function runOne(views: Views, command: Command, samples: number): void {
  for (let sample = 0; sample < samples; sample++) {
    if (command.kind === "words" || command.kind === "compare" || command.kind === "scan-pairs") {
      runBulk(views.memory, command, sample);
      continue;
    }
    if (command.kind === "window" || command.kind === "pool" || command.kind === "transpose") {
      runSample(views, command, sample);
      continue;
    }
    for (let position = 0; position < command.positions; position++) {
      runRow(views, command, sample, position);
    }
  }
}

type RowCommand = Exclude<Command, BulkCommand | SampleCommand>;

function runRow(views: Views, command: RowCommand, sample: number, position: number): void {
  const row = sample * command.positions + position;
  const at = (rows: Rows, length: number): Uint8Array =>
    views.row(rows, row, command.positions, length);
  const asInt16 = (rows: Rows, length: number): Int16Array => int16(at(rows, length * 2));
  const asInt32 = (rows: Rows, length: number): Int32Array => int32(at(rows, length * 4));
  const { memory } = views;
  switch (command.kind) {
    case "threshold-float": {
      const { elements, steps } = command;
      const bytes = at(command.from, elements * 4);
      const from = new Float32Array(bytes.buffer, bytes.byteOffset, elements);
      const to = asInt16(command.to, elements);
      const thresholds = memory.float32(command.thresholds, command.channels * steps);
      const directions = memory.int8(command.directions, command.channels);
      const nan = from.findIndex(Number.isNaN);
      if (nan >= 0) throw commandError(command.kind, sample, position * elements + nan);
      for (let e = 0; e < elements; e++) {
        const channel = channelOf(command, e);
        let passed = 0;
        for (let k = 0; k < steps; k++) {
          const t = thresholds[channel * steps + k];
          if (directions[channel] > 0 ? from[e] >= t : from[e] <= t) passed++;
        }
        to[e] = command.minimum + command.step * passed;
      }
      return;
    }
    case "threshold-bytes": {
      const { elements } = command;
      const from = at(command.from, elements);
      const to = asInt16(command.to, elements);
      const table = memory.int16(command.table, command.channels * 256);
      for (let e = 0; e < elements; e++) to[e] = table[channelOf(command, e) * 256 + from[e]];
      return;
    }
    case "pack": {
      const { elements } = command;
      const from =
        command.type === "uint8" ? at(command.from, elements) : asInt16(command.from, elements);
      for (const { rows, isSet } of planeTests(command.format)) {
        setBits(at(rows, planeBytes(elements)), elements, (e) => isSet(from[e]));
      }
      return;
    }
    case "pack-bytes": {
      const { elements } = command;
      const from = at(command.from, elements);
      const table = memory.bytes(command.table, 32);
      setBits(at(command.to, planeBytes(elements)), elements, (e) => bitOf(table, from[e]) === 1);
      return;
    }
    case "analog": {
      const { layout, from, sums, mask, codes } = command;
      const { inputs, outputs, groups } = layout;
      const planes = from.map((term) =>
        term.mask ? at(term.mask, windowBytes(inputs, groups)) : new Uint8Array(0),
      );
      const order = command.order === 0 ? null : memory.uint32(command.order, inputs);
      const found = analogRow(memory, command, (plane, i, group) => {
        const bit = group * planeBytes(inputs) * 8 + (order ? order[i] : i);
        return bitOf(planes[plane], bit) === 1;
      });
      if (sums) asInt32(sums, outputs).set(found.sums);
      if (mask) setBits(at(mask, planeBytes(outputs)), outputs, (o) => found.passed[o] > 0);
      if (codes)
        asInt16(codes.rows, outputs).set(
          Int16Array.from(found.passed, (count) => codes.minimum + codes.step * count),
        );
      return;
    }
    case "matrix": {
      const { weights, thresholds, codes } = command;
      const sums = new Int32Array(weights.outputs);
      for (const x of command.from) {
        const digits = activationDigits(x, weights.inputs, at);
        for (const w of weights.terms) addProduct(memory, sums, digits, x, w, weights.inputs);
      }
      if (command.sums !== null) asInt32(command.sums, weights.outputs).set(sums);
      if (thresholds === null) return;
      const passed = Array.from(sums, (n, o) => stepsPassed(memory, thresholds, o, n));
      const size = planeBytes(weights.outputs);
      // one step: -1, +1; two: -1, 0, +1
      const code = (o: number): number =>
        thresholds.steps === 1 ? passed[o] * 2 - 1 : passed[o] - 1;
      if (command.sign !== null)
        setBits(at(command.sign, size), weights.outputs, (o) => code(o) < 0);
      if (command.mask !== null)
        setBits(at(command.mask, size), weights.outputs, (o) => code(o) !== 0);
      if (codes !== null) {
        const to = asInt16(codes.rows, weights.outputs);
        for (let o = 0; o < to.length; o++) to[o] = codes.minimum + codes.step * passed[o];
      }
      return;
    }
    case "requantize": {
      const { elements, thresholds, minimum, step } = command;
      const from = asInt32(command.from, elements);
      const to = asInt16(command.to, elements);
      const channels = { channels: thresholds.channels, inner: command.inner };
      for (let e = 0; e < elements; e++) {
        to[e] = minimum + step * stepsPassed(memory, thresholds, channelOf(channels, e), from[e]);
      }
      return;
    }
    case "requantize-planes": {
      const { elements, thresholds } = command;
      const from = asInt32(command.from, elements);
      const code = (e: number): number => {
        const passed = stepsPassed(memory, thresholds, e, from[e]);
        return thresholds.steps === 1 ? passed * 2 - 1 : passed - 1;
      };
      const size = planeBytes(elements);
      setBits(at(command.sign, size), elements, (e) => code(e) < 0);
      if (command.mask !== null) setBits(at(command.mask, size), elements, (e) => code(e) !== 0);
      return;
    }
    case "requantize-table": {
      const { elements, size } = command;
      const from = asInt32(command.from, elements);
      const to = asInt16(command.to, elements);
      const table = memory.int16(command.table, command.channels * size);
      for (let e = 0; e < elements; e++) {
        const index = from[e] - command.first;
        if (index < 0 || index >= size) {
          throw commandError(command.kind, sample, position * elements + e);
        }
        to[e] = table[channelOf(command, e) * size + index];
      }
      return;
    }
    case "permute": {
      const { elements, bytes } = command;
      const order = memory.int32(command.order, elements);
      let furthest = 0;
      for (const source of order) furthest = Math.max(furthest, source + 1);
      const view = bytes === 4 ? int32 : bytes === 2 ? int16 : (raw: Uint8Array) => raw;
      const from = view(at(command.from, furthest * bytes));
      const to = view(at(command.to, elements * bytes));
      for (let i = 0; i < elements; i++) to[i] = order[i] < 0 ? command.fill : from[order[i]];
      return;
    }
    case "join": {
      const { elements, factors } = command;
      const x = int16(at(command.from, elements * 2));
      const y = int16(at(command.beside, elements * 2));
      const to = asInt32(command.to, elements);
      for (let e = 0; e < elements; e++) to[e] = factors[0] * x[e] + factors[1] * y[e];
      return;
    }
    case "add-rows": {
      const { inputs, outputs, at: weightsAt } = command.weights;
      const bits = at(command.mask, planeBytes(inputs));
      const weights = memory.int8(weightsAt, Math.ceil(outputs / 64) * 64 * inputs);
      const to = asInt32(command.sums, outputs);
      to.fill(0);
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++)
          to[o] += bitOf(bits, i) * weights[((o >> 6) * inputs + i) * 64 + (o & 63)];
      }
      return;
    }
    case "integrate-fire": {
      const { steps, neurons, reset } = command;
      const from = asInt32(command.from, steps * neurons);
      const to = asInt16(command.to, steps * neurons);
      const thresholds = memory.int32(command.thresholds, neurons);
      for (let n = 0; n < neurons; n++) {
        let potential = 0;
        for (let t = 0; t < steps; t++) {
          potential += from[t * neurons + n];
          const fires = potential >= thresholds[n];
          to[t * neurons + n] = fires ? 1 : 0;
          if (fires) potential = reset === "zero" ? 0 : potential - thresholds[n];
        }
      }
      return;
    }
    case "flip": {
      const { sums, sampleList } = command;
      const numbers = sampleList === null ? null : memory.uint32(sampleList, sample + 1);
      flipPlainly(memory, command, {
        sums: asInt32(sums, sums.stride / 4),
        digits: activationDigits(command.term, command.inputs, at),
        sample: numbers === null ? command.sampleBase + sample : numbers[sample],
        position,
      });
      return;
    }
  }
}

const channelOf = (
  { channels, inner }: { readonly channels: number; readonly inner: number },
  e: number,
): number => Math.floor(e / inner) % channels;

/** Which codes set a bit, plane by plane. */
function planeTests(
  format: PlaneFormat,
): readonly { readonly rows: Rows; readonly isSet: (code: number) => boolean }[] {
  switch (format.kind) {
    case "bipolar":
      return [{ rows: format.sign, isSet: (code) => code < 0 }];
    case "ternary":
      return [
        { rows: format.sign, isSet: (code) => code < 0 && code !== MASKED_CODE },
        { rows: format.mask, isSet: (code) => code !== 0 && code !== MASKED_CODE },
      ];
    case "bits":
      return format.planes.map((rows, k) => ({
        rows,
        isSet: (code: number) => ((code >> k) & 1) === 1,
      }));
    case "digits": {
      const bias = 2 ** format.planes.length - 1;
      const digits = format.planes.map((rows, k) => ({
        rows,
        isSet: (code: number) => code !== MASKED_CODE && ((((code + bias) / 2) >> k) & 1) === 0,
      }));
      if (format.mask === null) return digits;
      return [...digits, { rows: format.mask, isSet: (code: number) => code !== MASKED_CODE }];
    }
  }
}
