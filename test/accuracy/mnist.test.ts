import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { compileReport } from "../../runtime/report/compile-report.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r, numbersOf, samplesOf } from "../support/compile.ts";
import { mnistTest } from "../support/mnist.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const examples = join(import.meta.dirname, "../../examples/mnist");
const digits = mnistTest();
const images = { ...digits.x, shape: [10_000, 1, 28, 28] };

/** Accuracy over all 10,000 test digits as trained, in correct digits, and energy of one digit. */
const networks = [
  { name: "binary", correct: 9854, energy_J: 26.06e-9 },
  { name: "ternary", correct: 9864, energy_J: 26.06e-9 },
  // eight bit planes in the first layer alone: (8·784·1024 + 1024·1024 + 1024·10)·14 fJ
  { name: "binary-8bit", correct: 9857, energy_J: 104.7e-9 },
];

describe.each(networks)("examples/mnist: $name", ({ name, correct, energy_J }) => {
  const model = readFileSync(join(examples, `${name}.onnx`));
  let image: ProgrammingImage;
  beforeAll(async () => {
    image = await compileTo2t2r(model);
  });

  test("without noise the image classifies all 10,000 test digits as it was trained to", async () => {
    const { mapped } = await evaluate(
      image,
      { x: images, y: digits.y },
      { executor, noise: "none", threads: 2 },
    );
    expect(Math.round(mapped.accuracy * 10_000)).toBe(correct);
  });

  test("every logit of 1,000 digits equals onnxruntime's on the model as it was trained, and on the export, bit for bit", async () => {
    const thousand = samplesOf(images, 0, 1000);
    const ours = numbersOf((await run(image, thousand, { executor })).outputs);
    expect(numbersOf(await runBytes(model, { image: thousand }))).toEqual(ours);
    expect(numbersOf(await runBytes(await exportOnnx(image), { image: thousand }))).toEqual(ours);
  });

  test("H13: 14 fJ a synapse read make the energy of a digit", async () => {
    const { totals } = await compileReport(image, null);
    expect(totals.weights).toBe(784 * 1024 + 1024 * 1024 + 1024 * 10);
    // the figure is given to four digits
    expect(Math.abs(totals.readEnergy_J / energy_J - 1)).toBeLessThan(5e-4);
  });
});

/**
 * H12: 98.3 % → 98.1 % at a BER of 1e−2, no loss up to 1e−4; mean of five draws of the errors. Noisy and clean
 * runs judge the same 2,000 digits, so their difference varies with the decisions that change alone: with a share c
 * of them changed, by √(c / 2,000) a draw. At most 1 % change (five times the paper's loss), so √(0.01 / 2,000) =
 * 0.22 points a draw, 0.10 points for the mean of five; three of these are 0.3 points.
 */
describe("H12: accuracy of the binary network against the bit error rate, 2,000 digits, five draws", () => {
  const spread = 0.003;
  test("no loss at 1e−4, about 0.2 points at 1e−2, and more at 1e−1", async () => {
    const image = await compileTo2t2r(readFileSync(join(examples, "binary.onnx")));
    const data = { x: samplesOf(images, 0, 2000), y: samplesOf(digits.y, 0, 2000) };
    const options = {
      executor,
      noise: "none",
      ber: [1e-4, 1e-2, 1e-1],
      trials: 5,
      seed: 12,
      threads: 2,
    } as const;
    const { mapped, overBer } = await evaluate(image, data, options);
    const [small, medium, large] = overBer.map(({ mean }) => mapped.accuracy - mean);
    expect(Math.abs(small)).toBeLessThan(spread);
    expect(Math.abs(medium - 0.002)).toBeLessThan(spread);
    expect(large).toBeGreaterThan(medium + spread);
  });
});
