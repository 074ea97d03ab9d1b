import type { Alphabet, CodeMatrix } from "../../compiler/ir/network.ts";
import { binaryAlphabet, integerAlphabet, ternaryAlphabet } from "../../compiler/ir/network.ts";

/** A weight matrix as its model stores it: element (o, i) is data[o·outputStride + i·inputStride]. */
export interface FloatMatrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly data: ArrayLike<number>;
  readonly outputStride: number;
  readonly inputStride: number;
}

/** Weights that are a grid of integers: real weight = fround(code · scale of its output). */
export interface CodedWeights {
  readonly codes: CodeMatrix;
  /** one, or one per output */
  readonly scale: Float32Array;
}

const LARGEST_CODE = 2047; // an alphabet holds at most 12 bits

/**
 * The codes of weights that already are quantized: ±s, {−s, 0, s}, or k·s for integers k, with one scale
 * for the tensor, or one per output where that takes fewer levels: ±½ and ±¼ are signs with two scales.
 * Null where they are floats: no scale reproduces them bit for bit.
 */
export function recognizeWeights(matrix: FloatMatrix): CodedWeights | null {
  const scale = gridOf(distinct(matrix, 0, matrix.outputs));
  const whole = scale === null ? null : coded(matrix, Float32Array.of(scale));
  if (matrix.outputs === 1 || (whole && levels(whole) <= 3)) return whole;
  const scales = outputScales(matrix);
  const each = scales && coded(matrix, scales);
  return each && (!whole || levels(each) < levels(whole)) ? each : whole;
}

/**
 * The codes of weights that are levels of a given alphabet, which need not be evenly apart, nor all occur; null where
 * no scale makes them so.
 */
export function recognizeLevels(matrix: FloatMatrix, alphabet: Alphabet): CodedWeights | null {
  const whole = scaleOfLevels(distinct(matrix, 0, matrix.outputs), alphabet);
  if (whole !== null) return withAlphabet(matrix, Float32Array.of(whole), alphabet);
  const scales = new Float32Array(matrix.outputs);
  for (let o = 0; o < matrix.outputs; o++) {
    const scale = scaleOfLevels(distinct(matrix, o, o + 1), alphabet);
    if (scale === null) return null;
    scales[o] = scale;
  }
  return withAlphabet(matrix, scales, alphabet);
}

function withAlphabet(
  matrix: FloatMatrix,
  scale: Float32Array,
  alphabet: Alphabet,
): CodedWeights | null {
  const { codes } = coded(matrix, scale);
  const held = new Set(alphabet.levels);
  return codes.data.every((code) => held.has(code))
    ? { codes: { ...codes, alphabet }, scale }
    : null;
}

/** The scale that makes each magnitude that of a level, the largest standing for as large a level as can be. */
function scaleOfLevels(magnitudes: Set<number> | null, { levels }: Alphabet): number | null {
  if (!magnitudes) return null;
  const sorted = [...magnitudes].filter((m) => m !== 0).sort((x, y) => x - y);
  if (sorted.length === 0) return magnitudes.size > 0 && levels.includes(0) ? 1 : null;
  const held = new Set(levels.map(Math.abs));
  const largest = sorted[sorted.length - 1];
  for (const top of [...held].filter((level) => level > 0).sort((x, y) => y - x)) {
    const scale = exactScale(sorted, Math.fround(largest / top));
    if (scale !== null && sorted.every((m) => held.has(Math.round(m / scale)))) return scale;
  }
  return null;
}

const levels = ({ codes }: CodedWeights): number => codes.alphabet.levels.length;

function outputScales(matrix: FloatMatrix): Float32Array | null {
  const scales = new Float32Array(matrix.outputs);
  for (let o = 0; o < matrix.outputs; o++) {
    const scale = gridOf(distinct(matrix, o, o + 1));
    if (scale === null) return null;
    scales[o] = scale;
  }
  return scales;
}

/** Magnitudes that occur in some rows; null when there are too many for a grid of 12 bits. */
function distinct(matrix: FloatMatrix, first: number, end: number): Set<number> | null {
  const found = new Set<number>();
  let a = Number.NaN;
  let b = Number.NaN;
  for (let o = first; o < end; o++) {
    let at = o * matrix.outputStride;
    for (let i = 0; i < matrix.inputs; i++, at += matrix.inputStride) {
      const magnitude = Math.abs(matrix.data[at]);
      if (magnitude === a || magnitude === b) continue;
      b = a;
      a = magnitude;
      found.add(magnitude);
      if (found.size > LARGEST_CODE + 1) return null;
    }
  }
  return found;
}

