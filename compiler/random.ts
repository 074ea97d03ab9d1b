/**
 * Random numbers as functions of their key: Philox4x32-10, so that no draw depends on threads, order
 * or on which other draws were made.
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 */
import { log } from "./math.ts";

/** Two 32-bit words. */
export type Key = readonly [number, number];

const M0 = 0xd2511f53 | 0;
const M1 = 0xcd9e8d57 | 0;
const W0 = 0x9e3779b9 | 0;
const W1 = 0xbb67ae85 | 0;

/** The four words that Philox gives for one counter, written to out[at … at + 3]. */
export function philox(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  at = 0,
): void {
  let x0 = c0 | 0;
  let x1 = c1 | 0;
  let x2 = c2 | 0;
  let x3 = c3 | 0;
  let key0 = k0 | 0;
  let key1 = k1 | 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd251, 0x1f53, x0);
    const low0 = Math.imul(M0, x0);
    const high1 = multiplyHigh(0xcd9e, 0x8d57, x2);
    const low1 = Math.imul(M1, x2);
    x0 = high1 ^ x1 ^ key0;
    x1 = low1;
    x2 = high0 ^ x3 ^ key1;
    x3 = low0;
    key0 = (key0 + W0) | 0;
    key1 = (key1 + W1) | 0;
  }
  out[at] = x0;
  out[at + 1] = x1;
  out[at + 2] = x2;
  out[at + 3] = x3;
}

/**
 * The upper 32 bits of the product of (a1·2^16 + a0) and b, by halves. Every sum stays below 2^32, so that
 * the bits of signed 32-bit arithmetic are right throughout; engines keep it in integer registers.
 */
function multiplyHigh(a1: number, a0: number, b: number): number {
  const b1 = b >>> 16;
  const b0 = b & 0xffff;
  const middle = (Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)) | 0;
  const other = (Math.imul(a0, b1) + (middle & 0xffff)) | 0;
  return (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) | 0;
}

/**
 * The key of one noise model in one layer of one trial: Philox of (hash of the model's name, trial,
 * layer) under the seed.
 * @param seed an integer from 0 to 2^53 − 1
 */
export function deriveKey(seed: number, model: string, trial: number, layer: number): Key {
  const words = new Uint32Array(4);
  philox(hashName(model), trial, layer, 0, seed >>> 0, Math.floor(seed / 2 ** 32), words);
  return [words[0], words[1]];
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Word c of a stream for every c < out.length: philox(counter (c >> 2, c1, c2, c3), key)[c & 3].
 * Device draws: c the cell, c1 the bank, c2 the stream (0, 1, …), c3 = 0.
 * Read draws: c the index within the read, c1 the sample, c2 the position, c3 the plane.
 */
export function fillWords(
  key: Key,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
): Uint32Array {
  const [k0, k1] = key;
  const whole = out.length & ~3;
  for (let c = 0; c < whole; c += 4) philox(c >>> 2, c1, c2, c3, k0, k1, out, c);
  if (whole < out.length) {
    const last = new Uint32Array(4);
    philox(whole >>> 2, c1, c2, c3, k0, k1, last);
    out.set(last.subarray(0, out.length - whole), whole);
  }
  return out;
}

/** One word of a stream; `fillWords` gives the same. */
export function wordAt(key: Key, c: number, c1: number, c2: number, c3: number): number {
  philox(c >>> 2, c1, c2, c3, key[0], key[1], scratch);
  return scratch[c & 3];
}

const scratch = new Uint32Array(4);

/** A word as a number in (0, 1): (w + ½)·2^−32, exact. */
export function uniformOf(word: number): number {
  return (word + 0.5) * 2 ** -32;
}

/** A word as a standard normal: the inverse distribution of its uniform; never falls as the word rises. */
export function normalOf(word: number): number {
  return normalQuantile((word + 0.5) * 2 ** -32);
}

/**
 * The smallest word whose normal is at least z, 2^32 where there is none.
 * What a hot loop compares instead of computing normals.
 */
export function wordOfNormal(z: number): number {
  let low = 0;
  let high = 2 ** 32;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (normalOf(middle) >= z) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Inverse of the standard normal distribution, p in (0, 1), relative error about 1e−16.
 * Source: Wichura, algorithm AS 241 (PPND16), Applied Statistics 37, 1988.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * evaluate(central, r)) / evaluate(centralBelow, r);
  }
  const tail = Math.sqrt(-log(q < 0 ? p : 1 - p));
  const z =
    tail <= 5
      ? evaluate(middleTail, tail - 1.6) / evaluate(middleTailBelow, tail - 1.6)
      : evaluate(farTail, tail - 5) / evaluate(farTailBelow, tail - 5);
  return q < 0 ? -z : z;
}

type Eight = readonly [number, number, number, number, number, number, number, number];

function evaluate(c: Eight, r: number): number {
  return (
    ((((((c[7] * r + c[6]) * r + c[5]) * r + c[4]) * r + c[3]) * r + c[2]) * r + c[1]) * r + c[0]
  );
}

const central: Eight = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const centralBelow: Eight = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
];
const middleTail: Eight = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
];
const middleTailBelow: Eight = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
];
const farTail: Eight = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const farTailBelow: Eight = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
];
