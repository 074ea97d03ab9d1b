/** A layer of a pipeline, as far as copies of it are concerned. */
export interface Stage {
  /** most copies that serve anything: 1 where its matrix is applied once, or must not be copied */
  readonly mostCopies: number;
  /** seconds of an inference with so many copies, never more with more of them */
  readonly time_s: (copies: number) => number;
  /** what a copy takes of the budget */
  readonly cost: number;
}

/**
 * Copies of each layer for the shortest interval between inferences, which is the time of the slowest layer, whose copies
 * fit a budget: the slowest layers get just as many copies as make them faster, all of them together, until the budget ends
 * or the slowest layer has no more copies to gain from. No layer has a copy more than that interval needs.
 * @param budget of the copies of all layers together, the first ones included
 */
export function balancedCopies(stages: readonly Stage[], budget: number): readonly number[] {
  let copies: readonly number[] = stages.map(() => 1);
  const costOf = (counts: readonly number[]) =>
    counts.reduce((sum, count, k) => sum + count * stages[k].cost, 0);
  for (;;) {
    const times = stages.map(({ time_s }, k) => time_s(copies[k]));
    const slowest = Math.max(0, ...times);
    const next = copies.map((count, k) =>
      times[k] < slowest ? count : moreCopies(stages[k], count),
    );
    if (slowest === 0 || next.some((count) => count === null)) return copies;
    const raised = next.map((count) => count ?? 1);
    if (costOf(raised) > budget) return copies;
    copies = raised;
  }
}

/** The fewest copies that are faster than so many; null where none are. */
function moreCopies({ mostCopies, time_s }: Stage, copies: number): number | null {
  const now = time_s(copies);
  if (time_s(mostCopies) >= now) return null;
  let [slow, fast] = [copies, mostCopies];
  while (fast - slow > 1) {
    const middle = (slow + fast) >> 1;
    if (time_s(middle) < now) fast = middle;
    else slow = middle;
  }
  return fast;
}
