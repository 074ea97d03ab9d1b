import type { LimitsRequest } from "../../compiler/define.ts";
import type { BankLimits } from "../../compiler/ir/bank-limits.ts";

/**
 * A digital block of n x n pairs (H3): n word lines read one by one, n amplifiers. Digital sums need no
 * analog bound; the counter of a block holds n of n with ⌈log2(n + 1)⌉ bits, one more than the paper's
 * five for n = 32.
 */
export function blockLimits({ technology, bank }: LimitsRequest): BankLimits {
  const { wordLines, bitLines } = bank ?? technology.array;
  const sensedBitLines = bank
    ? Math.min(technology.array.sensedBitLines, bank.bitLines)
    : technology.array.sensedBitLines;
  const counter = Math.ceil(Math.log2(bitLines / 2 + 1));
  const isSensing = sensedBitLines < bitLines;
  return {
    wordLines,
    bitLines: Math.min(bitLines, sensedBitLines),
    sensedBitLines: Math.min(bitLines, sensedBitLines),
    boundBy: isSensing ? "sense amplifiers" : "block size n (H3)",
    margin: Math.max(bitLines, sensedBitLines) / Math.min(bitLines, sensedBitLines),
    considered: [
      {
        limit: "block size n (H3)",
        bound: `${wordLines} x ${bitLines} cells, n = ${bitLines / 2} pairs a word line, ${counter}-bit counter`,
      },
      { limit: "sense amplifiers", bound: `${sensedBitLines} bit lines sensed at once` },
      {
        limit: "analog sum, IR drop",
        bound: "none: pairs are sensed one by one, sums are digital",
      },
    ],
  };
}
