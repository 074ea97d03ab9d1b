import fc from "fast-check";
import { expect, test } from "vitest";
import { assignOutputs } from "../../../passes/defects/assign.ts";

/** Every way to place outputs, tried. */
function least(
  costs: readonly (readonly number[])[],
  row = 0,
  taken: readonly number[] = [],
): number {
  if (row === costs.length) return 0;
  const all = costs[row].map((cost, place) =>
    taken.includes(place)
      ? Number.POSITIVE_INFINITY
      : cost + least(costs, row + 1, [...taken, place]),
  );
  return Math.min(...all);
}

test("no other placing of outputs costs less, spare places included", () => {
  const shapes = fc
    .record({ outputs: fc.integer({ min: 1, max: 5 }), spare: fc.integer({ min: 0, max: 2 }) })
    .chain(({ outputs, spare }) =>
      fc.array(fc.array(fc.nat(9), { minLength: outputs + spare, maxLength: outputs + spare }), {
        minLength: outputs,
        maxLength: outputs,
      }),
    );
  fc.assert(
    fc.property(shapes, (costs) => {
      const slots = assignOutputs(costs.length, costs[0].length, (o, p) => costs[o][p]);
      expect(new Set(slots).size).toBe(costs.length);
      expect(slots.reduce((sum, place, o) => sum + costs[o][place], 0)).toBe(least(costs));
    }),
  );
});

test("large layers are placed in groups, each output once", () => {
  const slots = assignOutputs(520, 544, (o, p) => (o === p ? 1 : 0));
  expect(new Set(slots).size).toBe(520);
  expect(slots.some((place, o) => place === o)).toBe(false);
});
