import { nodeCrypto } from "./host.ts";

/** SHA-256 of bytes that come in parts. */
export interface Sha256 {
  readonly update: (bytes: Uint8Array) => void;
  /** 64 hexadecimal digits; ends the hash */
  readonly hex: () => string;
}

/** Node's where there is one, else our own: the same digits. */
export function sha256(): Sha256 {
  const crypto = nodeCrypto();
  if (crypto === null) return plainSha256();
  const hash = crypto.createHash("sha256");
  return { update: (bytes) => void hash.update(bytes), hex: () => hash.digest("hex") };
}

export function sha256Of(bytes: Uint8Array): string {
  const hash = sha256();
  hash.update(bytes);
  return hash.hex();
}

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
const constants = fractions(64, 1 / 3);

/** The plain form for a page. Source: FIPS 180-4, 6.2. */
export function plainSha256(): Sha256 {
  // square roots of the first eight primes (FIPS 180-4, 5.3.3)
  const state = fractions(8, 1 / 2);
  const block = new Uint8Array(64);
  const schedule = new Int32Array(64);
  let filled = 0;
  let length = 0;
  const update = (bytes: Uint8Array): void => {
    length += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      const take = Math.min(64 - filled, bytes.length - at);
      block.set(bytes.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled === 64) {
        compress(state, block, schedule);
        filled = 0;
      }
    }
  };
  const hex = (): string => {
    const bits = length * 8;
    const padding = new Uint8Array((filled < 56 ? 64 : 128) - filled);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    update(padding);
    return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  };
  return { update, hex };
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n));

function compress(state: Int32Array, block: Uint8Array, w: Int32Array): void {
  for (let t = 0; t < 16; t++) {
    w[t] =
      (block[4 * t] << 24) | (block[4 * t + 1] << 16) | (block[4 * t + 2] << 8) | block[4 * t + 3];
  }
  for (let t = 16; t < 64; t++) {
    const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
    const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
    w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[t] + w[t]) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, k) => {
    state[k] = (state[k] + value) | 0;
  });
}

/**
 * First 32 bits of the fractional parts of p^power for the first `count` primes. A double holds p^power
 * (below 7) to 2^-50, and no such fraction lies so near a switch of its 32nd bit: the tests hold it to the vectors.
 */
function fractions(count: number, power: number): Int32Array {
  const out = new Int32Array(count);
  for (let p = 2, found = 0; found < count; p++) {
    if (!isPrime(p)) continue;
    const root = power === 1 / 2 ? Math.sqrt(p) : cubeRoot(p);
    out[found++] = Math.floor((root - Math.floor(root)) * 2 ** 32);
  }
  return out;
}

/** Newton's iteration by exactly rounded operations, so that every engine gives the same bits. */
function cubeRoot(p: number): number {
  let x = p;
  for (let k = 0; k < 60; k++) x -= (x * x * x - p) / (3 * x * x);
  return x;
}

function isPrime(p: number): boolean {
  for (let d = 2; d * d <= p; d++) if (p % d === 0) return false;
  return true;
}
