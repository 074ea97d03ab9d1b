import type { EncodingLayout } from "../compiler/define.ts";

/**
 * What a sense's reading counts as in the kernels. Bits that are coded as ±1 with one correction popcount (Σ of the
 * senses' significances is the encoding's offset) are counted as 0 and 1 of twice the significance: the same integer,
 * for every reading.
 */
export interface KernelDigits {
  readonly isBit: boolean;
  /** by sense of a weight */
  readonly significances: readonly number[];
  /** −1 and +1 as the kernels hold them */
  readonly digit: (reading: number) => number;
  readonly reading: (digit: number) => number;
}

export function kernelDigits({ senses, offset }: EncodingLayout): KernelDigits {
  const isBit =
    offset !== 0 && offset === senses.reduce((sum, { significance }) => sum + significance, 0);
  return {
    isBit,
    significances: senses.map(({ significance }) => (isBit ? 2 : 1) * significance),
    digit: (reading) => (isBit ? (reading + 1) / 2 : reading),
    reading: (digit) => (isBit ? 2 * digit - 1 : digit),
  };
}
