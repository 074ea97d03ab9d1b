import { philox } from "../../compiler/random.ts";
import type { Flip, FlipList } from "./commands.ts";
import { FLIP_BLOCK } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";

/** One read of a row. */
export interface FlipRead {
  /** [outputs] changed */
  readonly sums: Int32Array;
  /** [inputs] -1, 0, +1 */
  readonly digits: Int8Array;
  readonly sample: number;
  readonly position: number;
}

/** What `flip` means, for one row. */
export function flipPlainly(memory: EngineMemory, command: Flip, read: FlipRead): void {
  const { list, term } = command;
  const { frequent, rare } = list;
  const draw = (counter: number, stream: number): Uint32Array =>
    philox4(command, read, counter, stream);
  const sense = (cell: MarginalCell, word: number): void => {
    const by = word <= cell.firstLast ? cell.first : word <= cell.secondLast ? cell.second : 0;
    read.sums[cell.output] += by * read.digits[cell.input] * list.significance * term.significance;
  };
  const often = frequentCells(memory, list);
  for (let block = 0; block < frequent.blocks; block++) {
    const number = frequent.first + block;
    for (let c = 0; c < FLIP_BLOCK; c++) {
      const bytes = draw(4 * number + (c >> 4), 0);
      const top = (bytes[(c & 15) >> 2] >>> (8 * (c & 3))) & 255;
      const low = draw(16 * number + (c >> 2), 2)[c & 3] >>> 8;
      sense(often(block * FLIP_BLOCK + c), top * 2 ** 24 + low);
    }
  }
  const rarely = rareCells(memory, list);
  for (let block = 0; block < rare.blocks; block++) {
    const number = rare.first + block;
    const word = draw(number >>> 2, 1)[number & 3];
    const table = memory.uint32(memory.uint32(rare.tables, rare.blocks)[block], FLIP_BLOCK + 1);
    const count = table.findIndex((limit) => word >= limit);
    for (const [cell, own] of candidates(count, (t) => draw(64 * number + (t >> 1), 3)))
      sense(rarely(block * FLIP_BLOCK + cell), own);
  }
}

interface MarginalCell {
  readonly firstLast: number;
  readonly secondLast: number;
  /** what they add to the digit held */
  readonly first: number;
  readonly second: number;
  readonly input: number;
  readonly output: number;
}

type CellOf = (cell: number) => MarginalCell;

function frequentCells(memory: EngineMemory, { frequent }: FlipList): CellOf {
  return (cell) => {
    const record = frequent.cells + Math.floor(cell / FLIP_BLOCK) * 1280;
    const c = cell % FLIP_BLOCK;
    const changes = memory.int8(record + 128, 128);
    const wires = memory.uint32(record + 256, 128);
    const lasts = memory.uint32(record + 768, 128);
    return {
      firstLast: lasts[c],
      secondLast: lasts[64 + c],
      first: changes[c],
      second: changes[64 + c],
      input: wires[2 * c],
      output: wires[2 * c + 1],
    };
  };
}

function rareCells(memory: EngineMemory, { rare }: FlipList): CellOf {
  const records = memory.int32(rare.cells, rare.blocks * FLIP_BLOCK * 4);
  const below = 2 ** 28 - 1;
  return (cell) => {
    const [one, two] = [records[cell * 4 + 2], records[cell * 4 + 3]];
    return {
      firstLast: records[cell * 4] >>> 0,
      secondLast: records[cell * 4 + 1] >>> 0,
      first: one >> 28,
      second: two >> 28,
      input: one & below,
      output: two & below,
    };
  };
}

/** So many different cells of a block, and the word of each. */
function candidates(
  count: number,
  draw: (attempt: number) => Uint32Array,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (let t = 0; found.size < count; t++) {
    const words = draw(t);
    const cell = words[2 * (t & 1)] % FLIP_BLOCK;
    if (!found.has(cell)) found.set(cell, words[2 * (t & 1) + 1]);
  }
  return found;
}

function philox4(
  { key, plane }: Flip,
  { sample, position }: FlipRead,
  counter: number,
  stream: number,
): Uint32Array {
  const words = new Uint32Array(4);
  philox(counter, sample, position, plane + stream * 2 ** 30, ...key, words);
  return words;
}
