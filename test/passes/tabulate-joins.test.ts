import { describe, expect, test } from "vitest";
import { bytesSource, memorySink } from "../../compiler/image/bytes.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { compile, readImage, run, verify, writeImage } from "../../index.ts";
import { buildModel, floats, type NodeSpec, of as tensorOf } from "../support/build-onnx.ts";
import { numbersOf } from "../support/compile.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const weights = (outputs: number, inputs: number, salt: number) =>
  floats(
    [outputs, inputs, 3, 3],
    Array.from({ length: outputs * inputs * 9 }, (_, k) => (Math.imul(k + salt, 37) % 7) - 3),
  );

/** floor(x / by) clipped to 0 … most: what integer networks do between layers. */
const scaled = (x: string, y: string, by: string, most: string): NodeSpec[] => [
  ["Div", [x, by], [`${y}/over`]],
  ["Floor", [`${y}/over`], [`${y}/floor`]],
  ["Clip", [`${y}/floor`, "zero", most], [y]],
];

/** Two convolutions, the second's result added to the first's, scaled again, pooled, then a matrix. */
const residual = (join: readonly NodeSpec[]) =>
  buildModel({
    inputs: { x: ["uint8", ["n", 2, 6, 6]] },
    outputs: { y: ["float32", ["n", 3]] },
    constants: {
      w1: weights(4, 2, 1),
      w2: weights(4, 4, 5),
      w3: floats(
        [36, 3],
        Array.from({ length: 108 }, (_, k) => ((k * 5) % 7) - 3),
      ),
      zero: floats([], [0]),
      most: floats([], [31]),
      forty: floats([], [40]),
      nine: floats([], [9]),
      three: floats([], [3]),
      each: floats([4, 1, 1], [1, 2, 3, 4]),
      flat: tensorOf("int64", [2], [-1, 36]),
    },
    nodes: [
      ["Cast", ["x"], ["f"], { to: 1 }],
      ["Conv", ["f", "w1"], ["c1"], { pads: [1, 1, 1, 1] }, "conv1"],
      ...scaled("c1", "a", "forty", "most"),
      ["Conv", ["a", "w2"], ["c2"], { pads: [1, 1, 1, 1] }, "conv2"],
      ...scaled("c2", "b", "nine", "most"),
      ...join,
      ...scaled("joined", "d", "three", "most"),
      ["MaxPool", ["d"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }],
      ["Reshape", ["p", "flat"], ["r"]],
      ["MatMul", ["r", "w3"], ["y"], {}, "fc"],
    ],
  });

const x = tensorOf(
  "uint8",
  [20, 2, 6, 6],
  Array.from({ length: 1440 }, (_, k) => (k * 73) % 251),
);
const opsOf = ({ layers }: ProgrammingImage) =>
  layers.map((layer) => (layer.kind === "digital" ? layer.op : layer.kind));

describe.each(["2t2r", "1s1r", "pcm-1t1r", "rram-1t1r"])(
  "a residual sum of codes on %s",
  (target) => {
    const model = residual([["Add", ["b", "a"], ["joined"]]]);

    test("is a table of pairs, and nothing but the last sums is float", async () => {
      const image = await compile(model, { target, executor });
      const ops = opsOf(image);
      expect(ops.filter((op) => op === "join")).toHaveLength(1);
      expect(ops.filter((op) => op === "subgraph")).toHaveLength(1);
      expect(ops.at(-1)).toBe("subgraph");
      expect((await verify(image, { executor, data: x })).passed).toBe(true);
      const { outputs } = await run(image, x, { executor });
      if (target === "2t2r")
        expect(numbersOf(outputs)).toEqual(numbersOf(await runBytes(model, { x })));
    });
    test("stands in the image, and is read back", async () => {
      const image = await compile(model, { target, executor });
      const sink = memorySink();
      await writeImage(image, sink);
      const back = await readImage(bytesSource(sink.bytes()));
      expect(back.layers.filter(({ kind }) => kind === "digital")).toEqual(
        image.layers.filter(({ kind }) => kind === "digital"),
      );
      expect(numbersOf((await run(back, x, { executor })).outputs)).toEqual(
        numbersOf((await run(image, x, { executor })).outputs),
      );
    });
  },
);

test("what differs from channel to channel stays a float subgraph of codes", async () => {
  const model = residual([
    ["Mul", ["a", "each"], ["weighted"]],
    ["Add", ["b", "weighted"], ["joined"]],
  ]);
  const image = await compile(model, { target: "2t2r", executor });
  expect(opsOf(image)).not.toContain("join");
  expect((await verify(image, { executor, data: x })).passed).toBe(true);
});
