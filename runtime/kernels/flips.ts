import { XbcError } from "../../compiler/errors.ts";
import type { FlipList } from "./commands.ts";
import { FLIP_BLOCK } from "./commands.ts";
import type { EngineMemory } from "./memory.ts";
import { padTo } from "./weights.ts";

/** Cells whose digit is drawn at each read. */
export interface MarginalCells {
  /** [cells] ascending, so that a cell's rank within its output is how many came before it */
  readonly outputs: Uint32Array;
  readonly inputs: Uint32Array;
  /** [cells] -1, 0, +1: the digit that the packed weights hold */
  readonly digits: Int8Array;
  /** of all of them */
  readonly significance: number;
  /** [cells] P(-1) and P(-1 or 0) in units of 2^-32, integers 0 ... 2^32 */
  readonly below: Float64Array;
  readonly belowOrZero: Float64Array;
}

/** A cell of class k leaves the digit held with a chance of at most 2^-k; the last class has all smaller ones. */
const LAST_CLASS = 20;
/** Classes below it are frequent: a byte for every cell costs less than finding the few that leave. */
const FIRST_RARE = 6;
const FULL = 2 ** 32;

/** Where the blocks of a list begin among those of its layer, since the number of a block keys its words. */
export interface FirstBlocks {
  readonly frequent: number;
  readonly rare: number;
}

/**
 * Lays marginal cells out for the flip kernel, by class; within a class by rank and then by output, so that
 * cells next to each other change different sums. Every class is filled up to whole blocks with cells that
 * never change.
 */
export function flipList(
  memory: EngineMemory,
  cells: MarginalCells,
  first: FirstBlocks = { frequent: 0, rare: 0 },
): FlipList {
  const { classes, others } = lawsOf(cells);
  const { places, blocks, frequent } = placesOf(cells, classes);
  return {
    significance: cells.significance,
    frequent: {
      ...{ blocks: frequent, first: first.frequent },
      cells: frequentCells(memory, cells, others, places, frequent),
    },
    rare: {
      ...{ blocks: blocks.length - frequent, first: first.rare },
      cells: rareCells(memory, cells, others, places, [frequent, blocks.length]),
      ...rareTables(memory, blocks.slice(frequent)),
    },
  };
}

/** Bytes of a block of frequent cells, and where in it their lists lie. */
const FREQUENT = { size: 1280, change: 128, wires: 256, last: 768 };

/** Where the records of the first `blocks` blocks lie. */
function frequentCells(
  memory: EngineMemory,
  { inputs, outputs }: MarginalCells,
  others: Others,
  places: Uint32Array,
  blocks: number,
): number {
  const at = memory.allocate(blocks * FREQUENT.size);
  const bytes = memory.bytes(at, blocks * FREQUENT.size).fill(0);
  const words = memory.uint32(at, (blocks * FREQUENT.size) / 4);
  for (let cell = 0; cell < places.length; cell++) {
    const block = Math.floor(places[cell] / FLIP_BLOCK);
    if (block >= blocks) continue;
    const c = places[cell] % FLIP_BLOCK;
    const record = block * FREQUENT.size;
    const wire = (record + FREQUENT.wires) / 4 + 2 * c;
    words[wire] = inputs[cell];
    words[wire + 1] = outputs[cell];
    for (let k = 0; k < 2; k++) {
      const last = others[k].last[cell];
      bytes[record + k * FLIP_BLOCK + c] = last >>> 24;
      bytes[record + FREQUENT.change + k * FLIP_BLOCK + c] = others[k].change[cell];
      words[(record + FREQUENT.last) / 4 + k * FLIP_BLOCK + c] = last;
    }
  }
  return at;
}

/** Where the records of the blocks in a range lie. @throws LIMIT */
function rareCells(
  memory: EngineMemory,
  { inputs, outputs }: MarginalCells,
  [first, second]: Others,
  places: Uint32Array,
  [from, to]: readonly [number, number],
): number {
  const at = memory.allocate((to - from) * FLIP_BLOCK * 16);
  const records = memory.uint32(at, (to - from) * FLIP_BLOCK * 4).fill(0);
  for (let cell = 0; cell < places.length; cell++) {
    const record = (places[cell] - from * FLIP_BLOCK) * 4;
    if (record < 0) continue;
    if (Math.max(inputs[cell], outputs[cell]) >= MOST_WIRES)
      throw new XbcError(
        "LIMIT",
        `kernels: marginal cells need inputs and outputs below ${MOST_WIRES}, found ` +
          `${inputs[cell]} and ${outputs[cell]}; split the layer`,
      );
    records[record] = first.last[cell];
    records[record + 1] = second.last[cell];
    records[record + 2] = inputs[cell] | (first.change[cell] << 28);
    records[record + 3] = outputs[cell] | (second.change[cell] << 28);
  }
  return at;
}

const MOST_WIRES = 2 ** 28;

/** What tells the candidates of rare blocks, from the class of each. */
function rareTables(memory: EngineMemory, classes: readonly number[]) {
  const tables = new Map(
    [...new Set(classes)].map((k): [number, { at: number; limit: number }] => {
      const table = atLeast(2 ** -k);
      return [k, { at: memory.upload(table), limit: table[0] }];
    }),
  );
  const limits = new Uint32Array(padTo(classes.length, 32));
  classes.forEach((k, block) => {
    limits[block] = tables.get(k)?.limit ?? 0;
  });
  return {
    limits: memory.upload(limits),
    tables: memory.upload(Uint32Array.from(classes, (k) => tables.get(k)?.at ?? 0)),
  };
}

