/** Transimpedance stages, a star of resistors R, 2R, 4R, 8R, and a stage behind it (P3). */
export interface Star {
  readonly read_V: number;
  readonly transimpedance_Ohm: number;
  /** R_B/R_A of the last stage */
  readonly gain: number;
}

/**
 * What the circuit gives for four bit lines of resistance R_BL,k, most significant first:
 * `V_k = V_read (1 + R_T/R_BL,k)`, average `(8/15) Σ 2^−k V_k`, then `(1 + R_B/R_A)·average − V_read·R_B/R_A`.
 */
export function circuitOutput(star: Star, bitLines_Ohm: readonly number[]): number {
  const { read_V, transimpedance_Ohm, gain } = star;
  const average = bitLines_Ohm.reduce(
    (sum, r, k) => sum + (8 / 15) * 2 ** -k * read_V * (1 + transimpedance_Ohm / r),
    0,
  );
  return (1 + gain) * average - read_V * gain;
}

/** The paper's equation (2) as it is printed: 2^k stands at the current alone, so that its pedestal is 32/15, not 1. */
export function printedOutput(star: Star, bitLines_Ohm: readonly number[]): number {
  const { read_V, transimpedance_Ohm, gain } = star;
  const sum = bitLines_Ohm.reduce(
    (total, r, k) => total + (8 / 15) * (1 + transimpedance_Ohm / (2 ** k * r)),
    0,
  );
  return read_V * ((1 + gain) * sum - gain);
}
