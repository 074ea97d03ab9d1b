import { describe, expect, test } from "vitest";
import type { LimitsRequest, Technology } from "../../../compiler/define.ts";
import { binaryAlphabet } from "../../../compiler/ir/network.ts";
import {
  leakageUse,
  mostSensed,
  squareBank,
  wireDrop,
  wordLineCurrent,
} from "../../../compiler/physics/crossbar-bounds.ts";
import { crossbarWires } from "../../../compiler/physics/crossbar-device.ts";
import { subthresholdCell } from "../../../compiler/physics/subthreshold-cell.ts";
import { applySettings } from "../../../compiler/schema/technology.ts";
import target from "../../../targets/1s1r.ts";
import singleBinary from "../../../targets/encodings/single-binary.ts";

const request = (technology: Technology, more: Partial<LimitsRequest> = {}): LimitsRequest => ({
  technology,
  condition: "ideal",
  bank: null,
  matrices: [],
  ...more,
});
const set = (...settings: readonly string[]): Technology =>
  applySettings(target.technology, settings);
const { limits } = target.laws;
const bankOf = (technology: Technology, condition = "ideal"): number =>
  squareBank(subthresholdCell(technology, condition), crossbarWires(technology, condition));

describe("S2: capacity", () => {
  test("a ratio of 1000 gives 450 lines: 2 · 449 · I_leak < 0.9 · I_LRS, and at exactly 0.9 none", () => {
    expect(bankOf(set())).toBe(450);
    const cell = subthresholdCell(set(), "ideal");
    expect(leakageUse(cell, crossbarWires(set(), "ideal"), 900)).toBeGreaterThanOrEqual(1);
    expect(leakageUse(cell, crossbarWires(set(), "ideal"), 899)).toBeLessThan(1);
  });
  test.each([
    [["thresholdVoltage=2.5V", "leakageCurrent=1nA"], 900],
    [["thresholdCurrent=1uA", "leakageCurrent=0.1nA"], 4500],
    [["thresholdCurrent=5uA", "leakageCurrent=20nA", "thresholdVoltage=1.8V"], 113],
  ])("%j: %i lines", (settings, lines) => {
    expect(bankOf(set(...settings))).toBe(lines);
  });
  test.each([3, 10, 100])(
    "%i times less leakage is worth exactly as many times the current",
    (factor) => {
      const less = set(`leakageCurrent=${2 / factor}nA`);
      const more = set(`thresholdCurrent=${2 * factor}uA`);
      expect(bankOf(less)).toBe(bankOf(more));
      expect(bankOf(less)).toBe(450 * factor);
    },
  );
  test.each([
    [10, 213],
    [15, 450],
    [20, 953],
    [25, 2017],
  ])("S4: %i nm thick gives %i lines", (thickness, lines) => {
    expect(bankOf(set(`selectorThickness=${thickness}nm`))).toBe(lines);
  });
  test.each([
    [28, 716],
    [50, 450],
    [100, 259],
    [300, 108],
  ])("S4: %i nm wide gives %i lines, at the same V_th", (size, lines) => {
    const technology = set(`cellSize=${size}nm`);
    expect(bankOf(technology)).toBe(lines);
    expect(subthresholdCell(technology, "ideal").threshold_V).toBe(2);
  });
  test("three spreads below V_th the same cell gives 320 lines", () => {
    expect(bankOf(set(), "guarded")).toBe(320);
  });
});

describe("S3: current of a word line", () => {
  test("half of the cells in LRS, a margin of 10 and no leakage: 0.55 · k · I_LRS", () => {
    const cell = { ...subthresholdCell(set(), "ideal"), halfLow_A: 0 };
    for (const k of [1, 7, 100])
      expect(wordLineCurrent(cell, 450, k, 0.5)).toBeCloseTo(0.55 * k * 2e-6, 15);
  });
  test("31.4 µA carry 27 bit lines of 450 on average, and 15 with all cells in LRS", () => {
    const cell = subthresholdCell(set(), "ideal");
    const wires = crossbarWires(set(), "ideal");
    expect(wires.mostCurrent_A).toBeCloseTo(31.36e-6, 9);
    expect(mostSensed(cell, wires, 450, 0.5)).toBe(27);
    expect(mostSensed(cell, wires, 450, 1)).toBe(15);
  });
  test("the actual data count: a word line all in LRS is the worst case, one all in HRS nearly free", () => {
    const technology = set("dropBudget=1");
    const layout = singleBinary.layout(binaryAlphabet, technology);
    const matrix = (code: number) => {
      if (!layout) throw new Error("no layout");
      const codes = {
        outputs: 400,
        inputs: 2,
        alphabet: binaryAlphabet,
        data: new Int8Array(800).fill(code),
      };
      return { codes, encoding: layout };
    };
    const sensed = (code: number) =>
      target.laws.limits(request(technology, { matrices: [matrix(code)] })).sensedBitLines;
    expect(sensed(-1)).toBe(15);
    // 0.2 µA a cell, 400 of 450 bit lines in use: (31.36 − 0.8)/(0.2 − 0.002)
    expect(sensed(1)).toBe(154);
  });
  test("average and worst case are conventions of the technology", () => {
    const by = (wordLineCurrent: string) =>
      target.laws.limits(
        request({
          ...set("dropBudget=1"),
          conventions: { ...target.technology.conventions, wordLineCurrent },
        }),
      ).sensedBitLines;
    expect([by("average"), by("worst case")]).toEqual([27, 15]);
    expect(() => by("median")).toThrow(/wordLineCurrent: needs "average".*found "median"/);
  });
});

