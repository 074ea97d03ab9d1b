import { describe, expect, test } from "vitest";
import { evaluateNetwork } from "../../compiler/evaluate.ts";
import { bytesSource, memorySink } from "../../compiler/image/bytes.ts";
import { codesOfImage, exportOnnx } from "../../compiler/image/export-onnx.ts";
import { inspectImage } from "../../compiler/image/inspect.ts";
import { readImage } from "../../compiler/image/read-image.ts";
import { writeImage } from "../../compiler/image/write-image.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { applySettings, compile, targetNamed } from "../../index.ts";
import { run } from "../../runtime/run.ts";
import { feedsOf, numbersOf } from "../support/compile.ts";
import { executor, runBytes } from "../support/run-onnx.ts";
import type { Spelling } from "../support/spiking.ts";
import { pictures, spikingModel } from "../support/spiking.ts";

const SAMPLES = 40;
const plain: Spelling = { cut: "Gather", compare: "GreaterOrEqual", reset: "Mul", start: "none" };
const compiled = (model: Uint8Array): Promise<ProgrammingImage> =>
  compile(model, { target: "1s1r", executor, bank: { wordLines: 4, bitLines: 3 } });

/** The kernels, the plain truth and onnxruntime on the export. */
async function expectSame(image: ProgrammingImage): Promise<void> {
  const data = pictures(SAMPLES);
  const feeds = feedsOf(image, data);
  const exported = numbersOf(await runBytes(await exportOnnx(image), Object.fromEntries(feeds)));
  const weights = await codesOfImage(image);
  expect(numbersOf(await evaluateNetwork({ ...image, weights }, executor, feeds))).toEqual(
    exported,
  );
  for (const batch of [1, 7, SAMPLES])
    expect(numbersOf((await run(image, data, { executor, batch })).outputs)).toEqual(exported);
}

const digital = (image: ProgrammingImage) =>
  image.layers.flatMap((layer) => (layer.kind === "digital" ? [layer.op] : []));

describe("spellings of the loop over time steps become integer neurons, bit for bit", () => {
  test.each<Partial<Spelling>>([
    {},
    { cut: "Split" },
    { cut: "Slice", start: "zeros" },
    { compare: "Less", reset: "Where" },
    { compare: "above zero" },
    { compare: "Greater", start: "zeros" },
    { compare: "turned", reset: "Where" },
    { reset: "subtract" },
    { reset: "lowered", cut: "Split", start: "zeros" },
  ])("%j", async (change) => {
    const image = await compiled(spikingModel({ ...plain, ...change }));
    expect(digital(image)).toEqual(["spikes", "integrate-fire"]);
    const presented = image.layers.flatMap((layer) =>
      layer.kind === "matrix" ? [layer.presentation] : [],
    );
    expect(presented).toEqual([
      { kind: "spikes", steps: 3 },
      { kind: "spikes", steps: 3 },
    ]);
    await expectSame(image);
  });
});

test("a threshold between whole numbers is the next one, where potentials start again from 0", async () => {
  const image = await compiled(spikingModel(plain, [0.5, 1.5, 1, 2.25, 2]));
  const neurons = image.layers.find(
    (layer) => layer.kind === "digital" && layer.op === "integrate-fire",
  );
  expect(neurons).toMatchObject({ reset: "zero", thresholds: Int32Array.of(1, 2, 1, 3, 2) });
  await expectSame(image);
});

describe("what is no such neuron stays a float subgraph, as exact", () => {
  test("a fraction that is subtracted", async () => {
    const image = await compiled(
      spikingModel({ ...plain, reset: "subtract" }, [0.5, 1.5, 1, 2.25, 2]),
    );
    expect(digital(image)).not.toContain("integrate-fire");
    await expectSame(image);
  });
  test("a potential that leaks", async () => {
    const image = await compiled(spikingModel(plain, undefined, 0.5));
    expect(digital(image)).not.toContain("integrate-fire");
    await expectSame(image);
  });
});

test("an image of a spiking network survives its file, and says what it holds", async () => {
  const image = await compiled(spikingModel(plain));
  const sink = memorySink();
  await writeImage(image, sink);
  const read = await readImage(bytesSource(sink.bytes()));
  const ofDigits = (layers: ProgrammingImage["layers"]) =>
    layers.filter((layer) => layer.kind === "digital");
  expect(ofDigits(read.layers)).toEqual(ofDigits(image.layers));
  expect(read.costModel).toEqual(image.costModel);
  const text = await inspectImage(read);
  expect(text).toContain("presented over 3 steps of spikes");
  expect(text).toContain("5 over 3 steps, reset to 0; fire at 1 2 1 3 2");
});

test("options that the model or the target decides themselves are said to change nothing", async () => {
  const { warnings } = await compile(spikingModel(plain), {
    target: "1s1r",
    executor,
    inputEncoding: "binary:127",
    configuration: "sequential-to-parallel",
  });
  expect(warnings.join("\n")).toMatch(/--input-encoding binary:127 changes nothing of input/);
  expect(warnings.join("\n")).toMatch(/--configuration sequential-to-parallel changes nothing/);
});

test("where limits allow more than an image holds, a bank is as large as the largest matrix", async () => {
  const settings = ["leakageCurrent=1e-9nA", "wireResistance=0Ohm", "currentDensity=1e15A/m2"];
  const image = await compile(spikingModel(plain), {
    target: applySettings(targetNamed("1s1r").technology, settings),
    executor,
  });
  expect(image.limits.wordLines).toBe(65536);
  expect(image.placements.map(({ banks }) => banks)).toEqual([1, 1]);
  await expectSame(image);
});