/** The blocks that follow those of a list. */
export const blocksAfter = ({ frequent, rare }: FlipList): FirstBlocks => ({
  frequent: frequent.first + frequent.blocks,
  rare: padTo(rare.first + rare.blocks, 16),
});

/** Another digit than the one held: what it adds to it, and the last word that gives it. */
interface Alternative {
  readonly change: Int8Array;
  readonly last: Uint32Array;
}

type Others = readonly [Alternative, Alternative];

/**
 * The class of each cell, and its two other digits: of the words of a frequent cell, or of a rare one's
 * candidate, those up to the first `last` give the first, those up to the second `last` the second, all others the
 * digit held.
 */
function lawsOf({ digits, below, belowOrZero }: MarginalCells) {
  const count = digits.length;
  const classes = new Uint8Array(count);
  const alternative = (): Alternative => ({
    change: new Int8Array(count),
    last: new Uint32Array(count),
  });
  const [first, second] = [alternative(), alternative()];
  for (let cell = 0; cell < count; cell++) {
    const held = digits[cell];
    const chances = [below[cell], belowOrZero[cell] - below[cell], FULL - belowOrZero[cell]];
    const low = held === -1 ? 0 : -1;
    const high = held === 1 ? 0 : 1;
    // the first must have a chance, since a last word always gives something
    const [one, two] = chances[low + 1] > 0 ? [low, high] : [high, low];
    const all = FULL - chances[held + 1];
    const k = classOf(all);
    const scale = k < FIRST_RARE ? 1 : 2 ** k;
    classes[cell] = k;
    if (all === 0) continue;
    first.change[cell] = one - held;
    second.change[cell] = two - held;
    first.last[cell] = chances[one + 1] * scale - 1;
    second.last[cell] = all * scale - 1;
  }
  return { classes, others: [first, second] as const };
}

/** Of a chance of q·2^-32. */
const classOf = (q: number): number =>
  q > FULL / 2 ? 0 : Math.min(Math.clz32(Math.max(q - 1, 0)), LAST_CLASS);

/** Where each cell goes, the class of each block, and how many blocks are frequent. */
function placesOf({ outputs }: MarginalCells, classes: Uint8Array) {
  const ranks = ranksOf(outputs, classes);
  const next = Array.from({ length: LAST_CLASS + 1 }, () => new Uint32Array(0));
  const blocks: number[] = [];
  let frequent = 0;
  for (let k = 0; k <= LAST_CLASS; k++) {
    const sizes = sizesOf(ranks, classes, k);
    let at = blocks.length * FLIP_BLOCK;
    const begin = at;
    next[k] = sizes.map((size) => {
      at += size;
      return at - size;
    });
    for (let block = 0; block < Math.ceil((at - begin) / FLIP_BLOCK); block++) blocks.push(k);
    if (k < FIRST_RARE) frequent = blocks.length;
  }
  const places = new Uint32Array(outputs.length);
  for (let cell = 0; cell < places.length; cell++)
    places[cell] = next[classes[cell]][ranks[cell]]++;
  return { places, blocks, frequent };
}

/** How many cells of the same class and output stand before each. */
function ranksOf(outputs: Uint32Array, classes: Uint8Array): Uint32Array {
  const ranks = new Uint32Array(outputs.length);
  const seen = new Uint32Array(LAST_CLASS + 1);
  for (let cell = 0; cell < ranks.length; cell++) {
    if (cell > 0 && outputs[cell] !== outputs[cell - 1]) seen.fill(0);
    ranks[cell] = seen[classes[cell]]++;
  }
  return ranks;
}

/** Cells of a class by rank. */
function sizesOf(ranks: Uint32Array, classes: Uint8Array, k: number): Uint32Array {
  let most = 0;
  for (let cell = 0; cell < ranks.length; cell++)
    if (classes[cell] === k) most = Math.max(most, ranks[cell] + 1);
  const sizes = new Uint32Array(most);
  for (let cell = 0; cell < ranks.length; cell++) if (classes[cell] === k) sizes[ranks[cell]]++;
  return sizes;
}

/**
 * P(at least 1, 2 … of a block's cells are candidates), each being one with chance p, in units of 2^-32 and
 * down to 0.
 */
export function atLeast(p: number): Uint32Array {
  let exactly = 1;
  for (let cell = 0; cell < FLIP_BLOCK; cell++) exactly *= 1 - p;
  const chances: number[] = [];
  for (let count = 0; count < FLIP_BLOCK; count++) {
    chances.push(exactly);
    exactly *= (((FLIP_BLOCK - count) / (count + 1)) * p) / (1 - p);
  }
  chances.push(exactly);
  // from the smallest on, so that no digit is lost
  const tails: number[] = [];
  for (let count = FLIP_BLOCK, sum = 0; count > 0; count--) {
    sum += chances[count];
    tails.unshift(Math.round(FULL * sum));
  }
  const end = tails.indexOf(0);
  return Uint32Array.from(end < 0 ? [...tails, 0] : tails.slice(0, end + 1));
}
