import type { LimitsRequest } from "../../compiler/define.ts";
import type { BankLimits } from "../../compiler/ir/bank-limits.ts";

/** The array that exists, or that `--bank` says exists: the source names no other bound. */
export function wholeArray({ technology, bank }: LimitsRequest): BankLimits {
  const { wordLines, bitLines } = bank ?? technology.array;
  return {
    wordLines,
    bitLines,
    sensedBitLines: bitLines,
    boundBy: bank ? "the array asked for" : "the array that exists (R6)",
    margin: 1,
    considered: [
      { limit: "array", bound: `${wordLines} x ${bitLines} cells, all word lines read at once` },
      { limit: "IR drop", bound: "not stated for arrays of 32 x 32; negligible at 0.2 V" },
    ],
  };
}
