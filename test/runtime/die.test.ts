import { beforeAll, describe, expect, test } from "vitest";
import type { Die } from "../../compiler/ir/die.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerId } from "../../compiler/ir/network.ts";
import { unmeasuredCells } from "../../runtime/die.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { program } from "../../runtime/program.ts";
import { compareReadback, defectMap } from "../../runtime/readback.ts";
import { run } from "../../runtime/run.ts";
import { smallInputs, smallModel } from "../cli/small-model.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { executor } from "../support/run-onnx.ts";

let image: ProgrammingImage;
let fresh: Die;
beforeAll(async () => {
  image = await compileTo2t2r(smallModel(), { bank: { wordLines: 4, bitLines: 16 } });
  fresh = (await program(image, { seed: 3, trial: 2 })).die;
});

const outputs = async (options: Parameters<typeof run>[2]) =>
  numbersOf((await run(image, smallInputs(), { executor, seed: 3, trial: 2, ...options })).outputs);

const changed = (die: Die, change: (g: number, cell: number) => number): Die => ({
  ...die,
  layers: new Map([...die.layers].map(([id, all]) => [id, all.map(change)])),
});

describe("a run on a die", () => {
  test("that was programmed as a trial draws it gives what the trial gives", async () => {
    expect(await outputs({ die: fresh, noise: "all" })).toEqual(await outputs({ noise: "all" }));
  });
  test("of perfect cells gives what the image gives, with no noise at a read", async () => {
    const perfect = changed(fresh, () => Number.NaN);
    expect(await outputs({ die: perfect })).toEqual(await outputs({}));
  });
  test("takes no effect that was measured already", async () => {
    await expect(outputs({ die: fresh, noise: ["programming"] })).rejects.toThrow(
      /--noise programming: on a die only what happens at a read is drawn, needs sense/,
    );
  });
  test("with the cells of every pair exchanged turns every sum of the first layer around", async () => {
    const [first] = image.cells;
    const own = fresh.layers.get(first.layer) ?? new Float32Array(0);
    const turned = own.map((_, c) => own[c ^ 1]);
    const die = { ...fresh, layers: new Map(fresh.layers).set(first.layer, turned) };
    const report = await evaluate(
      image,
      { x: smallInputs(), y: null },
      {
        executor,
        die,
        noise: "none",
        trials: 1,
        metric: "agreement",
      },
    );
    expect(report.layers[0].weightErrorRate).toBe(1);
    expect([report.weak, report.ablation]).toEqual([null, []]);
  });
});

describe("a read-back", () => {
  test("of a strong condition finds few cells at the wrong level, and none in a perfect array", async () => {
    const found = await compareReadback(image, fresh);
    expect(found.measured).toBe(found.cells);
    expect(found.wrong).toBeLessThan(0.01 * found.cells);
  });
  test("names the worst cell first, with its weight", async () => {
    const id = "fc1" as LayerId;
    const all = (fresh.layers.get(id) ?? new Float32Array(0)).slice();
    const levels = await image.cells[0].range(0, image.cells[0].banks);
    const [near, far] = [levels.indexOf(0), levels.indexOf(0, 8)];
    all[near] = 5e-5;
    all[far] = 5e-4;
    const found = await compareReadback(image, {
      ...fresh,
      layers: new Map(fresh.layers).set(id, all),
    });
    expect(found.worst[0]).toMatchObject({ layer: "fc1", level: 0, reads: 1, bitLine: far % 16 });
    expect(found.worst[0].beyond).toBeCloseTo(10 * (found.worst[1]?.beyond ?? 0), 5);
  });
  test("leaves cells out that were not measured, and counts them", async () => {
    const half = changed(fresh, (g, c) => (c % 2 === 0 ? Number.NaN : g));
    const found = await compareReadback(image, half);
    expect(found.cells - found.measured).toBe(await unmeasuredCells(image, half));
  });
  test("of a die with stuck cells maps them: only wrong cells are told", async () => {
    const { die, report } = await program(image, { seed: 3, trial: 2, stuck: 0.2 });
    const map = await defectMap(image, die);
    const told = [...map.layers.values()].reduce(
      (sum, all) => sum + all.reduce((n, g) => n + (Number.isNaN(g) ? 0 : 1), 0),
      0,
    );
    expect(told).toBe((await compareReadback(image, die)).wrong);
    expect(report.yield).toBeLessThan(1);
  });
});

describe("programming", () => {
  test("once: one iteration a cell, forming and pulses one after the other", async () => {
    const { report } = await program(image);
    const { forming, levels } = image.programming;
    const weights = 33 * 5 + 5 * 3;
    expect([report.routine, report.cells, report.iterations, report.yield]).toEqual([
      "once",
      2 * weights,
      2 * weights,
      1,
    ]);
    const pulses = levels.reduce((sum, { pulses: [pulse] }) => sum + pulse.duration_s, 0);
    expect(report.time_s.total).toBeCloseTo(weights * (2 * (forming?.duration_s ?? 0) + pulses), 9);
  });
  test("refuses a routine that the image has not", async () => {
    await expect(program(image, { routine: "clever" })).rejects.toThrow(
      /--routine clever: needs one of the image's, once/,
    );
  });
});
