import type { WeightTerm } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { BLOCK, padTo, weightBytes, weightWord } from "./weights.ts";

/** New digits of some weights. */
export interface DigitChanges {
  /** output·inputs + input */
  readonly weight: Int32Array;
  readonly digit: Int8Array;
}

/**
 * A copy of a term of `weightTerm` with other digits; null where its planes cannot hold them: a 0 without a
 * mask, −1 without a sign.
 */
export function patchDigits(
  memory: EngineMemory,
  term: WeightTerm,
  outputs: number,
  inputs: number,
  changes: DigitChanges,
): WeightTerm | null {
  const { weight, digit } = changes;
  const rejected = term.mask ? (term.sign ? null : -1) : 0;
  if (rejected !== null && digit.includes(rejected)) return null;
  const planes = term.sign && term.mask ? 2 : 1;
  const shape = { outputs, inputs, planes };
  const size = weightBytes(shape);
  const at = copy(memory, term.at, size);
  const padded = padTo(outputs, BLOCK);
  const counts = term.mask ? copy(memory, term.counts, padded * 4) : 0;
  const bits = memory.uint32(at, size / 4);
  const countOf = term.mask ? memory.int32(counts, padded) : null;
  for (let k = 0; k < weight.length; k++) {
    const o = Math.floor(weight[k] / inputs);
    const i = weight[k] - o * inputs;
    // u32s: see `weightTerm`
    const sign = weightWord(shape, o, i) * 2 + ((i >>> 5) & 1);
    const mask = sign + (planes - 1) * 2;
    const bit = 1 << (i & 31);
    if (countOf) {
      countOf[o] += (digit[k] === 0 ? 0 : 1) - (bits[mask] & bit ? 1 : 0);
      bits[mask] = digit[k] === 0 ? bits[mask] & ~bit : bits[mask] | bit;
    }
    if (term.sign) bits[sign] = digit[k] < 0 ? bits[sign] | bit : bits[sign] & ~bit;
  }
  return { ...term, at, counts };
}

function copy(memory: EngineMemory, from: number, size: number): number {
  const at = memory.allocate(size);
  memory.bytes(at, size).set(memory.bytes(from, size));
  return at;
}
