import { expect, test } from "vitest";
import type { ProgrammingDescription, Pulse } from "../../../compiler/define.ts";
import {
  type AppliedPulse,
  type ArrayModel,
  applyPulses,
} from "../../../compiler/physics/array-disturb.ts";
import target from "../../../targets/2t2r.ts";

const levels = [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0];
const array = (sourceLine: ArrayModel["sourceLine"]): ArrayModel => ({
  wordLines: 3,
  bitLines: 4,
  sourceLine,
  disturb_V: 0.5,
});

const described = (sourceLine: string): ProgrammingDescription =>
  target.laws.programming(
    { ...target.technology, conventions: { ...target.technology.conventions, sourceLine } },
    "strong",
  );

/** Every cell formed, then brought to its level, with the unselected bit lines as given. */
function pulseList(
  { forming, levels: ways }: ProgrammingDescription,
  others: ProgrammingDescription["unselected"]["bitLines"],
): readonly AppliedPulse[] {
  const apply =
    (cell: number) =>
    (pulse: Pulse): AppliedPulse => ({
      bank: 0,
      wordLine: cell >> 2,
      bitLine: cell & 3,
      operation: pulse.operation,
      wordLine_V: pulse.wordLine_V,
      bitLine_V: pulse.bitLine_V,
      complementBitLine_V: pulse.sourceLine_V ?? 0,
      otherBitLines_V: others === "grounded" ? 0 : (pulse.sourceLine_V ?? 0),
      sourceLine_V: pulse.sourceLine_V ?? 0,
      duration_s: pulse.duration_s,
      complianceCurrent_A: pulse.complianceCurrent_A,
    });
  const formed = levels.flatMap((_, cell) => (forming ? [apply(cell)(forming)] : []));
  return [...formed, ...levels.flatMap((level, cell) => ways[level].pulses.map(apply(cell)))];
}

test.each(["per-pair", "per-row"] as const)(
  "source lines %s, unselected lines as described: every cell as meant, none disturbed",
  (sourceLine) => {
    const description = described(sourceLine);
    const list = pulseList(description, description.unselected.bitLines);
    const { states, disturbances } = applyPulses(array(sourceLine), list);
    expect([...states]).toEqual(levels);
    expect(disturbances).toEqual([]);
  },
);

test("row-wise source lines with unselected bit lines grounded SET the other cells of the row", () => {
  const { states, disturbances } = applyPulses(
    array("per-row"),
    pulseList(described("per-row"), "grounded"),
  );
  expect(disturbances.length).toBeGreaterThan(0);
  expect(disturbances.every(({ voltage_V }) => voltage_V >= 2)).toBe(true);
  expect([...states]).not.toEqual(levels);
});

test("a complement left at ground is SET with its pair", () => {
  const list = pulseList(described("per-pair"), "grounded").map((pulse) => ({
    ...pulse,
    complementBitLine_V: 0,
  }));
  expect(applyPulses(array("per-pair"), list).disturbances.length).toBeGreaterThan(0);
});
