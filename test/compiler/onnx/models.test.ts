import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import type { Graph } from "../../../compiler/ir/graph.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { toFloat32, toNumbers } from "../../../compiler/ir/tensor.ts";
import { floats } from "../../support/build-onnx.ts";
import { readNpy, readNpz } from "../../support/read-npz.ts";
import { importBytes, relativeDifference, runGraph } from "../../support/run-onnx.ts";
import { shared } from "../../support/shared.ts";

const root = shared("models");
const files = root === null ? [] : onnxFiles(root);

/** What is no model that xbc can compile, and what it is to say. */
const refused: Readonly<Record<string, RegExp>> = {
  "odd/empty.onnx": /BAD_FILE.*empty file/,
  "odd/truncated.onnx": /BAD_FILE.*byte \d+ of 20000.*truncated/,
  "odd/git-lfs-pointer.onnx": /BAD_FILE.*Git LFS pointer.*git lfs pull/,
  "odd/opset-01.onnx": /UNSUPPORTED.*BatchNormalization.*exported for inference/,
  "odd/string-tokenizer.onnx": /UNSUPPORTED.*input "text".*string/,
  "odd/external-data-absent-resnet18.onnx": /BAD_FILE.*"resnet18.external"/,
  "odd/external-data-missing.onnx": /BAD_FILE.*"cifar10.onnx.data"/,
};

describe.skipIf(root === null)(
  "models of others (skipped where the shared collection is absent)",
  () => {
    test.each(files)("%s imports, or is refused in one clear line", (file) => {
      const expected = refused[file];
      if (expected === undefined) {
        expect(load(file).outputs.length).toBeGreaterThan(0);
        return;
      }
      const error = failure(() => load(file));
      expect(`${error.code} ${error.message}`).toMatch(expected);
      expect(error.message).not.toContain("\n");
    });

    const paired = files.filter((file) =>
      existsSync(`${root}/${file.replace(/onnx$/, "ort.npz")}`),
    );
    test.each(paired)(
      "%s, imported and written again, computes what onnxruntime computed",
      async (file) => {
        const graph = load(file);
        const pair = readNpz(`${root}/${file.replace(/onnx$/, "ort.npz")}`);
        const feeds = Object.fromEntries(
          graph.inputs.map((name, i) => {
            const value = pair.get(`in_${i}`);
            if (!value) throw new Error(`${file}: pair without in_${i}`);
            return [name, value];
          }),
        );
        const results = await runGraph(graph, feeds);
        graph.outputs.forEach((name, i) => {
          const expected = pair.get(`out_${i}`);
          const result = results.get(name);
          if (!expected || !result) return;
          expect(relativeDifference(expected, widened(expected, result))).toBeLessThan(2e-6);
          expectShape(graph, name, result);
        });
      },
    );

    const integer = [
      "cnn-linear2",
      "mini-mobilenet",
      "mlperf-tiny-anomaly-detection",
      "mlperf-tiny-image-classification",
    ];
    test.each(integer)("the integer network %s gives every known output exactly", async (name) => {
      const graph = load(`int8/${name}.onnx`);
      const folder = `${root}/int8/${name}.io`;
      const inputs = [...readNpz(`${folder}/inputs.npz`).values()];
      const outputs = [...readNpz(`${folder}/outputs.npz`).values()];
      const feeds = Object.fromEntries(
        graph.inputs.map((input, i) => [input, asFloats(inputs[i], graph, input)]),
      );
      const results = await runGraph(graph, feeds);
      expect(outputs.length).toBe(graph.outputs.length);
      graph.outputs.forEach((output, i) => {
        const result = results.get(output);
        expect(result && relativeDifference(outputs[i], result)).toBe(0);
      });
    });

    test("a FINN network of MultiThreshold nodes gives its known output exactly", async () => {
      const graph = load("qonnx/finn-tfc-w1a1-streamlined.onnx");
      const folder = `${root}/qonnx/finn-tfc-w1a1-streamlined.io`;
      const [x, y] = ["input", "expected_output"].map((name) =>
        readNpy(readFileSync(`${folder}/${name}.npy`)),
      );
      if (!x || !y) throw new Error("pair missing");
      const [pixels, classes] = [toFloat32(x), toNumbers(y)];
      for (let sample = 0; sample < classes.length; sample++) {
        const image = floats(
          [1, 1, 28, 28],
          [...pixels.subarray(sample * 784, (sample + 1) * 784)],
        );
        const results = await runGraph(graph, { [graph.inputs[0]]: image });
        expect(Number(results.get(graph.outputs[0])?.data[0])).toBe(classes[sample]);
      }
    });
  },
);

function onnxFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node-tests")
    .flatMap(({ name }) => readdirSync(`${folder}/${name}`).map((file) => `${name}/${file}`))
    .filter((file) => file.endsWith(".onnx"));
}

function load(file: string): Graph {
  return importBytes(readFileSync(`${root}/${file}`));
}

function failure(act: () => unknown): XbcError {
  try {
    act();
  } catch (error) {
    if (error instanceof XbcError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Outputs of float16 are float32 after import: compared as such, where both are finite in float16. */
function widened(expected: Tensor, result: Tensor): Tensor {
  return expected.type === "float16" ? expected : result;
}

function asFloats(value: Tensor, graph: Graph, input: string): Tensor {
  const shape = graph.values
    .get(input)
    ?.shape?.map((size, axis) => (typeof size === "number" ? size : value.shape[axis]));
  return { type: "float32", shape: shape ?? value.shape, data: toFloat32(value) };
}

function expectShape(graph: Graph, name: string, result: Tensor): void {
  const shape = graph.values.get(name)?.shape;
  if (!shape) return;
  expect(shape.map((size, axis) => (typeof size === "number" ? size : result.shape[axis]))).toEqual(
    result.shape,
  );
}
