import type { ProgrammingDescription, Pulse } from "../../compiler/define.ts";
import { internal } from "../../compiler/errors.ts";
import type { LayerCells } from "../../compiler/ir/image.ts";
import { UNUSED } from "../../compiler/ir/image.ts";

/** Cells that are read at once while levels are counted. */
const chunkCells = 1 << 23;

/**
 * How many cells of a layer stand at each level; the banks are streamed.
 * @returns [256] by level; index 255 counts the unused cells
 */
export async function countLevels(cells: LayerCells): Promise<Float64Array> {
  const counts = new Float64Array(256);
  const perBank = cells.wordLines * cells.bitLines;
  const step = Math.max(1, Math.floor(chunkCells / perBank));
  for (let first = 0; first < cells.banks; first += step) {
    const levels = await cells.range(first, Math.min(step, cells.banks - first));
    // 32-bit counters a chunk: a chunk holds fewer than 2^32 cells
    const local = new Uint32Array(256);
    for (let i = 0; i < levels.length; i++) local[levels[i]]++;
    for (let level = 0; level < 256; level++) counts[level] += local[level];
  }
  return counts;
}

export interface ProgrammingTotals {
  readonly pulses: number;
  readonly time_s: number;
  readonly energy_J: number;
}

/**
 * Pulses of a whole image: every used cell is formed once, then brought to its level, one device after
 * the other (H4), so that times add up.
 * @param counts [256] cells by level
 * @throws INTERNAL if a level that cells stand at has no pulses described
 */
export function programmingTotals(
  counts: Float64Array,
  programming: ProgrammingDescription,
): ProgrammingTotals {
  const total = { pulses: 0, time_s: 0, energy_J: 0 };
  const add = (pulse: Pulse, times: number) => {
    total.pulses += times;
    total.time_s += times * pulse.duration_s;
    total.energy_J += times * pulse.energy_J;
  };
  for (let level = 0; level < UNUSED; level++) {
    if (counts[level] === 0) continue;
    const description = programming.levels.find((candidate) => candidate.level === level);
    if (!description) throw internal("programming", `no pulses for level ${level}`);
    if (programming.forming) add(programming.forming, counts[level]);
    for (const pulse of description.pulses) add(pulse, counts[level]);
  }
  return total;
}
