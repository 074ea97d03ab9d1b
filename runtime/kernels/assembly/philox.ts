// Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** Lays out the ten pairs of round keys, each word four times: 320 bytes at `to`, for `philoxBlocks`. */
export function roundKeys(k0: u32, k1: u32, to: usize): void {
  for (let round: usize = 0; round < 320; round += 32) {
    v128.store(to + round, i32x4.splat(k0));
    v128.store(to + round, i32x4.splat(k1), 16);
    k0 += W0;
    k1 += W1;
  }
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
    a = v128.xor(v128.xor(v128.shuffle<i32>(r, s, 1, 3, 5, 7), b), v128.load(keys + round));
    c = v128.xor(v128.xor(v128.shuffle<i32>(p, q, 1, 3, 5, 7), d), v128.load(keys + round, 16));
    b = v128.shuffle<i32>(r, s, 0, 2, 4, 6);
    d = v128.shuffle<i32>(p, q, 0, 2, 4, 6);
  }
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(ef, gh, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(ef, gh, 1, 3), 48);
}
