import type { ProgrammingImage } from "../ir/image.ts";
import {
  type Buffer,
  type CodeRange,
  type DigitalLayer,
  levelsOf,
  type Requantize,
} from "../ir/network.ts";
import { sizeOf } from "../ir/tensor.ts";
import { checkRange, type Need } from "./check-range.ts";
import { checkFilled, checkWindow } from "./check-window.ts";

const sameRange = (a: CodeRange, b: CodeRange): boolean =>
  a.minimum === b.minimum && a.maximum === b.maximum && a.step === b.step;

function checkCodes(buffer: Buffer | undefined, range: CodeRange, where: string, need: Need): void {
  checkRange(range, where, need);
  const fits = buffer?.kind === "codes" && sameRange(buffer.range, range);
  need(
    fits,
    where,
    `a buffer of codes ${range.minimum} to ${range.maximum} to write`,
    buffer?.kind,
  );
}

function checkDirections(directions: Int8Array, count: number, where: string, need: Need): void {
  need(directions.length === count, where, `${count} directions`, directions.length);
  need(
    directions.every((d) => d === 1 || d === -1),
    where,
    "directions 1 or -1",
    "another one",
  );
}

/** Thresholds and tables have a row for each output and give codes of the buffer that they write. */
export function checkRequantize(
  requantize: Requantize,
  outputs: number,
  to: Buffer | undefined,
  where: string,
  need: Need,
): void {
  switch (requantize.kind) {
    case "sum":
      need(to?.kind === "sums", where, "a buffer of sums to write", to?.kind);
      return;
    case "thresholds": {
      const { range, thresholds, directions } = requantize;
      checkCodes(to, range, where, need);
      const count = outputs * (levelsOf(range) - 1);
      need(thresholds.length === count, where, `${count} thresholds`, thresholds.length);
      checkDirections(directions, outputs, where, need);
      return;
    }
    case "table": {
      const { range, minimum, maximum, codes } = requantize;
      checkCodes(to, range, where, need);
      const count = outputs * (maximum - minimum + 1);
      need(
        minimum <= maximum && codes.length === count,
        where,
        `a table of ${count} codes`,
        codes.length,
      );
      const allowed = (code: number) =>
        code >= range.minimum && code <= range.maximum && (code - range.minimum) % range.step === 0;
      need(
        codes.every(allowed),
        where,
        `codes from ${range.minimum} to ${range.maximum} in its table`,
        "another one",
      );
    }
  }
}

/** A digital layer's arrays fit the buffers that it reads and writes. */
export function checkDigital(layer: DigitalLayer, image: ProgrammingImage, need: Need): void {
  const where = `layer ${layer.id}`;
  const from = image.buffers.get(layer.from);
  const to = image.buffers.get(layer.to);
  const [reads, writes] = [from, to].map((buffer) => sizeOf(buffer?.shape ?? []));
  need(
    ["permute", "pool", "spikes"].includes(layer.op) || reads === writes,
    where,
    `as many results as the ${reads} values it reads`,
    writes,
  );
  switch (layer.op) {
    case "encode": {
      const { range, thresholds, directions, channels } = layer;
      need(from?.kind === "float", where, "floats to read", from?.kind);
      checkCodes(to, range, where, need);
      const count = channels * (levelsOf(range) - 1);
      need(thresholds.length === count, where, `${count} thresholds`, thresholds.length);
      need(!thresholds.some(Number.isNaN), where, "thresholds that are numbers", "NaN");
      checkDirections(directions, channels, where, need);
      return;
    }
    case "permute": {
      const { order } = layer;
      need(order.length === writes, where, `an order of ${writes}`, order.length);
      need(
        order.every((index) => index >= 0 && index < reads),
        where,
        `indices below ${reads}`,
        "another one",
      );
      need(
        from?.kind === to?.kind,
        where,
        "to read and write the same kind of values",
        `${from?.kind} and ${to?.kind}`,
      );
      return;
    }
    case "pool": {
      const { window, directions } = layer;
      checkWindow(window, where, need);
      const sizes = [
        window.channels * sizeOf(window.input),
        window.channels * sizeOf(window.output),
      ];
      need(reads === sizes[0], where, `${sizes[0]} codes to read`, reads);
      need(writes === sizes[1], where, `room for ${sizes[1]} codes`, writes);
      const ranges =
        from?.kind === "codes" && to?.kind === "codes" && sameRange(from.range, to.range);
      need(ranges, where, "to read and write codes of one range", `${from?.kind} and ${to?.kind}`);
      checkDirections(directions, window.channels, where, need);
      checkFilled(window, where, need);
      return;
    }
    case "spikes": {
      const { steps, table } = layer;
      need(from?.kind === "float" && from.type === "uint8", where, "bytes to read", from?.kind);
      need(writes === steps * reads, where, `${steps} steps of ${reads} spikes`, writes);
      need(table.length === steps * 256, where, `a table of ${steps * 256}`, table.length);
      need(
        table.every((code) => code <= 1),
        where,
        "spikes of 0 or 1 in its table",
        "another one",
      );
      checkCodes(to, { minimum: 0, maximum: 1, step: 1 }, where, need);
      return;
    }
    case "integrate-fire": {
      const { steps, thresholds } = layer;
      need(from?.kind === "sums", where, "sums to read", from?.kind);
      need(
        reads === steps * thresholds.length,
        where,
        `${steps} steps of ${thresholds.length} sums`,
        reads,
      );
      checkCodes(to, { minimum: 0, maximum: 1, step: 1 }, where, need);
      const bound = from?.kind === "sums" ? from.bound : 0;
      const largest = thresholds.reduce((most, t) => Math.max(most, Math.abs(t)), 0);
      need(steps * (bound + largest) < 2 ** 31, where, "potentials below 2^31", largest);
      return;
    }
    case "join": {
      const beside = image.buffers.get(layer.beside);
      const sources = [from, beside];
      need(
        sources.every((source) => source?.kind === "codes" && sizeOf(source.shape) === writes),
        where,
        `two buffers of ${writes} codes to read`,
        sources.map((source) => `${sizeOf(source?.shape ?? [])} ${source?.kind}`).join(" and "),
      );
      const most = sources.reduce((sum, source, k) => {
        const range = source?.kind === "codes" ? source.range : { minimum: 0, maximum: 0 };
        return (
          sum +
          Math.abs(layer.factors[k]) * Math.max(Math.abs(range.minimum), Math.abs(range.maximum))
        );
      }, 0);
      need(
        to?.kind === "sums" && to.bound >= most && most < 2 ** 31,
        where,
        `sums of at least ${most} to write`,
        to?.kind === "sums" ? to.bound : to?.kind,
      );
      return;
    }
    case "requantize":
      need(from?.kind === "sums", where, "sums to read", from?.kind);
      checkRequantize(layer.requantize, layer.channels, to, where, need);
  }
}