/** The largest s of which every magnitude is an exact float32 multiple; null where there is none. */
function gridOf(magnitudes: Set<number> | null): number | null {
  if (!magnitudes) return null;
  const sorted = [...magnitudes].filter((m) => m !== 0).sort((x, y) => x - y);
  if (sorted.length === 0) return 1;
  if (!sorted.every(Number.isFinite)) return null;
  if (sorted.length === 1) return sorted[0];
  const largest = sorted[sorted.length - 1];
  // Integers are their own codes, even where their common divisor is larger: no scale to round.
  if (sorted.every(Number.isInteger)) {
    const divisor = greatestDivisor(sorted);
    return largest / divisor <= LARGEST_CODE ? divisor : null;
  }
  const pitch = commonMeasure(sorted);
  if (pitch === null) return null;
  for (let divisor = 1; divisor <= 4; divisor++) {
    const top = Math.round((largest / pitch) * divisor);
    if (top > LARGEST_CODE) return null;
    const scale = exactScale(sorted, Math.fround(largest / top));
    if (scale !== null) return scale;
  }
  return null;
}

/**
 * The number of which all magnitudes are whole multiples, but for the rounding of each to float32, by Euclid's
 * algorithm; null where it would have to be too small. The multiples of a code's scale are known to 2^−24 of the
 * largest magnitude, so that a rest below 2^−20 of it is none.
 */
function commonMeasure(sorted: readonly number[]): number | null {
  const largest = sorted[sorted.length - 1];
  const nothing = largest * 2 ** -20;
  const least = (largest / LARGEST_CODE) * (1 - 2 ** -10);
  let measure = sorted[0];
  for (const magnitude of sorted) {
    let [x, y] = [magnitude, measure];
    while (y > nothing) {
      const rest = Math.abs(x - Math.round(x / y) * y);
      [x, y] = [y, rest];
      if (x < least) return null;
    }
    measure = x;
  }
  return measure;
}

function greatestDivisor(sorted: readonly number[]): number {
  let divisor = 0;
  for (const m of sorted) {
    let [x, y] = [divisor, m];
    while (y !== 0) [x, y] = [y, x % y];
    divisor = x;
  }
  return divisor;
}

/** The float32 next to a guess, if any, of which every magnitude is fround(k·s). */
function exactScale(sorted: readonly number[], guess: number): number | null {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  for (const step of [0, 1, -1, 2, -2, 3, -3]) {
    float[0] = guess;
    bits[0] += step;
    const scale = float[0];
    if (scale > 0 && sorted.every((m) => Math.fround(Math.round(m / scale) * scale) === m))
      return scale;
  }
  return null;
}

function coded(matrix: FloatMatrix, scale: Float32Array): CodedWeights {
  const { outputs, inputs } = matrix;
  const signs = signCodes(matrix, scale);
  if (signs) return { codes: { outputs, inputs, data: signs, alphabet: alphabetOf(signs) }, scale };
  const data = new Int16Array(outputs * inputs);
  for (let o = 0, to = 0; o < outputs; o++) {
    const s = scale.length === 1 ? scale[0] : scale[o];
    let at = o * matrix.outputStride;
    for (let i = 0; i < inputs; i++, at += matrix.inputStride) {
      data[to++] = Math.round(matrix.data[at] / s);
    }
  }
  const small = data.every((code) => code >= -128 && code <= 127) ? Int8Array.from(data) : data;
  return { codes: { outputs, inputs, data: small, alphabet: alphabetOf(small) }, scale };
}

/** Codes of weights that are all 0 or ± their output's scale, by comparison alone; null where one is not. */
function signCodes(matrix: FloatMatrix, scale: Float32Array): Int8Array | null {
  const { outputs, inputs, data, outputStride, inputStride } = matrix;
  const codes = new Int8Array(outputs * inputs);
  for (let o = 0, to = 0; o < outputs; o++) {
    const s = scale.length === 1 ? scale[0] : scale[o];
    let at = o * outputStride;
    for (let i = 0; i < inputs; i++, at += inputStride, to++) {
      const w = data[at];
      if (w === s) codes[to] = 1;
      else if (w === -s) codes[to] = -1;
      else if (w !== 0) return null;
    }
  }
  return codes;
}

/** The smallest of the usual alphabets that holds all codes. */
export function alphabetOf(data: Int8Array | Int16Array): Alphabet {
  let minimum = 0;
  let maximum = 0;
  let zeros = false;
  for (let k = 0; k < data.length; k++) {
    const code = data[k];
    if (code < minimum) minimum = code;
    if (code > maximum) maximum = code;
    if (code === 0) zeros = true;
  }
  if (minimum >= -1 && maximum <= 1) return zeros ? ternaryAlphabet : binaryAlphabet;
  let bits = 2;
  while (minimum < -(2 ** (bits - 1)) || maximum > 2 ** (bits - 1) - 1) bits++;
  return integerAlphabet(bits);
}
