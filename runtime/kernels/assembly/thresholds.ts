// Sums to codes and planes. Thresholds: i32 direction[padded] (0 rising, -1 falling), then
// i32 t[step][padded] with t already xored with the direction, padded to a multiple of 64:
// n >= t (rising) and n <= t (falling, since ~n >= ~t) are both (n ^ d) >= (t ^ d).

@inline
function passed(sums: usize, directions: usize, thresholds: usize): v128 {
  return i32x4.ge_s(v128.xor(v128.load(sums), v128.load(directions)), v128.load(thresholds));
}

/** Bits of 16 outputs that pass one threshold. */
@inline
function passedBits16(sums: usize, directions: usize, thresholds: usize): u64 {
  const a = passed(sums, directions, thresholds);
  const b = passed(sums + 16, directions + 16, thresholds + 16);
  const c = passed(sums + 32, directions + 32, thresholds + 32);
  const d = passed(sums + 48, directions + 48, thresholds + 48);
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  return <u64>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}

/** Bits of 64 outputs that pass one threshold. */
function passedBits(sums: usize, directions: usize, thresholds: usize): u64 {
  return passedBits16(sums, directions, thresholds)
    | (passedBits16(sums + 64, directions + 64, thresholds + 64) << 16)
    | (passedBits16(sums + 128, directions + 128, thresholds + 128) << 32)
    | (passedBits16(sums + 192, directions + 192, thresholds + 192) << 48);
}

/**
 * The word of the sign plane (and of the mask plane) of 64 outputs: one threshold gives -1, +1; two
 * give -1, 0, +1. `valid` has a bit for each output that exists.
 */
export function thresholdsToPlanes(
  sums: usize, thresholds: usize, padded: usize, first: usize, steps: u32, valid: u64, sign: usize, mask: usize,
): void {
  const directions = thresholds + (first << 2);
  const low = directions + (padded << 2);
  const one = passedBits(sums, directions, low);
  if (steps == 1) {
    store<u64>(sign, ~one & valid);
    if (mask != 0) store<u64>(mask, valid);
    return;
  }
  const two = passedBits(sums, directions, low + (padded << 2));
  store<u64>(sign, ~(one | two) & valid);
  if (mask != 0) store<u64>(mask, ~(one ^ two) & valid);
}

/** Codes of four outputs as i32x4: minimum + step * (thresholds passed). */
@inline
function codes4(sums: usize, directions: usize, padded: usize, steps: u32, minimum: v128, step: v128): v128 {
  const d = v128.load(directions);
  const n = v128.xor(v128.load(sums), d);
  let count = i32x4.splat(0);
  let t = directions;
  for (let k: u32 = 0; k < steps; k++) {
    t += padded << 2;
    count = i32x4.sub(count, i32x4.ge_s(n, v128.load(t)));
  }
  return i32x4.add(minimum, i32x4.mul(count, step));
}

/** Codes of `outputs` sums, whose channels are `first` and those after it, as i16. */
export function thresholdsToCodes(
  sums: usize, outputs: u32, thresholds: usize, padded: usize, first: usize, steps: u32,
  minimum: i32, step: i32, to: usize,
): void {
  const min4 = i32x4.splat(minimum);
  const step4 = i32x4.splat(step);
  const directions = thresholds + (first << 2);
  let o: usize = 0;
  for (; o + 4 <= outputs; o += 4) {
    const at = o << 2;
    const codes = codes4(sums + at, directions + at, padded, steps, min4, step4);
    v128.store_lane<u64>(to + (o << 1), i16x8.narrow_i32x4_s(codes, codes), 0);
  }
  for (; o < outputs; o++) {
    const n = load<i32>(sums + (o << 2));
    store<i16>(to + (o << 1), <i16>codeOf(n, directions + (o << 2), padded, steps, minimum, step));
  }
}

/** Codes of a run of `count` sums that share one channel. */
export function thresholdRun(
  sums: usize, count: u32, thresholds: usize, padded: usize, channel: usize, steps: u32,
  minimum: i32, step: i32, to: usize,
): void {
  const direction = thresholds + (channel << 2);
  const d = v128.load32_splat(direction);
  const min4 = i32x4.splat(minimum);
  const step4 = i32x4.splat(step);
  let e: usize = 0;
  for (; e + 4 <= count; e += 4) {
    const n = v128.xor(v128.load(sums + (e << 2)), d);
    let passes = i32x4.splat(0);
    let t = direction;
    for (let k: u32 = 0; k < steps; k++) {
      t += padded << 2;
      passes = i32x4.sub(passes, i32x4.ge_s(n, v128.load32_splat(t)));
    }
    const codes = i32x4.add(min4, i32x4.mul(passes, step4));
    v128.store_lane<u64>(to + (e << 1), i16x8.narrow_i32x4_s(codes, codes), 0);
  }
  for (; e < count; e++) {
    const n = load<i32>(sums + (e << 2));
    store<i16>(to + (e << 1), <i16>codeOf(n, direction, padded, steps, minimum, step));
  }
}

function codeOf(n: i32, direction: usize, padded: usize, steps: u32, minimum: i32, step: i32): i32 {
  const d = load<i32>(direction);
  let code = minimum;
  let t = direction;
  for (let k: u32 = 0; k < steps; k++) {
    t += padded << 2;
    if ((n ^ d) >= load<i32>(t)) code += step;
  }
  return code;
}
