import { roundsOf } from "../compiler/ir/replicas.ts";
import type { Command } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { within } from "./kernels/rows.ts";

/** The rows of a layer's positions, dealt out to copies of its matrix: copy r gets the positions p of which p mod copies is r. */
export interface Dealt {
  readonly copies: number;
  /** rows of each copy and sample; those behind the last position are 0, and nobody reads what becomes of them */
  readonly rounds: number;
  /** what is to be done before the rows are read */
  readonly before: readonly Command[];
  readonly termsOf: (copy: number) => readonly PlaneTerm[];
}

/** Every copies-th row, from that of a copy on; so many copies' rows follow each other in a sample. */
export const rowsOfCopy = (rows: Rows, copy: number, copies: number): Rows => ({
  ...within(rows, copy * rows.stride),
  stride: rows.stride * copies,
});

/** Deals out the planes of all positions; rows are moved only where the last round is not full. */
export function deal(
  engine: Engine,
  terms: readonly PlaneTerm[],
  positions: number,
  copies: number,
): Dealt {
  const rounds = roundsOf(positions, copies);
  const before: Command[] = [];
  const moved = new Map<Rows, Rows>();
  const filled = (rows: Rows | null): Rows | null => {
    if (!rows || rounds * copies === positions) return rows;
    const known = moved.get(rows);
    if (known) return known;
    const to = engine.localRows(rows.stride, rounds * copies);
    before.push(copyRows(engine, wholeSample(rows, positions), wholeSample(to, rounds * copies)));
    moved.set(rows, to);
    return to;
  };
  const all = terms.map((term) => ({
    ...term,
    sign: filled(term.sign),
    mask: filled(term.mask),
  }));
  const own = (rows: Rows | null, copy: number) => rows && rowsOfCopy(rows, copy, copies);
  return {
    copies,
    rounds,
    before,
    termsOf: (copy) =>
      all.map((term) => ({ ...term, sign: own(term.sign, copy), mask: own(term.mask, copy) })),
  };
}

/** Rows of all positions of a sample as one row. */
export const wholeSample = (rows: Rows, positions: number): Rows => ({
  ...rows,
  stride: rows.stride * positions,
});

/** Moves a sample's bytes, multiples of 4; what the later row has more becomes 0. */
export function copyRows(engine: Engine, from: Rows, to: Rows): Command {
  const [held, elements] = [from.stride / 4, to.stride / 4];
  const order = Int32Array.from({ length: elements }, (_, i) => (i < held ? i : -1));
  return {
    kind: "permute",
    ...{ positions: 1, from, to, elements, bytes: 4, order: engine.upload(order), fill: 0 },
  };
}

/** Moves the first values of a sample's row to where they belong. */
export function takeFirst(
  engine: Engine,
  from: Rows,
  to: Rows,
  elements: number,
  bytes: 2 | 4,
): Command {
  const order = engine.upload(Int32Array.from({ length: elements }, (_, i) => i));
  return { kind: "permute", ...{ positions: 1, from, to, elements, bytes, order, fill: 0 } };
}
