import type { FloatSession } from "../../compiler/define.ts";
import { internal, XbcError } from "../../compiler/errors.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import { levelsOf } from "../../compiler/ir/network.ts";
import type { ElementType, TensorData } from "../../compiler/ir/tensor.ts";
import { allocate, tensor, toNumbers } from "../../compiler/ir/tensor.ts";

/** A chain of float operators from one value to codes, ready to be asked. */
export interface Probe {
  readonly session: FloatSession;
  readonly input: string;
  readonly output: string;
  readonly type: ElementType;
  /** of one sample */
  readonly shape: readonly number[];
  /** whether its batch stands in front of a sample, and whether that may be of any size */
  readonly batched: boolean;
  readonly anyBatch: boolean;
  readonly range: CodeRange;
  /** [elements] for each source element the output element that depends on it */
  readonly outputOf: Int32Array;
}

const ELEMENTS_AT_ONCE = 1 << 20;

/** Rows of source values, [rows x elements], in the source's own type. */
type Rows = Exclude<TensorData, BigInt64Array | BigUint64Array>;

/** A zero-filled row buffer of the source's type. */
function rowsOf(type: ElementType, length: number): Rows {
  const data = allocate(type, length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    throw internal("extract-thresholds", "64-bit source");
  return data;
}

/**
 * Code indices (0 … levels − 1) of each source element for several rows of probes.
 * @returns [rows x elements] code index, by source element
 */
async function ask(probe: Probe, rows: Rows): Promise<Int32Array> {
  const elements = probe.outputOf.length;
  const count = rows.length / elements;
  const found = new Int32Array(rows.length);
  const perCall = probe.anyBatch ? Math.max(1, Math.floor(ELEMENTS_AT_ONCE / elements)) : 1;
  for (let first = 0; first < count; first += perCall) {
    const batch = Math.min(perCall, count - first);
    const feed = rows.subarray(first * elements, (first + batch) * elements);
    const answer = await probe.session.run(
      new Map([
        [
          probe.input,
          tensor(probe.type, [...(probe.batched ? [batch] : []), ...probe.shape], feed),
        ],
      ]),
    );
    const codes = answer.get(probe.output);
    if (!codes || codes.data.length !== batch * elements)
      throw internal("extract-thresholds", `${probe.output}: lost its shape`);
    const values =
      codes.data instanceof Float32Array ? codes.data : Float32Array.from(toNumbers(codes));
    indexCodes(values, probe, found.subarray(first * elements, (first + batch) * elements));
  }
  return found;
}

const notNumber = (output: string): XbcError =>
  new XbcError(
    "BAD_MODEL",
    `value "${output}": needs operators before it that give a number for every sum, found NaN; ` +
      "their constants or attributes hold NaN or infinities: repair them and export the model again",
  );

/** Codes as the chain gives them, by output element, to code indices by source element. */
function indexCodes(
  values: Float32Array,
  { outputOf, output, range }: Probe,
  found: Int32Array,
): void {
  const elements = outputOf.length;
  const { minimum, step } = range;
  for (let row = 0; row < found.length; row += elements) {
    for (let e = 0; e < elements; e++) {
      const index = (values[row + outputOf[e]] - minimum) / step;
      if (Number.isNaN(index)) throw notNumber(output);
      found[row + e] = index;
    }
  }
}

/**
 * Asks for every whole source value from minimum to maximum, in order and in pieces that fit in memory.
 * @param visit gets a value n and the code indices of all elements at n, valid during the call
 */
export async function sweep(
  probe: Probe,
  minimum: number,
  maximum: number,
  visit: (n: number, codes: Int32Array) => void,
): Promise<void> {
  const elements = probe.outputOf.length;
  const perPiece = Math.max(1, Math.floor(ELEMENTS_AT_ONCE / elements));
  for (let first = minimum; first <= maximum; first += perPiece) {
    const count = Math.min(perPiece, maximum - first + 1);
    const rows = rowsOf(probe.type, count * elements);
    for (let k = 0; k < count; k++) rows.fill(first + k, k * elements, (k + 1) * elements);
    const codes = await ask(probe, rows);
    for (let k = 0; k < count; k++)
      visit(first + k, codes.subarray(k * elements, (k + 1) * elements));
  }
}

/** Whole numbers that stand for the source's values in order: sums themselves, or float32 bit patterns. */
export interface Order {
  readonly first: number;
  readonly last: number;
  readonly value: (position: number) => number;
}

export const wholeNumbers = (first: number, last: number): Order => ({
  first,
  last,
  value: (n) => n,
});

const bits = new Int32Array(1);
const float = new Float32Array(bits.buffer);

/** Finite float32 numbers in ascending order; position 0 is +0. */
export const float32Order: Order = {
  first: -0x7f7fffff - 1,
  last: 0x7f7fffff,
  value: (position) => {
    bits[0] = position >= 0 ? position : -(position + 1);
    return position >= 0 ? float[0] : -float[0];
  },
};

/**
 * Switching points by bisection on the chain itself: one call evaluates one probe for every (element,
 * threshold), so an order of 2^32 values takes 32 calls (or as many batches as memory asks for).
 * @returns [elements x steps] position of the first value (rising: lowest; falling: highest) at which the
 *          code index is ≥ step + 1; `first − 1` … `last + 1` where it never or always is
 */
export async function bisect(
  probe: Probe,
  order: Order,
  direction: Int8Array,
): Promise<Float64Array> {
  const elements = probe.outputOf.length;
  const steps = levelsOf(probe.range) - 1;
  // Rising: passed at `high`, not at `low`. Falling is the same with the order reversed.
  const low = new Float64Array(steps * elements).fill(order.first - 1);
  const high = new Float64Array(steps * elements).fill(order.last + 1);
  const rows = rowsOf(probe.type, steps * elements);
  const mid = new Float64Array(steps * elements);
  for (let open = true; open; ) {
    open = false;
    for (let k = 0; k < rows.length; k++) {
      const way = direction[k % elements] < 0 ? -1 : 1;
      if (high[k] - low[k] > 1) open = true;
      const middle = Math.floor((low[k] + high[k]) / 2);
      mid[k] = Math.min(Math.max(middle, order.first), order.last);
      rows[k] = order.value(way > 0 ? mid[k] : order.first + order.last - mid[k]);
    }
    if (!open) break;
    const found = await ask(probe, rows);
    for (let k = 0; k < rows.length; k++) {
      if (high[k] - low[k] <= 1) continue;
      if (found[k] >= Math.floor(k / elements) + 1) high[k] = mid[k];
      else low[k] = mid[k];
    }
  }
  const points = new Float64Array(elements * steps);
  for (let s = 0; s < steps; s++) {
    for (let e = 0; e < elements; e++) {
      const at = high[s * elements + e];
      points[e * steps + s] = direction[e] < 0 ? order.first + order.last - at : at;
    }
  }
  return points;
}
