import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Attribute } from "../../compiler/ir/graph.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { exportOnnx, run } from "../../index.ts";
import { axisPhases } from "../../passes/lowering/transposed-window.ts";
import transposedConvolutions from "../../passes/transposed-convolutions.ts";
import { buildModel, floats } from "../support/build-onnx.ts";
import { compileTo2t2r, numbersOf } from "../support/compile.ts";
import { passContext, preparedGraph } from "../support/pass-context.ts";
import { graphOf, relativeDifference, runBytes, runGraph } from "../support/run-onnx.ts";

interface Case {
  readonly input: readonly number[];
  readonly kernel: readonly number[];
  readonly channels: number;
  readonly outputs: number;
  readonly group: number;
  readonly hasBias: boolean;
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
}

/** Whole numbers that tell every weight from every other. */
const some = (shape: readonly number[], step: number) =>
  floats(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => ((k * step) % 17) - 8),
  );

function modelOf({ input, kernel, channels, outputs, group, hasBias, attributes }: Case) {
  return buildModel({
    inputs: { x: ["float32", ["batch", channels, ...input]] },
    outputs: ["y"],
    nodes: [
      ["ConvTranspose", hasBias ? ["x", "w", "b"] : ["x", "w"], ["y"], { group, ...attributes }],
    ],
    constants: {
      w: some([channels, outputs / group, ...kernel], 5),
      ...(hasBias ? { b: some([outputs], 3) } : {}),
    },
  });
}

async function bothWays(given: Case) {
  const before = await preparedGraph(modelOf(given));
  const after = graphOf(await transposedConvolutions.run(before, passContext().context));
  const x = some([2, given.channels, ...given.input], 7);
  const [theirs, ours] = [await runGraph(before, { x }), await runGraph(after, { x })];
  const [a, b] = [theirs.get("y"), ours.get("y")];
  if (!a || !b) throw new Error("no output");
  return { before, after, a, b };
}

const base: Case = {
  input: [3, 4],
  kernel: [3, 3],
  channels: 4,
  outputs: 2,
  group: 1,
  hasBias: true,
  attributes: {},
};

