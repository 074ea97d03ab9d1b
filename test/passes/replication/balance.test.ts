import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedCopies, type Stage } from "../../../passes/replication/balance.ts";

interface Drawn {
  readonly positions: number;
  readonly clocks: number;
  readonly cost: number;
}

const stageOf = ({ positions, clocks, cost }: Drawn): Stage => ({
  mostCopies: positions,
  time_s: (copies) => Math.ceil(positions / copies) * clocks,
  cost,
});

const drawnStages = fc.array(
  fc.record({
    positions: fc.integer({ min: 1, max: 9 }),
    clocks: fc.integer({ min: 1, max: 20 }),
    cost: fc.integer({ min: 1, max: 10 }),
  }),
  { minLength: 1, maxLength: 3 },
);

const intervalOf = (stages: readonly Stage[], copies: readonly number[]) =>
  Math.max(...stages.map(({ time_s }, k) => time_s(copies[k])));
const costOf = (stages: readonly Stage[], copies: readonly number[]) =>
  copies.reduce((sum, count, k) => sum + count * stages[k].cost, 0);

/** Every choice of copies. */
function* choices(stages: readonly Stage[]): Generator<readonly number[]> {
  if (stages.length === 0) {
    yield [];
    return;
  }
  for (let copies = 1; copies <= stages[0].mostCopies; copies++)
    for (const others of choices(stages.slice(1))) yield [copies, ...others];
}

test("no choice within the budget has a shorter interval, and none of that interval takes less", () =>
  fc.assert(
    fc.property(drawnStages, fc.integer({ min: 0, max: 60 }), (drawn, more) => {
      const stages = drawn.map(stageOf);
      const budget = stages.reduce((sum, { cost }) => sum + cost, 0) + more;
      const found = balancedCopies(stages, budget);
      const interval = intervalOf(stages, found);
      expect(costOf(stages, found)).toBeLessThanOrEqual(budget);
      for (const other of choices(stages)) {
        if (costOf(stages, other) > budget) continue;
        expect(intervalOf(stages, other)).toBeGreaterThanOrEqual(interval);
        if (intervalOf(stages, other) === interval)
          expect(costOf(stages, other)).toBeGreaterThanOrEqual(costOf(stages, found));
      }
    }),
    { numRuns: 200 },
  ));

test("the slowest layer is copied first, and only as far as the next one is slower", () => {
  const stages = [
    stageOf({ positions: 100, clocks: 2, cost: 1 }),
    stageOf({ positions: 10, clocks: 5, cost: 10 }),
    stageOf({ positions: 1, clocks: 30, cost: 50 }),
  ];
  // 200, 50 and 30 clocks: five of the first take 40; the second then stands at 50, two of it at 25
  expect(balancedCopies(stages, 61)).toEqual([1, 1, 1]);
  expect(balancedCopies(stages, 64)).toEqual([4, 1, 1]);
  expect(balancedCopies(stages, 1000)).toEqual([7, 2, 1]);
});