test("IR drop: ladders of ideal currents, by hand", () => {
  const cell = subthresholdCell(set(), "ideal");
  const wires = { ...crossbarWires(set(), "ideal"), wordLineWire_Ohm: 2, bitLineWire_Ohm: 3 };
  const { wordLine_V, bitLine_V } = wireDrop(cell, wires, { wordLines: 2, bitLines: 3 }, 1, 1);
  // the sensed cell at the end passes 3 segments, the leaking ones 1 and 2; the bit line carries one more leak
  expect(wordLine_V).toBeCloseTo(2 * (3 * 2e-6 + 3 * 2e-9), 15);
  expect(bitLine_V).toBeCloseTo(3 * (2 * 2e-6 + 2e-9), 15);
});

describe("the bank of a request", () => {
  test("the largest square that all bounds allow, with what binds and the margin", () => {
    const limits = target.laws.limits(request(set()));
    expect(limits).toMatchObject({
      wordLines: 450,
      bitLines: 450,
      boundBy: "leakage, capacity (S2)",
    });
    expect(limits.margin).toBeCloseTo(2, 2);
  });
  test("long wires bind where they take too much voltage", () => {
    const limits = target.laws.limits(request(set("wireResistance=100Ohm")));
    expect(limits.boundBy).toBe("IR drop along both lines");
    expect(limits.wordLines).toBeLessThan(450);
  });
  test("a thin metal binds where it carries too little", () => {
    const limits = target.laws.limits(request(set("currentDensity=1.5e9A/m2")));
    expect(limits.boundBy).toBe("word-line current (S3)");
  });
  test("any rectangle that exists is checked by its own sum of lines", () => {
    const limits = target.laws.limits(request(set(), { bank: { wordLines: 800, bitLines: 100 } }));
    expect(limits).toMatchObject({
      wordLines: 800,
      bitLines: 100,
      boundBy: "the array that exists, then by leakage, capacity (S2)",
    });
    expect(() =>
      target.laws.limits(request(set(), { bank: { wordLines: 801, bitLines: 101 } })),
    ).toThrow(
      /bank 801x101 on 1s1r: cannot be read: 900 half-selected cells leak 1.8 µA, needs below 0.9 of I_LRS 2 µA = 1.8 µA; the largest square that can is 450x450/,
    );
  });
});

describe("what no array can be read with is refused, with numbers", () => {
  test.each([
    ["leakageBudget=0", /one cell: cannot be read: leakageBudget is 0, needs to be above 0/],
    ["dropBudget=0", /its wires take 4\.\d+ µV from the farthest cell, needs at most 0 V/],
    ["wireResistance=1MOhm", /its wires take .* V from the farthest cell, needs at most 19 mV/],
    ["currentDensity=0A/m2", /senses one cell takes 1\.01 µA, its metal carries 0 A/],
  ])("%s", (setting, message) => {
    expect(() => limits(request(set(setting), { condition: "guarded" }))).toThrow(message);
  });
  test("several word lines at once", () => {
    expect(() => limits(request(set("activeWordLines=10")))).toThrow(
      /activeWordLines: needs 1, .*found 10/,
    );
  });
});

test("an array that exists names the bound that it comes closest to", () => {
  const bank = { wordLines: 161, bitLines: 161 };
  const { boundBy, margin } = limits(request(set(), { condition: "guarded", bank }));
  expect(boundBy).toBe("the array that exists, then by leakage, capacity (S2)");
  // 640 half-selected cells are too many, 320 leak about half of that
  expect(margin).toBeCloseTo(639.4 / 320, 1);
});
