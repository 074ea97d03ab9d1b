import { expect, test } from "vitest";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import { tensor } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { run } from "../../runtime/run.ts";
import { verify } from "../../runtime/verify.ts";
import { buildModel, floats, integers } from "../support/build-onnx.ts";
import { feedsOf, numbersOf } from "../support/compile.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const model = (steps: number) =>
  buildModel({
    inputs: { x: ["float32", ["n", steps, 3]] },
    outputs: ["y"],
    constants: { w: floats([3, 2], [1, -1, 1, 1, -1, 1]), axis: integers([0]) },
    nodes: [
      ["MatMul", ["x", "w"], ["h"], {}, "fc"],
      ["Relu", ["h"], ["y"]],
    ],
  });

test("bytes spike once, brighter ones sooner, and the export takes the bytes", async () => {
  const image = await compile(model(4), { target: "1s1r", executor, inputEncoding: "spikes:4" });
  expect(image.inputs).toMatchObject([{ name: "x", type: "uint8", shape: [3] }]);
  expect(image.assumptions.join()).toContain("first-spike latency over 4 steps");
  const x = tensor("uint8", [3, 3], Uint8Array.of(255, 224, 223, 192, 191, 160, 159, 128, 127));
  const { outputs } = await run(image, x, { executor });
  // rows of w: (1, −1), (1, 1), (−1, 1); negative sums are cut at 0
  expect(numbersOf(outputs).y).toEqual([
    ...[2, 0, 0, 1, 0, 0, 0, 0],
    ...[0, 0, 1, 0, 0, 2, 0, 0],
    ...[0, 0, 0, 0, 0, 0, 2, 0],
  ]);
  const exported = await runBytes(await exportOnnx(image), Object.fromEntries(feedsOf(image, x)));
  expect(numbersOf(exported)).toEqual(numbersOf(outputs));
});

test("the model itself is checked with the spikes that bytes become", async () => {
  const bytes = model(4);
  const image = await compile(bytes, { target: "1s1r", executor, inputEncoding: "spikes:4" });
  const { checks, passed } = await verify(image, { executor, model: bytes });
  expect(passed).toBe(true);
  expect(checks.find(({ name }) => name === "model")?.detail).toContain(
    "0 decisions and 0 of 2048 outputs differ",
  );
});

test("a float input of spikes is refused with the encodings that say what it holds", async () => {
  await expect(compile(model(4), { target: "1s1r", executor })).rejects.toThrow(
    /floats in x, the network's input; say what it holds by --input-encoding: bits:1 for spikes/,
  );
});

test("steps that the input has not, or that do not divide the bright half, are refused", async () => {
  const wish = (steps: number, inputEncoding: string) =>
    compile(model(steps), { target: "1s1r", executor, inputEncoding });
  await expect(wish(4, "spikes:8")).rejects.toThrow(/spikes:8 needs a float input \[batch, 8, …\]/);
  await expect(wish(3, "spikes:3")).rejects.toThrow(/steps that divide 128/);
  await expect(wish(4, "spikes:1")).rejects.toThrow(/spikes:T/);
});
