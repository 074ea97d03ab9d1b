import type { ThresholdTable } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { BLOCK, padTo } from "./weights.ts";

/**
 * Lays integer thresholds out for the kernels, step by step rather than channel by channel.
 * Rising (n >= t) and falling (n <= t, which is ~n >= ~t) become one comparison, (n ^ d) >= (t ^ d),
 * with d = 0 or -1.
 * @param thresholds [channels x steps], never/always are int32's ends
 * @param directions [channels] 1 rising, -1 falling
 */
export function thresholdTable(
  memory: EngineMemory,
  thresholds: Int32Array,
  directions: Int8Array,
): ThresholdTable {
  const channels = directions.length;
  const steps = channels === 0 ? 0 : thresholds.length / channels;
  const padded = padTo(channels, BLOCK);
  const at = memory.allocate(padded * (steps + 1) * 4);
  const table = memory.int32(at, padded * (steps + 1)).fill(0);
  for (let channel = 0; channel < channels; channel++) {
    const flip = directions[channel] < 0 ? -1 : 0;
    table[channel] = flip;
    for (let k = 0; k < steps; k++) {
      table[(k + 1) * padded + channel] = thresholds[channel * steps + k] ^ flip;
    }
  }
  return { at, channels, padded, steps };
}
