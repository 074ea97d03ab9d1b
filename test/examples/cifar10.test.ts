import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Tensor } from "../../index.ts";
import { compile, evaluate } from "../../index.ts";
import { readNpz } from "../support/read-npz.ts";
import { executor, runBytes } from "../support/run-onnx.ts";
import { shared } from "../support/shared.ts";

const root = join(import.meta.dirname, "../..");
const modelOf = (name: string) => readFileSync(join(root, `examples/cifar10/${name}.onnx`));
const data = shared("data/cifar10.npz");
const SAMPLES = 400;

/** The first test pictures and their labels. */
function pictures(): { readonly x: Tensor; readonly y: Tensor } {
  const arrays = readNpz(data ?? "");
  const cut = (name: string, shape: readonly number[]): Tensor => {
    const all = arrays.get(name);
    if (!all) throw new Error(`no ${name}`);
    const length = shape.reduce((product, size) => product * size, 1);
    return { ...all, shape, data: all.data.slice(0, length) };
  };
  return { x: cut("x_test", [SAMPLES, 32, 32, 3]), y: cut("y_test", [SAMPLES]) };
}

async function rightInOnnxruntime(name: string, x: Tensor, y: Tensor): Promise<number> {
  const logits = (await runBytes(modelOf(name), { image: x })).get("logits");
  const values = Array.from(logits?.data ?? [], Number);
  return Array.from(y.data, Number).filter((label, k) => {
    const row = values.slice(10 * k, 10 * k + 10);
    return row.indexOf(Math.max(...row)) === label;
  }).length;
}

describe.skipIf(data === null)("examples/cifar10 (skipped where the data is absent)", () => {
  test.each(["binary", "ternary"])("%s: the image gives onnxruntime's accuracy", async (name) => {
    const { x, y } = pictures();
    const image = await compile(modelOf(name), { target: "2t2r", executor });
    const report = await evaluate(image, { x, y }, { executor, noise: "none" });
    const right = await rightInOnnxruntime(name, x, y);
    expect(Math.round(report.mapped.accuracy * SAMPLES)).toBe(right);
  });
});

test("everything but the logits of the shipped networks lies on banks and in integer logic", async () => {
  const image = await compile(modelOf("binary"), { target: "2t2r", executor });
  const kinds = image.layers.map((layer) => (layer.kind === "digital" ? layer.op : layer.kind));
  const block = ["matrix", "matrix", "pool"];
  expect(kinds).toEqual([
    ...["encode", "permute"],
    ...[...block, ...block, ...block],
    ...["matrix", "matrix", "subgraph"],
  ]);
  // N = 32: 27·32 + 288·32 + 288·64 + 576·64 + 576·128 + 1152·128 weights of convolutions, then 2048·512 + 512·10
  expect(image.costs.reduce((sum, { weights }) => sum + weights, 0)).toBe(
    864 + 9216 + 18432 + 36864 + 73728 + 147456 + 1048576 + 5120,
  );
});

describe.skipIf(data === null)("examples/cifar10/resnet (skipped where the data is absent)", () => {
  test("at int8 after training the image reads pictures as the float network does", async () => {
    const { x, y } = pictures();
    const few = (t: Tensor, count: number): Tensor => ({
      ...t,
      shape: [count, ...t.shape.slice(1)],
      data: t.data.slice(0, (t.data.length / SAMPLES) * count),
    });
    const image = await compile(modelOf("resnet"), {
      target: "2t2r",
      executor,
      precision: "int8",
      calibration: new Map([["image", few(x, 32)]]),
    });
    const part = { x: few(x, 60), y: few(y, 60) };
    const report = await evaluate(image, part, { executor, noise: "none" });
    const float = (await rightInOnnxruntime("resnet", part.x, part.y)) / 60;
    expect(Math.abs(report.mapped.accuracy - float)).toBeLessThan(0.051);
  });
});
