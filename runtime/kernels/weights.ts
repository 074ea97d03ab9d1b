import { internal } from "../../compiler/errors.ts";
import type { PackedWeights, WeightTerm } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { planeWords } from "./rows.ts";

/** Outputs of one tile of the matrix kernel, to which weights are padded. */
export const TILE = 4;
/** Words of an output that lie together, as many as the matrix kernel takes at a time. */
const WORDS = 16;
/** Outputs of one block, to which counts and thresholds are padded. */
export const BLOCK = 64;

export const padTo = (value: number, multiple: number): number =>
  Math.ceil(value / multiple) * multiple;

/** Which weights a plane holds, and how many planes there are. */
interface WeightShape {
  readonly outputs: number;
  readonly inputs: number;
  readonly planes: number;
}

/** Bytes of a term's planes. */
export const weightBytes = ({ outputs, inputs, planes }: WeightShape): number =>
  padTo(outputs, TILE) * planeWords(inputs) * planes * 8;

/** Which of a term's 64-bit words holds input i of output o in the first plane; the others follow. */
export function weightWord({ outputs, inputs, planes }: WeightShape, o: number, i: number): number {
  const word = i >>> 6;
  const first = word - (word % WORDS);
  const together = Math.min(planeWords(inputs) - first, WORDS);
  return (first * padTo(outputs, TILE) + o * together + word - first) * planes;
}

/**
 * Lays digits of weights out for the matrix kernel. Planes are made as needed: a mask where a digit is
 * 0, a sign unless every digit is 0 or +1.
 * @param digits [outputs x inputs] -1, 0, +1
 * @throws INTERNAL on any other digit
 */
export function weightTerm(
  memory: EngineMemory,
  digits: Int8Array | Int16Array,
  outputs: number,
  inputs: number,
  significance = 1,
): WeightTerm {
  const { sign, mask } = planesNeeded(digits);
  const planes = sign && mask ? 2 : 1;
  const shape = { outputs, inputs, planes };
  const at = memory.allocate(weightBytes(shape));
  const counts = mask ? memory.allocate(padTo(outputs, BLOCK) * 4) : 0;
  const bits = memory.uint32(at, weightBytes(shape) / 4).fill(0);
  const countOf = mask ? memory.int32(counts, padTo(outputs, BLOCK)).fill(0) : null;
  for (let o = 0; o < outputs; o++) {
    let count = 0;
    for (let i = 0; i < inputs; i++) {
      const digit = digits[o * inputs + i];
      if (digit === 0) continue;
      count++;
      const half = weightWord(shape, o, i) * 2 + ((i >>> 5) & 1);
      if (digit < 0) bits[half] |= 1 << (i & 31);
      if (mask) bits[half + (planes - 1) * 2] |= 1 << (i & 31);
    }
    if (countOf !== null) countOf[o] = count;
  }
  return { at, sign, mask, counts, significance };
}

function planesNeeded(digits: Int8Array | Int16Array): {
  readonly sign: boolean;
  readonly mask: boolean;
} {
  let negative = false;
  let zero = false;
  for (const digit of digits) {
    if (digit < -1 || digit > 1) {
      throw internal("kernels, weights", `needed the digits -1, 0 and +1, found ${digit}`);
    }
    negative ||= digit < 0;
    zero ||= digit === 0;
  }
  return { sign: negative || !zero, mask: zero };
}

/**
 * Codes of any alphabet as terms: one where they are -1, 0, +1, else one per bit of the magnitude.
 * @param codes [outputs x inputs] |code| < 2^15
 */
export function packWeights(
  memory: EngineMemory,
  codes: Int8Array | Int16Array,
  outputs: number,
  inputs: number,
): PackedWeights {
  let largest = 1;
  for (const code of codes) largest = Math.max(largest, Math.abs(code));
  const bits = 32 - Math.clz32(largest);
  const terms =
    bits === 1
      ? [weightTerm(memory, codes, outputs, inputs)]
      : Array.from({ length: bits }, (_, k) =>
          weightTerm(memory, magnitudeDigits(codes, k), outputs, inputs, 2 ** k),
        );
  return { inputs, outputs, terms };
}

/** sign(code) x bit k of |code| */
function magnitudeDigits(codes: Int8Array | Int16Array, k: number): Int8Array {
  return Int8Array.from(codes, (code) => Math.sign(code) * ((Math.abs(code) >>> k) & 1));
}
