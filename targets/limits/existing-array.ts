import type { LimitsRequest } from "../../compiler/define.ts";
import type { BankLimits } from "../../compiler/ir/bank-limits.ts";

/**
 * The array that exists bounds a bank: word lines are cut into read segments until the drops allow them, so nothing
 * else does.
 */
export function existingArray({ technology, bank }: LimitsRequest): BankLimits {
  const { wordLines, bitLines } = bank ?? technology.array;
  return {
    wordLines,
    bitLines,
    sensedBitLines: Math.min(technology.array.sensedBitLines, bitLines),
    boundBy: "the array that exists",
    margin: 1,
    considered: [{ limit: "array", bound: `${wordLines} word lines x ${bitLines} bit lines` }],
  };
}
