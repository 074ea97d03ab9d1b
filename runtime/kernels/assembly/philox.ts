// Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Where the multipliers lie behind the round keys. */
const MULTIPLIERS: usize = 320;

/**
 * Lays out the ten pairs of round keys and the two multipliers, each word four times: 352 bytes at `to`, for
 * `philoxBlocks` and `philoxEight`.
 */
export function roundKeys(k0: u32, k1: u32, to: usize): void {
  v128.store(to, i32x4.splat(M0), MULTIPLIERS);
  v128.store(to, i32x4.splat(M1), MULTIPLIERS + 16);
  for (let round: usize = 0; round < 320; round += 32) {
    v128.store(to + round, i32x4.splat(k0));
    v128.store(to + round, i32x4.splat(k1), 16);
    k0 += W0;
    k1 += W1;
  }
}

/** Halves of the four products in two vectors. */
@inline
function low(product: v128, other: v128): v128 {
  return v128.shuffle<i32>(product, other, 0, 2, 4, 6);
}
@inline
function high(product: v128, other: v128): v128 {
  return v128.shuffle<i32>(product, other, 1, 3, 5, 7);
}

/** Four blocks by words to 64 bytes at `to`, block after block. */
@inline
function storeBlocks(a: v128, b: v128, c: v128, d: v128, to: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(ef, gh, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(ef, gh, 1, 3), 48);
}

/**
 * Four blocks of four words each, block after block, to 64 bytes at `to`.
 * `c0` holds the first counter word of each block; the other three are common. `keys` is of `roundKeys`.
 */
@inline
export function philoxBlocks(c0: v128, c1: u32, c2: u32, c3: u32, keys: usize, to: usize): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  let a = c0;
  let b = i32x4.splat(c1);
  let c = i32x4.splat(c2);
  let d = i32x4.splat(c3);
  for (let round: usize = 0; round < 320; round += 32) {
    const p = i64x2.extmul_low_i32x4_u(a, m0);
    const q = i64x2.extmul_high_i32x4_u(a, m0);
    const r = i64x2.extmul_low_i32x4_u(c, m1);
    const s = i64x2.extmul_high_i32x4_u(c, m1);
    a = v128.xor(v128.xor(high(r, s), b), v128.load(keys + round));
    c = v128.xor(v128.xor(high(p, q), d), v128.load(keys + round, 16));
    b = low(r, s);
    d = low(p, q);
  }
  storeBlocks(a, b, c, d, to);
}

/**
 * Eight blocks whose first counter words follow each other, to 128 bytes at `to`. Two chains side by side,
 * since one leaves a core waiting for its products.
 */
export function philoxEight(c0: u32, c1: u32, c2: u32, c3: u32, keys: usize, to: usize): void {
  const m0 = v128.load(keys, MULTIPLIERS);
  const m1 = v128.load(keys, MULTIPLIERS + 16);
  let a = i32x4.add(i32x4.splat(c0), i32x4(0, 1, 2, 3));
  let e = i32x4.add(i32x4.splat(c0), i32x4(4, 5, 6, 7));
  let b = i32x4.splat(c1), f = b;
  let c = i32x4.splat(c2), g = c;
  let d = i32x4.splat(c3), h = d;
  for (let round: usize = 0; round < 320; round += 32) {
    const k0 = v128.load(keys + round);
    const k1 = v128.load(keys + round, 16);
    const p = i64x2.extmul_low_i32x4_u(a, m0);
    const q = i64x2.extmul_high_i32x4_u(a, m0);
    const t = i64x2.extmul_low_i32x4_u(e, m0);
    const u = i64x2.extmul_high_i32x4_u(e, m0);
    const r = i64x2.extmul_low_i32x4_u(c, m1);
    const s = i64x2.extmul_high_i32x4_u(c, m1);
    const v = i64x2.extmul_low_i32x4_u(g, m1);
    const w = i64x2.extmul_high_i32x4_u(g, m1);
    a = v128.xor(v128.xor(high(r, s), b), k0);
    e = v128.xor(v128.xor(high(v, w), f), k0);
    c = v128.xor(v128.xor(high(p, q), d), k1);
    g = v128.xor(v128.xor(high(t, u), h), k1);
    b = low(r, s);
    f = low(v, w);
    d = low(p, q);
    h = low(t, u);
  }
  storeBlocks(a, b, c, d, to);
  storeBlocks(e, f, g, h, to + 64);
}

/** One block, to 16 bytes at `to`. */
export function philoxBlock(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, to: usize): void {
  for (let round = 0; round < 10; round++) {
    const p = <u64>c0 * M0;
    const q = <u64>c2 * M1;
    c0 = <u32>(q >> 32) ^ c1 ^ k0;
    c1 = <u32>q;
    c2 = <u32>(p >> 32) ^ c3 ^ k1;
    c3 = <u32>p;
    k0 += W0;
    k1 += W1;
  }
  store<u32>(to, c0);
  store<u32>(to, c1, 4);
  store<u32>(to, c2, 8);
  store<u32>(to, c3, 12);
}
