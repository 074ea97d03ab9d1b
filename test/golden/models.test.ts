import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import freeBatch from "../../passes/free-batch.ts";
import { describeMatrices } from "../../passes/lowering/describe.ts";
import { expectGolden } from "../support/golden.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf } from "../support/run-onnx.ts";
import { shared } from "../support/shared.ts";

const folder = join(import.meta.dirname, "models");
const examples = join(import.meta.dirname, "../../examples");

/** Models whose matrices were trained or quantized to integers: a float weight found there is a mistake. */
const quantized = [
  "examples/mnist/binary",
  "examples/mnist/binary-8bit",
  "examples/mnist/ternary",
  "int8/cnn-linear2",
  "int8/mini-mobilenet",
  "int8/mlperf-tiny-anomaly-detection",
  "int8/mlperf-tiny-image-classification",
  "int8/transformer-deepquant",
  "qonnx/bnn-fc-1layer",
  "qonnx/finn-tfc-w1a1-streamlined",
  "qonnx/jet-tagger-qkeras",
  "qonnx/tfc-1w1a",
  "qonnx/tfc-2w2a",
];

/** Float models, and models without a matrix of their own (convolutions, MatMulInteger). */
const floats = [
  "int8/qdq-two-convs",
  "mnist/cntk-mnist-8",
  "mnist/cntk-mnist-int8-dynamic",
  "mnist/ezkl-lenet5",
  "mnist/marabou-2x10",
  "mnist/marabou-2x5-sigmoid",
  "mnist/marabou-cnn-max2",
  "mnist/mnistfc-256x2",
  "mnist/onnx2c-atmega-14x14",
  "mnist/tiny-cnn-pool",
  "mnist/tribuo-cnn",
  "mnist/verivital-maxpool",
];

const pathOf = (name: string): string | null =>
  name.startsWith("examples/") ? join(examples, `${name.slice(9)}.onnx`) : shared(`models/${name}.onnx`);

async function described(path: string): Promise<string> {
  const { context } = passContext();
  const graph = await preparedGraph(new Uint8Array(readFileSync(path)));
  return describeMatrices(graphOf(await freeBatch.run(graph, context)));
}

describe.each([...quantized, ...floats])("%s", (name) => {
  const path = pathOf(name);
  test.skipIf(path === null)("its matrices are recognized as the golden text says (skipped where the model is absent)", async () => {
    const text = await described(path ?? "");
    if (quantized.includes(name)) expect(text).not.toContain("weights float");
    expectGolden(join(folder, `${name.replaceAll("/", "-")}.txt`), text);
  });
});

test("every golden text belongs to a model", () => {
  const known = [...quantized, ...floats].map((name) => `${name.replaceAll("/", "-")}.txt`);
  expect(readdirSync(folder).filter((file) => !known.includes(file))).toEqual([]);
});