const cases: Readonly<Record<string, Case>> = {
  "without stride": base,
  "strides of 2, padding": { ...base, attributes: { strides: [2, 2], pads: [1, 1, 1, 1] } },
  "a kernel of 4 and a stride of 2": {
    ...base,
    kernel: [4, 4],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  "other strides on each axis, asymmetric padding": {
    ...base,
    attributes: { strides: [3, 2], pads: [1, 0, 2, 1] },
  },
  "padding at the end of the outputs": {
    ...base,
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  },
  "a stride beyond the kernel leaves the bias": {
    ...base,
    kernel: [1, 2],
    attributes: { strides: [3, 3] },
  },
  groups: { ...base, outputs: 6, group: 2, attributes: { strides: [2, 2] } },
  "one output a channel": { ...base, outputs: 4, group: 4, attributes: { strides: [2, 1] } },
  dilation: { ...base, attributes: { strides: [2, 2], dilations: [2, 3] } },
  "dilation and stride without a common divisor": {
    ...base,
    attributes: { strides: [3, 2], dilations: [2, 1], pads: [1, 0, 0, 1] },
  },
  "outputs cut to less than the input": {
    ...base,
    attributes: { strides: [1, 1], pads: [2, 2, 2, 2] },
  },
  "padding larger than the kernel": {
    ...base,
    input: [6, 7],
    kernel: [2, 2],
    attributes: { pads: [2, 3, 2, 2] },
  },
  SAME_UPPER: { ...base, attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" } },
  SAME_LOWER: { ...base, attributes: { strides: [2, 2], auto_pad: "SAME_LOWER" } },
  VALID: { ...base, attributes: { strides: [2, 2], auto_pad: "VALID" } },
  "a given output shape": { ...base, attributes: { strides: [3, 2], output_shape: [10, 8] } },
  "one axis": { ...base, input: [5], kernel: [3], attributes: { strides: [2], pads: [0, 1] } },
  "three axes": {
    ...base,
    input: [2, 3, 2],
    kernel: [2, 3, 2],
    hasBias: false,
    attributes: { strides: [2, 1, 2] },
  },
};

describe("transposed-convolutions", () => {
  test.each(Object.entries(cases))("%s: as onnxruntime has it", async (_, given) => {
    const { after, a, b } = await bothWays(given);
    expect(after.nodes.map(({ op }) => op)).not.toContain("ConvTranspose");
    expect(b.shape).toEqual(a.shape);
    expect([...b.data].map((v) => Number(v) + 0)).toEqual([...a.data].map((v) => Number(v) + 0));
    expect(after.values.get("y")?.shape?.slice(1)).toEqual(a.shape.slice(1));
  });

  test("any window: as onnxruntime has it", async () => {
    const axis = fc.record({
      input: fc.integer({ min: 1, max: 5 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 4 }),
      dilation: fc.integer({ min: 1, max: 3 }),
      begin: fc.integer({ min: 0, max: 2 }),
      end: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 2 }), async (axes) => {
        const list = (pick: (one: (typeof axes)[number]) => number) => axes.map(pick);
        const sizes = axes.map(
          (a) => a.stride * (a.input - 1) + a.dilation * (a.kernel - 1) + 1 - a.begin - a.end,
        );
        fc.pre(sizes.every((size) => size > 0));
        const { a, b } = await bothWays({
          ...base,
          input: list((one) => one.input),
          kernel: list((one) => one.kernel),
          attributes: {
            strides: list((one) => one.stride),
            dilations: list((one) => one.dilation),
            pads: [...list((one) => one.begin), ...list((one) => one.end)],
          },
        });
        expect(b.shape).toEqual(a.shape);
        expect(relativeDifference(a, b)).toBe(0);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("the phases of a stride share the kernel's taps out, each to one", () => {
    const phases = axisPhases(
      {
        weights: floats([1, 1, 5], [1, 2, 3, 4, 5]),
        channels: 1,
        perGroup: 1,
        groups: 1,
        input: [4],
        kernel: [5],
        strides: [2],
        dilations: [1],
        cut: [1],
        output: [9],
      },
      0,
    );
    expect(phases.map(({ taps }) => taps)).toEqual([
      [1, 3],
      [0, 2, 4],
    ]);
  });

  test("weights that are no constant stay a ConvTranspose", async () => {
    const model = buildModel({
      inputs: { x: ["float32", ["batch", 1, 3]], w: ["float32", [1, 1, 2]] },
      outputs: ["y"],
      nodes: [["ConvTranspose", ["x", "w"], ["y"]]],
    });
    const before = await preparedGraph(model);
    expect(await transposedConvolutions.run(before, passContext().context)).toBe(before);
  });

  test("its phases are layers on banks, which no inserted zero meets, equal to the exported network", async () => {
    const strides: Attribute = { kind: "ints", value: [2, 2] };
    const model = buildModel({
      inputs: { x: ["uint8", ["batch", 2, 3, 3]] },
      outputs: ["y"],
      nodes: [
        ["Cast", ["x"], ["f"], { to: 1 }],
        ["ConvTranspose", ["f", "w"], ["y"], { strides }, "up"],
      ],
      constants: {
        w: floats(
          [2, 3, 3, 3],
          Array.from({ length: 54 }, (_, k) => (k % 3 === 0 ? 1 : -1)),
        ),
      },
    });
    const image = await compileTo2t2r(model);
    expect(image.placements.map(({ layer, inputs }) => [layer, inputs])).toEqual([
      ["up/phase-0-0", 8],
      ["up/phase-0-1", 4],
      ["up/phase-1-0", 4],
      ["up/phase-1-1", 2],
    ]);
    const x = {
      type: "uint8" as const,
      shape: [2, 2, 3, 3],
      data: Uint8Array.from({ length: 36 }, (_, k) => (k * 37) % 256),
    };
    const { outputs } = await run(image, x);
    expect(numbersOf(outputs)).toEqual(numbersOf(await runBytes(await exportOnnx(image), { x })));
  });
});
