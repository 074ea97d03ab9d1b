import { internal } from "../../compiler/errors.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import { levelsOf } from "../../compiler/ir/network.ts";
import type { Order, Probe } from "./switching-points.ts";
import { bisect, float32Order, sweep, wholeNumbers } from "./switching-points.ts";

/**
 * From source values to code indices, element by element.
 * `thresholds` on integer sums (never/always are int32's ends), `floats` on float values (±Infinity),
 * `table` of code indices for chains that are not monotone.
 */
export type Points =
  | { readonly kind: "thresholds"; readonly thresholds: Int32Array; readonly directions: Int8Array }
  | { readonly kind: "floats"; readonly thresholds: Float32Array; readonly directions: Int8Array }
  | {
      readonly kind: "table";
      readonly minimum: number;
      readonly maximum: number;
      readonly codes: Int16Array;
      readonly directions: Int8Array;
    };

const LARGEST_SWEEP = 2 ** 16;
const LARGEST_TABLE = 2 ** 24;
const UNPROVED = 2;

/**
 * Switching points on integer sums −bound … bound. Where every operator is proved monotone, by bisection; for
 * ranges up to 2^16 the whole range is asked as well and must agree. What is not proved is told by the sweep.
 * @returns null where neither works: the chain then stays a subgraph
 */
export async function sumPoints(
  probe: Probe,
  bound: number,
  directions: Int8Array,
): Promise<Points | null> {
  const span = 2 * bound + 1;
  if (directions.every((way) => way !== UNPROVED)) {
    const points = await bisect(probe, wholeNumbers(-bound, bound), directions);
    const thresholds = integerThresholds(points, directions, bound);
    if (span <= LARGEST_SWEEP) await mustAgree(probe, bound, thresholds, directions);
    return { kind: "thresholds", thresholds, directions };
  }
  if (span > LARGEST_SWEEP || span * directions.length > LARGEST_TABLE) return null;
  return fromTable(await table(probe, -bound, bound), levelsOf(probe.range) - 1);
}

/** Switching points on codes of a range; null where some operator is not proved monotone. */
export async function codePoints(
  probe: Probe,
  { minimum, maximum }: CodeRange,
  directions: Int8Array,
): Promise<Points | null> {
  if (directions.some((way) => way === UNPROVED)) return null;
  const points = await bisect(probe, wholeNumbers(minimum, maximum), directions);
  return { kind: "thresholds", thresholds: Int32Array.from(points), directions };
}

/** Positions outside the range become int32's ends. */
function integerThresholds(points: Float64Array, directions: Int8Array, bound: number): Int32Array {
  const steps = points.length / directions.length;
  return Int32Array.from(points, (point, k) => {
    const falling = directions[Math.floor(k / steps)] < 0;
    if (point > bound) return 2 ** 31 - 1;
    if (point < -bound) return -(2 ** 31);
    const always = falling ? point === bound : point === -bound;
    return always ? (falling ? 2 ** 31 - 1 : -(2 ** 31)) : point;
  });
}

/** @throws INTERNAL if the swept codes are not what the thresholds say */
async function mustAgree(
  probe: Probe,
  bound: number,
  thresholds: Int32Array,
  directions: Int8Array,
): Promise<void> {
  const steps = thresholds.length / directions.length;
  await sweep(probe, -bound, bound, (n, codes) => {
    for (let e = 0; e < directions.length; e++) {
      let passed = 0;
      for (let s = e * steps; s < (e + 1) * steps; s++) {
        if (directions[e] > 0 ? n >= thresholds[s] : n <= thresholds[s]) passed++;
      }
      if (passed !== codes[e]) {
        throw internal(
          "extract-thresholds",
          `${probe.output}: element ${e} at sum ${n} is code ${codes[e]}, its thresholds say ${passed}`,
        );
      }
    }
  });
}

async function table(
  probe: Probe,
  minimum: number,
  maximum: number,
): Promise<Extract<Points, { kind: "table" }>> {
  const elements = probe.outputOf.length;
  const span = maximum - minimum + 1;
  const codes = new Int16Array(elements * span);
  await sweep(probe, minimum, maximum, (n, found) => {
    for (let e = 0; e < elements; e++) codes[e * span + n - minimum] = found[e];
  });
  return { kind: "table", minimum, maximum, codes, directions: new Int8Array(elements).fill(1) };
}

/** Thresholds where every row of a table rises or falls throughout; else the table itself. */
function fromTable(full: Extract<Points, { kind: "table" }>, steps: number): Points {
  const elements = full.directions.length;
  const span = full.maximum - full.minimum + 1;
  const thresholds = new Int32Array(elements * steps);
  const directions = new Int8Array(elements);
  for (let e = 0; e < elements; e++) {
    const row = full.codes.subarray(e * span, (e + 1) * span);
    const way = wayOf(row);
    if (way === 0) return full;
    directions[e] = way;
    for (let s = 0; s < steps; s++) {
      const at =
        way > 0 ? row.findIndex((code) => code > s) : row.findLastIndex((code) => code > s);
      thresholds[e * steps + s] = thresholdAt(at, way, full);
    }
  }
  return { kind: "thresholds", thresholds, directions };
}

function thresholdAt(
  at: number,
  way: number,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  const lowest = -(2 ** 31);
  const highest = 2 ** 31 - 1;
  if (at < 0) return way > 0 ? highest : lowest;
  if (way > 0) return at === 0 ? lowest : minimum + at;
  return at === maximum - minimum ? highest : minimum + at;
}

/** 1 where a row never falls, −1 where it never rises, 0 otherwise. */
function wayOf(row: Int16Array): -1 | 0 | 1 {
  let rises = false;
  let falls = false;
  for (let k = 1; k < row.length; k++) {
    if (row[k] > row[k - 1]) rises = true;
    if (row[k] < row[k - 1]) falls = true;
  }
  if (rises && falls) return 0;
  return falls ? -1 : 1;
}

/** Switching points on a network input or other float value: by bisection over all float32, or over all bytes. */
export async function floatPoints(probe: Probe, directions: Int8Array): Promise<Points | null> {
  if (directions.some((way) => way === UNPROVED)) return null;
  const order = orderOf(probe);
  if (!order) return null;
  const points = await bisect(probe, order, directions);
  const steps = points.length / directions.length;
  const thresholds = Float32Array.from(points, (point, k) => {
    const falling = directions[Math.floor(k / steps)] < 0;
    if (point > order.last) return Number.POSITIVE_INFINITY;
    if (point < order.first) return Number.NEGATIVE_INFINITY;
    const always = falling ? point === order.last : point === order.first;
    if (always) return falling ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return order.value(point);
  });
  return { kind: "floats", thresholds, directions };
}

function orderOf(probe: Probe): Order | null {
  switch (probe.type) {
    case "float32":
      return float32Order;
    case "uint8":
      return wholeNumbers(0, 255);
    case "int8":
      return wholeNumbers(-128, 127);
    case "bool":
      return wholeNumbers(0, 1);
    case "uint16":
      return wholeNumbers(0, 65535);
    case "int16":
      return wholeNumbers(-32768, 32767);
    default:
      return null;
  }
}
