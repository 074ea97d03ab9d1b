import { internal } from "../../compiler/errors.ts";
import type { FlipList } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { padTo } from "./weights.ts";

/** Cells whose digit is drawn at each read, in ascending order of their sense. */
export interface MarginalCells {
  /** [cells] u32 index of the sense: with the key it names the cell's random words */
  readonly senses: Uint32Array;
  readonly outputs: Uint32Array;
  readonly inputs: Uint32Array;
  /** [cells] -1, 0, +1: the digit that the packed weights hold */
  readonly digits: Int8Array;
  readonly significances: Int32Array;
  /** [cells] P(-1) and P(-1 or 0) in units of 2^-32, integers 0 ... 2^32 */
  readonly below: Float64Array;
  readonly belowOrZero: Float64Array;
}

/** blocks of four words that are drawn together */
const BATCH = 64;
const FULL = 2 ** 32;

/**
 * Lays marginal cells out for the flip kernel: batches of up to 64 random blocks, and the cells of each
 * batch, padded to fours with cells that never change.
 * @throws INTERNAL if the senses do not ascend
 */
export function flipList(memory: EngineMemory, cells: MarginalCells): FlipList {
  const places = placeCells(cells.senses);
  const { batches, starts } = places;
  const padded = starts[batches];
  const list: FlipList = {
    batches,
    blocks: memory.upload(places.blocks),
    starts: memory.upload(starts),
    slots: memory.allocate(padded),
    below: memory.allocate(padded * 4),
    above: memory.allocate(padded * 4),
    digits: memory.allocate(padded),
    outputs: memory.allocate(padded * 4),
    inputs: memory.allocate(padded * 4),
    significances: memory.allocate(padded * 4),
    cells: padded,
  };
  const slots = memory.bytes(list.slots, padded).fill(0);
  const below = memory.uint32(list.below, padded).fill(0);
  const above = memory.uint32(list.above, padded).fill(FULL - 1);
  const digits = memory.int8(list.digits, padded).fill(0);
  const outputs = memory.uint32(list.outputs, padded).fill(0);
  const inputs = memory.uint32(list.inputs, padded).fill(0);
  const significances = memory.int32(list.significances, padded).fill(0);
  for (let cell = 0; cell < cells.senses.length; cell++) {
    const to = places.cells[cell];
    const limits = limitsOf(cells.below[cell], cells.belowOrZero[cell]);
    slots[to] = places.slots[cell];
    below[to] = limits.below;
    above[to] = limits.above;
    digits[to] = cells.digits[cell] - limits.always;
    outputs[to] = cells.outputs[cell];
    inputs[to] = cells.inputs[cell];
    significances[to] = cells.significances[cell];
  }
  return list;
}

interface Places {
  readonly batches: number;
  /** [batches x 64] random block of each slot group */
  readonly blocks: Uint32Array;
  /** [batches + 1] first place of each batch, multiples of 4 */
  readonly starts: Uint32Array;
  /** [cells] where a cell is laid, and which of its batch's 256 words it takes */
  readonly cells: Uint32Array;
  readonly slots: Uint8Array;
}

function placeCells(senses: Uint32Array): Places {
  const blockCount = countBlocks(senses);
  const batches = Math.ceil(blockCount / BATCH);
  const blocks = new Uint32Array(batches * BATCH);
  const starts = new Uint32Array(batches + 1);
  const cells = new Uint32Array(senses.length);
  const slots = new Uint8Array(senses.length);
  let block = -1;
  let place = 0;
  for (let cell = 0; cell < senses.length; cell++) {
    const isNew = cell === 0 || senses[cell] >>> 2 !== senses[cell - 1] >>> 2;
    if (isNew) {
      block++;
      blocks[block] = senses[cell] >>> 2;
      if (block % BATCH === 0) {
        place = padTo(place, 4);
        starts[block / BATCH] = place;
      }
    }
    cells[cell] = place++;
    slots[cell] = (block % BATCH) * 4 + (senses[cell] & 3);
  }
  starts[batches] = padTo(place, 4);
  return { batches, blocks, starts, cells, slots };
}

function countBlocks(senses: Uint32Array): number {
  let blocks = senses.length > 0 ? 1 : 0;
  for (let cell = 1; cell < senses.length; cell++) {
    if (senses[cell] <= senses[cell - 1]) {
      throw internal(
        "kernels, flips",
        `senses need to ascend, found ${senses[cell]} after ${senses[cell - 1]}`,
      );
    }
    if (senses[cell] >>> 2 !== senses[cell - 1] >>> 2) blocks++;
  }
  return blocks;
}

/**
 * The digit is `always` plus: -1 where word < below, +1 where word > above. Both limits fit 32 bits, since
 * a digit that is certain is said by `always`.
 */
function limitsOf(
  below: number,
  belowOrZero: number,
): { readonly below: number; readonly above: number; readonly always: number } {
  if (below >= FULL) return { below: 0, above: FULL - 1, always: -1 };
  if (belowOrZero <= 0) return { below: 0, above: FULL - 1, always: 1 };
  return { below, above: belowOrZero - 1, always: 0 };
}
