import { describe, expect, test } from "vitest";
import { parseSweep, sweepableUnits } from "../../cli/sweep.ts";
import { applySettings, explore, resolveTarget, targetNamed } from "../../index.ts";
import type { Sweep } from "../../runtime/explore.ts";
import { exploreCsv, exploreText } from "../../runtime/report/explore-text.ts";
import { plain } from "../../runtime/report/paint.ts";

const { technology } = targetNamed("1s1r");
const units = sweepableUnits(technology);
const layers = [
  { inputs: 784, outputs: 512 },
  { inputs: 512, outputs: 10 },
];
const at = (point: Readonly<Record<string, number>>, settings: readonly string[] = []) =>
  applySettings(technology, [
    ...settings,
    ...Object.entries(point).map(([name, value]) => {
      const unit = units.get(name) ?? "1";
      return `${name}=${value}${unit === "1" ? "" : unit}`;
    }),
  ]);
const explored = (
  sweeps: readonly Sweep[],
  condition = "ideal",
  objectives: readonly string[] = [],
) =>
  explore(resolveTarget(technology, condition), sweeps, at, {
    layers,
    objectives,
    most: 3,
    accuracy: null,
    progress: () => {},
  });
const sweep = (text: string) => parseSweep(text, units);

describe("a sweep's text", () => {
  test("even, logarithmic, or a list, in SI", () => {
    expect(sweep("selectorThickness=10nm:25nm:4").values).toEqual([10e-9, 15e-9, 20e-9, 25e-9]);
    expect(sweep("leakageCurrent=0.1nA:10nA:3:log").values).toEqual([1e-10, 1e-9, 1e-8]);
    expect(sweep("readMargin=5,10").values).toEqual([5, 10]);
  });
  test.each([
    ["thickness=1nm", /needs a parameter of the target, found "thickness"/],
    ["selectorThickness=10nm:20nm", /FROM:TO:COUNT/],
    ["selectorThickness=10:20:3", /unit m/],
    ["readBelowThreshold=0:3:4:log", /ends above 0/],
  ])("%s is refused", (text, message) => {
    expect(() => sweep(text)).toThrow(message);
  });
});

test("figure 3: the bank falls as leakage grows, and ten times less leakage is worth ten times the current", async () => {
  const sweeps = [sweep("thresholdCurrent=1uA,10uA"), sweep("leakageCurrent=0.1nA,1nA,10nA")];
  // by leakage alone: wires that neither drop nor limit
  const wires = ["wireResistance=1uOhm", "currentDensity=1e15A/m2"];
  const { rows } = await explore(
    resolveTarget(technology, "ideal"),
    sweeps,
    (point) => at(point, wires),
    { layers, objectives: [], most: 1, accuracy: null, progress: () => {} },
  );
  // 0.45 · ratio
  expect(rows.map(({ figures }) => figures?.bankLines)).toEqual([4500, 450, 45, 45000, 4500, 450]);
});

test("figure 6: a word line takes 0.55 · k · I_LRS and what its other cells leak", async () => {
  const { rows } = await explored([
    sweep("sensedBitLines=1,10,100"),
    sweep("thresholdCurrent=1uA,2uA"),
  ]);
  for (const { point, figures } of rows) {
    const k = point.sensedBitLines;
    const lines = figures?.bankLines ?? 0;
    const expected = 0.55 * k * point.thresholdCurrent + (lines - k) * 2e-9;
    expect(figures?.wordLineCurrent_A).toBeCloseTo(expected, 12);
  }
});

test("figure 8: footprint and energy of the network grow with its hidden layer", async () => {
  const cost = async (hidden: number) => {
    const { rows } = await explore(resolveTarget(technology), [sweep("readMargin=10,20")], at, {
      layers: [
        { inputs: 784, outputs: hidden },
        { inputs: hidden, outputs: 10 },
      ],
      objectives: [],
      most: 1,
      accuracy: null,
      progress: () => {},
    });
    return rows[0].figures ?? {};
  };
  const [small, large] = [await cost(512), await cost(4096)];
  // (784 + 10) · X cells of (56 nm)²
  expect(small.area_m2).toBeCloseTo(794 * 512 * 3.136e-15, 15);
  expect(large.area_m2 / small.area_m2).toBeCloseTo(8, 9);
  expect(large.energy_J / small.energy_J).toBeGreaterThan(7.5);
});

test("the front holds what nothing beats, and every row carries every parameter", async () => {
  const { rows } = await explored(
    [sweep("selectorThickness=10nm:25nm:4"), sweep("cellSize=28nm,50nm")],
    "guarded",
    ["bankLines", "ber"],
  );
  const front = rows.filter((row) => row.isOnFront);
  // the thickest and smallest cell has the largest bank, and with it the least spread of leakage
  expect(front).toHaveLength(1);
  expect(front[0].point).toEqual({ selectorThickness: 25e-9, cellSize: 28e-9 });
  for (const row of rows)
    expect(Object.keys(row.parameters)).toEqual(
      expect.arrayContaining([...Object.keys(technology.parameters), "sensedBitLines"]),
    );
});

test("what cannot be a device is a row that says so", async () => {
  const { rows } = await explored([sweep("leakageCurrent=1nA,2uA"), sweep("readMargin=10,20")]);
  expect(rows[2].figures).toBeNull();
  expect(rows[2].refused).toMatch(/current at threshold above twice the leakage/);
});

test("an unknown figure is refused with those that count, and so is a target without figures", async () => {
  const sweeps = [sweep("readMargin=10,20")];
  await expect(explored(sweeps, "ideal", ["beauty"])).rejects.toThrow(
    /--front beauty: .*bankLines/,
  );
  const pair = resolveTarget(targetNamed("2t2r").technology);
  const options = { layers, objectives: [], most: 1, accuracy: null, progress: () => {} };
  await expect(explore(pair, sweeps, at, options)).rejects.toThrow(/figures in closed form/);
});

test("1,000 points take no more than a few seconds, and are printed, plotted and written", async () => {
  const started = performance.now();
  const report = await explored(
    [sweep("selectorThickness=10nm:25nm:32"), sweep("leakageCurrent=0.1nA:10nA:32:log")],
    "guarded",
  );
  expect(performance.now() - started).toBeLessThan(20_000);
  const text = exploreText(report, { paint: plain, plot: "bankLines", units });
  expect(text).toContain("1,024 technologies");
  expect(text).toContain("bankLines over selectorThickness, logarithmic");
  const [header, ...lines] = exploreCsv(report).trim().split("\n");
  expect(lines).toHaveLength(1024);
  expect(header.split(",")).toEqual(expect.arrayContaining(["leakageCurrent", "ber", "energy_J"]));
});
