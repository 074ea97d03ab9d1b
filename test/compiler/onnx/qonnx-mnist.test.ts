import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PassContext } from "../../../compiler/define.ts";
import { toNumbers } from "../../../compiler/ir/tensor.ts";
import { serializeGraph } from "../../../compiler/onnx/serialize.ts";
import foldConstants from "../../../passes/fold-constants.ts";
import { readNpz } from "../../support/read-npz.ts";
import { executor, graphOf, importBytes } from "../../support/run-onnx.ts";
import { shared } from "../../support/shared.ts";

const root = shared("models");
const digits = shared("data/mnist.npz");

describe.skipIf(root === null || digits === null)(
  "QONNX networks classify MNIST as their authors say (skipped where the data is absent)",
  () => {
    test.each([
      ["tfc-1w1a", 9296],
      ["tfc-2w2a", 9660],
    ])("%s: %i of 10 000", async (name, expected) => {
      const context = { executor, warn: () => {} } as Partial<PassContext> as PassContext;
      const graph = graphOf(
        await foldConstants.run(importBytes(readFileSync(`${root}/qonnx/${name}.onnx`)), context),
      );
      const set = readNpz(digits ?? "");
      const [images, labels] = ["x_test", "y_test"].map((key) => set.get(key));
      if (!images || !labels) throw new Error("no test set");
      const session = await executor.load(serializeGraph(graph));
      let right = 0;
      for (let sample = 0; sample < labels.data.length; sample++) {
        const pixels = Float32Array.from(
          toNumbers({ ...images, data: images.data.subarray(sample * 784, (sample + 1) * 784) }),
          (byte) => byte / 255,
        );
        const results = await session.run(
          new Map([[graph.inputs[0], { type: "float32", shape: [1, 1, 28, 28], data: pixels }]]),
        );
        const scores = [...(results.get(graph.outputs[0])?.data ?? [])].map(Number);
        if (scores.indexOf(Math.max(...scores)) === Number(labels.data[sample])) right += 1;
      }
      await session.release();
      expect(right).toBe(expected);
    });
  },
);
