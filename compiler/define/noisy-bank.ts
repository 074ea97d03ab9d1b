/** A bank as a routine leaves it, at the end of its last verify. */
export interface ProgrammedBank {
  /** 0 where unused */
  readonly conductances_S: Float32Array;
  /** SETs that each cell took, 0 where unused */
  readonly iterations: Uint32Array;
  /** 1 where the verify passed */
  readonly converged: Uint8Array;
}

/**
 * A bank as its sense amplifiers see it. A sense is one group of cells of a weight (`EncodingLayout.senses`),
 * numbered word line by word line, left to right.
 * A sense that is not marginal gives `digits[sense]` at every read. A marginal one gives, at each read and
 * independently of all others, −1 with the chance below·2^−32, −1 or 0 with belowOrZero·2^−32, else +1. Its words are
 * keyed by (seed, trial, layer, sample, position, plane) and its place among the marginal senses of the layer that leave
 * `digits[sense]` about as often: `Flip` in runtime/kernels/commands.ts says how.
 */
export interface SensedBank {
  /** [senses] −1, 0, +1; 2 where the cells are unused */
  readonly digits: Int8Array;
  /** [marginal] index of the sense, ascending */
  readonly marginal: Int32Array;
  /** [marginal] P(−1) and P(−1 or 0) in units of 2^−32, rounded; 2^32 is written as 0xffffffff + 1 in a Float64Array */
  readonly below: Float64Array;
  readonly belowOrZero: Float64Array;
}

/** How the bit lines of one column of arrays (the arrays that share integrators) are read. */
export interface AnalogRead {
  readonly wire_Ohm: number;
  readonly first_Ohm: number;
  readonly decoder_Ohm: number;
  /** at the comparator's input */
  readonly offset_V: number;
  /** gain of the weights' integrator over that of the reference, less 1 */
  readonly gainError: number;
}
