import { describe, expect, test } from "vitest";
import type { ProgrammingImage } from "../../../compiler/ir/image.ts";
import { compile } from "../../../index.ts";
import { evaluate } from "../../../runtime/evaluate.ts";
import { compileReport } from "../../../runtime/report/compile-report.ts";
import { compileText } from "../../../runtime/report/compile-text.ts";
import { explainLayer } from "../../../runtime/report/explain.ts";
import { plain } from "../../../runtime/report/paint.ts";
import { convolution, pixels } from "../../support/nine-positions.ts";
import { executor } from "../../support/run-onnx.ts";

const build = (target: string, replicate: string): Promise<ProgrammingImage> =>
  compile(convolution, { target, executor, replicate });

describe.each(["2t2r", "1s1r", "pcm-1t1r", "rram-1t1r"])("copies on %s", async (target) => {
  const one = await compileReport(await build(target, "1"), null);
  const image = await build(target, "3");
  const report = await compileReport(image, null);

  test("the totals beside them are those of the image without copies", () => {
    expect(one.replication).toBeNull();
    const { replication } = report;
    for (const [key, value] of Object.entries(replication?.one ?? {}))
      expect([key, value]).toEqual([key, one.totals[key as keyof typeof one.totals]]);
    expect(replication?.layers).toEqual([
      {
        name: "conv",
        replicas: 3,
        positions: 9,
        rounds: 3,
        clocks: report.layers[0].clocks,
        clocksOfOne: one.layers[0].clocks,
        cells: report.layers[0].cells,
        cellsOfOne: one.layers[0].cells,
      },
    ]);
  });

  test("three times the cells, banks, area, pulses and programming, a third of the clocks, the same reads", () => {
    const { totals } = report;
    const before = one.totals;
    for (const key of ["cells", "banks", "pulses"] as const)
      expect(totals[key]).toBe(3 * before[key]);
    expect(totals.clocks).toBe(before.clocks / 3);
    expect(totals.interval_s).toBeCloseTo(before.interval_s / 3, 15);
    expect(totals.weights).toBe(before.weights);
    expect(totals.utilization).toBeCloseTo(before.utilization, 12);
    expect(totals.readEnergy_J).toBeCloseTo(before.readEnergy_J, 25);
    expect(totals.programmingTime_s / before.programmingTime_s).toBeCloseTo(3, 9);
    expect(totals.programmingEnergy_J / before.programmingEnergy_J).toBeCloseTo(3, 9);
    if (before.area_m2 === null) expect(totals.area_m2).toBeNull();
    else expect((totals.area_m2 ?? 0) / before.area_m2).toBeCloseTo(3, 9);
    expect(totals.channels).toBe(before.channels === null ? null : 3 * before.channels);
    expect(totals.conversions).toBe(before.conversions);
  });

  test("the text shows both, and --explain says which copy a position is read on", () => {
    const text = compileText(report, { paint: plain, verbose: false });
    expect(text).toMatch(/positions .*copies +banks/);
    expect(text).toMatch(/--replicate 3 +one copy +with copies +ratio/);
    expect(text).toMatch(/banks +\d+ +\d+ +3\.000 x/);
    expect(compileText(one, { paint: plain, verbose: false })).not.toContain("copies");
    const reasons = explainLayer(image, "conv").reasons.filter(({ about }) => about === "copies");
    expect(reasons.map(({ reason }) => reason).join()).toContain(
      "position p is read on copy p mod 3, so that 9 positions take 3 rounds",
    );
  });
});

test("where word lines without an input are not read, a round lasts as long as the copy with the most of them", async () => {
  // all of one picture's pixels on: every position reads every line, in every plane
  const on = { ...pixels, data: new Uint8Array(pixels.data.length).fill(255) };
  const measured = async (replicate: string, x: typeof pixels) => {
    const options = {
      executor,
      metric: "agreement",
      trials: 1,
      weak: false,
      ablation: false,
    } as const;
    const { energy, latency_s } = await evaluate(
      await build("1s1r", replicate),
      { x, y: null },
      options,
    );
    return { energy: energy.perInference_J, latency_s };
  };
  const [one, three] = [await measured("1", on), await measured("3", on)];
  expect(three.latency_s / one.latency_s).toBeCloseTo(1 / 3, 1);
  expect(three.energy).toBeCloseTo(one.energy, 20);
  // where positions differ, the copies of a round wait for the slowest
  const [some, parted] = [await measured("1", pixels), await measured("3", pixels)];
  expect(parted.latency_s / some.latency_s).toBeGreaterThan(three.latency_s / one.latency_s);
  expect(parted.latency_s).toBeLessThan(some.latency_s);
  expect(parted.energy).toBeCloseTo(some.energy, 20);
});
