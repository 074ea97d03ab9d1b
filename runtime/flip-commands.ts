import type { Command, Flip, FlipList } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PlaneTerm } from "./kernels/rows.ts";
import { padTo } from "./kernels/weights.ts";

/** What all reads of a layer share. */
export type Reads = Pick<
  Flip,
  "positions" | "sums" | "inputs" | "key" | "sampleBase" | "sampleList"
>;

/** The reads of a layer's marginal senses, plane by plane: what they add to its sums. */
export function flipCommands(
  engine: Engine,
  terms: readonly PlaneTerm[],
  lists: readonly FlipList[],
  reads: Reads,
): readonly Command[] {
  const digits = engine.localRows(padTo(reads.inputs, 64));
  return terms.flatMap((term, plane) =>
    lists.map((list): Command => ({ kind: "flip", ...reads, term, digits, list, plane })),
  );
}
