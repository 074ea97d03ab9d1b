import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { circuitOutput } from "../../compiler/physics/readout-star.ts";
import { solve } from "../../index.ts";
import { spiceCases } from "./cases.ts";
import { netlistsOf } from "./netlist.ts";
import { ngspice, ngspiceVersion } from "./ngspice.ts";

interface Reference {
  readonly tolerance: number;
  readonly problem: unknown;
  readonly reference: readonly {
    readonly netlist: string;
    readonly sha256: string;
    readonly values: readonly number[];
  }[];
}

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(join(import.meta.dirname, name, "reference.json"), "utf8"));

/** ngspice counts a current into the source, so what a source gives has a minus. */
function answersOf(problem: (typeof spiceCases)[number]["problem"]): readonly number[][] {
  if (problem.kind === "star") {
    const { read_V, transimpedance_Ohm, last_Ohm } = problem;
    const gain = last_Ohm[1] / last_Ohm[0];
    const resistances = problem.bitLines.map(
      (line) => read_V / (solve(line) as Record<string, number>).current_A,
    );
    return [[circuitOutput({ read_V, transimpedance_Ohm, gain }, resistances)]];
  }
  const answer = solve(problem) as Record<string, never>;
  if (problem.kind === "bitline")
    return [[-answer.current_A, answer.firstCell_V, answer.lastCell_V]];
  if (problem.kind === "half-select") {
    const found = answer as unknown as Record<string, readonly number[]> & {
      readonly wordLineLeakage_A: number;
    };
    const { selectedCurrent_A: selected, senseCurrent_A: sensed } = found;
    const driven = selected.reduce((sum, i) => sum + i, found.wordLineLeakage_A);
    return [[...selected, ...sensed, -driven]];
  }
  const { driverCurrent_A: drivers, bitLineCurrent_A: lines } = answer as unknown as Record<
    string,
    readonly number[][]
  >;
  return drivers.map((driver, k) => [...driver.map((i) => -i), ...lines[k]]);
}

/** largest deviation, relative to the largest current of the same kind or to the value itself */
const deviation = (found: number, expected: number): number =>
  expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);

describe.each(spiceCases)("$name", ({ name, problem }) => {
  const { tolerance, problem: stored, reference } = referenceOf(name);
  test("the stored problem, netlist and hash belong together", () => {
    expect(stored).toEqual(JSON.parse(JSON.stringify(problem)));
    reference.forEach(({ netlist, sha256 }, vector) => {
      const text = readFileSync(join(import.meta.dirname, name, netlist), "utf8");
      expect(netlistsOf(problem)[vector].text).toBe(text);
      expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
    });
  });
  test("xbc agrees with what ngspice answered", () => {
    const found = answersOf(problem);
    reference.forEach(({ values }, vector) => {
      expect(found[vector]).toHaveLength(values.length);
      values.forEach((value, k) => {
        expect(deviation(found[vector][k], value)).toBeLessThan(tolerance);
      });
    });
  });
  test.skipIf(ngspiceVersion() === null)("ngspice answers the same again", () => {
    for (const { netlist, values } of reference) {
      const again = ngspice(readFileSync(join(import.meta.dirname, name, netlist), "utf8"));
      again.forEach((value, k) => {
        expect(deviation(value, values[k])).toBeLessThan(1e-10);
      });
    }
  });
});
