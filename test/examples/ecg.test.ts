import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Beats, Statistics } from "../../examples/ecg/story.ts";
import { compileEcg, drawnBeats, scoresAt, scoresOf } from "../../examples/ecg/story.ts";
import type { ProgrammingImage } from "../../index.ts";
import { program, tensor, verify } from "../../index.ts";

const root = join(import.meta.dirname, "../../examples/ecg");
const statistics = JSON.parse(readFileSync(join(root, "statistics.json"), "utf8")) as Statistics;
const model = (name: string) => readFileSync(join(root, `${name}.onnx`));

let beats: Beats;
let smart: ProgrammingImage;
let standard: ProgrammingImage;
beforeAll(async () => {
  beats = drawnBeats(statistics, 600);
  smart = await compileEcg(model("beat-wise-16"));
  standard = await compileEcg(model("beat-wise-16"), { condition: "standard" });
});

test("scores by hand: two of three right, macro-F1 of two classes", () => {
  const votes = tensor("float32", [3, 2], Float32Array.of(3, 1, 0, 2, 1, 1));
  const scores = scoresOf(votes, tensor("uint8", [3], Uint8Array.of(0, 1, 1)));
  // the tie goes to the lowest class; F1 of class 0: 2·1/(2 + 1), of class 1: 2·1/(1 + 2)
  expect(scores.accuracy).toBeCloseTo(2 / 3);
  expect(scores.macroF1).toBeCloseTo(2 / 3);
  expect(scores.recall).toEqual([1, 0.5]);
});

describe("R6: two layers on arrays of 32 x 32", () => {
  test("the first fills one whole, the second takes 16 word lines and 10 bit lines of another", async () => {
    expect(
      smart.cells.map(({ banks, wordLines, bitLines }) => [banks, wordLines, bitLines]),
    ).toEqual([
      [1, 32, 32],
      [1, 32, 32],
    ]);
    const used = await Promise.all(
      smart.cells.map(async (cells) => (await cells.levels(0)).filter((l) => l !== 255).length),
    );
    expect(used).toEqual([1024, 16 * 10]);
  });
  test("both are read by comparators, without a cell for a threshold", () => {
    const matrices = smart.layers.filter((layer) => layer.kind === "matrix");
    expect(matrices.map(({ readOut, alwaysOn }) => [readOut, alwaysOn])).toEqual([
      [{ kind: "comparator", fires: ">" }, 0],
      [{ kind: "comparator", fires: ">" }, 0],
    ]);
  });
  test("without noise they equal onnxruntime on the exported network bit for bit", async () => {
    expect((await verify(smart, { data: beats.x })).passed).toBe(true);
  });
});

describe("R7, in a reduced form on drawn feature vectors", () => {
  const mean = async (image: ProgrammingImage, elapsed_s: number) => {
    let sum = 0;
    for (let trial = 0; trial < 4; trial++)
      sum += (await scoresAt(image, beats, trial, elapsed_s)).accuracy;
    return sum / 4;
  };
  test("smart program and verify keeps the accuracy for two months within a point", async () => {
    const clean = (await scoresAt(smart, beats, 0, 0, "none")).accuracy;
    expect(await mean(smart, 60)).toBeGreaterThan(clean - 0.02);
    expect(await mean(smart, 60 * 86400)).toBeGreaterThan((await mean(smart, 60)) - 0.01);
  });
  test("standard program and verify loses more than smart in two months", async () => {
    const lost = async (image: ProgrammingImage) =>
      (await mean(image, 60)) - (await mean(image, 60 * 86400));
    expect(await lost(standard)).toBeGreaterThan(await lost(smart));
  });
  test("the same die read twice gives the same scores", async () => {
    expect(await scoresAt(standard, beats, 1, 3600)).toEqual(
      await scoresAt(standard, beats, 1, 3600),
    );
  });
});

test("R3: smart takes about three times the SETs of conducting cells that standard takes", async () => {
  const iterations = async (routine: string) => {
    const { levels } = (await program(smart, { routine })).report;
    const high = levels.filter(({ level, cells }) => level > 0 && cells > 0);
    return (
      high.reduce((sum, { cells, iterationsPerCell }) => sum + cells * iterationsPerCell, 0) /
      high.reduce((sum, { cells }) => sum + cells, 0)
    );
  };
  const ratio = (await iterations("smart")) / (await iterations("standard"));
  // 493 cells of about 7 iterations: ±6 % at one standard deviation
  expect(ratio).toBeGreaterThan(2.5);
  expect(ratio).toBeLessThan(3.5);
});

test("a drawn die, written and run, gives what the trial gives (R4 at a minute)", async () => {
  const { die } = await program(smart, { trial: 2, elapsed_s: 60 });
  const { run } = await import("../../index.ts");
  const onDie = await run(smart, beats.x, { die });
  const drawn = await run(smart, beats.x, { noise: "all", trial: 2, elapsed_s: 60 });
  expect(onDie.outputs).toEqual(drawn.outputs);
});
