import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { XbcError } from "../../../compiler/errors.ts";
import type { Tensor } from "../../../compiler/ir/tensor.ts";
import { sizeOf } from "../../../compiler/ir/tensor.ts";
import { infer } from "../../../compiler/onnx/infer.ts";
import type { NodeSpec } from "../../support/build-onnx.ts";
import { buildGraph, floats, integers } from "../../support/build-onnx.ts";
import { runGraph } from "../../support/run-onnx.ts";

type Attributes = NonNullable<NodeSpec[3]>;

interface Case {
  readonly op: string;
  readonly x: readonly number[];
  readonly others: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs?: number;
}

const zeros = (shape: readonly number[]): Tensor => floats(shape, Array(sizeOf(shape)).fill(0));
const small = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) =>
  fc.tuple(small(min, max), small(min, max)).map((both): number[] => both);
const shape = (rank: number) => fc.array(small(1, 5), { minLength: rank, maxLength: rank });

const window = fc.record({
  size: pair(3, 9),
  kernel: pair(1, 3),
  strides: pair(1, 3),
  dilations: pair(1, 2),
  pads: fc.tuple(small(0, 1), small(0, 1), small(0, 1), small(0, 1)).map((all): number[] => all),
  ceil_mode: small(0, 1),
  auto_pad: fc.constantFrom("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
});

/** Where auto_pad is set, ONNX allows neither pads nor (for SAME, in onnxruntime) dilations. */
const padding = (auto_pad: string, pads: number[], dilations: number[]): Attributes =>
  auto_pad === "NOTSET" ? { pads, dilations } : { auto_pad };

const cases: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  Conv: window.map(({ size, kernel, strides, dilations, pads, auto_pad }) => ({
    op: "Conv",
    x: [2, 4, ...size],
    others: [zeros([6, 2, ...kernel])],
    attributes: { group: 2, strides, ...padding(auto_pad, pads, dilations) },
  })),
  ConvTranspose: window.map(({ size, kernel, strides, dilations, pads }) => ({
    op: "ConvTranspose",
    x: [1, 4, ...size],
    others: [zeros([4, 3, ...kernel])],
    attributes: { group: 2, strides, dilations, pads },
  })),
  MaxPool: window.map(({ size, kernel, strides, dilations, pads, ceil_mode, auto_pad }) => ({
    op: "MaxPool",
    x: [1, 2, ...size],
    others: [],
    attributes: {
      kernel_shape: kernel,
      strides,
      ceil_mode: auto_pad === "NOTSET" ? ceil_mode : 0,
      ...padding(auto_pad, pads, dilations),
    },
  })),
  AveragePool: window.map(({ size, kernel, strides, pads, ceil_mode }) => ({
    op: "AveragePool",
    x: [1, 2, ...size],
    others: [],
    attributes: { kernel_shape: kernel, strides, pads, ceil_mode },
  })),
  Slice: fc
    .tuple(shape(2), pair(-6, 6), pair(-7, 7), fc.constantFrom([1, 1], [2, -1], [-2, 3]))
    .map(([x, starts, ends, steps]) => ({
      op: "Slice",
      x,
      others: [integers(starts), integers(ends), integers([1, -2]), integers(steps)],
      attributes: {},
    })),
  Transpose: fc
    .tuple(shape(3), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }))
    .map(([x, perm]) => ({ op: "Transpose", x, others: [], attributes: { perm } })),
  Flatten: fc
    .tuple(shape(3), small(-3, 3))
    .map(([x, axis]) => ({ op: "Flatten", x, others: [], attributes: { axis } })),
  Pad: fc.tuple(shape(2), pair(0, 3), pair(0, 2)).map(([x, before, after]) => ({
    op: "Pad",
    x,
    others: [integers([...before, ...after])],
    attributes: {},
  })),
  Reshape: fc
    .tuple(shape(3), fc.constantFrom([0, -1], [-1, 1], [1, 0, -1], [-1], [0, 0, 0, 1]))
    .map(([x, target]) => ({ op: "Reshape", x, others: [integers(target)], attributes: {} })),
  ReduceMean: fc
    .tuple(shape(3), fc.subarray([0, 1, -1], { minLength: 1 }), small(0, 1))
    .map(([x, axes, keepdims]) => ({
      op: "ReduceMean",
      x,
      others: [],
      attributes: { axes, keepdims },
    })),
  Split: fc.tuple(shape(2), small(1, 3)).map(([[rows, columns], piece]) => ({
    op: "Split",
    x: [rows + 2, columns],
    others: [integers([piece > rows + 1 ? 1 : piece, rows + 2 - (piece > rows + 1 ? 1 : piece)])],
    attributes: { axis: 0 },
    outputs: 2,
  })),
  Add: fc.tuple(shape(3), fc.subarray([0, 1, 2])).map(([x, ones]) => ({
    op: "Add",
    x,
    others: [
      zeros(
        x.map((size, axis) => (ones.includes(axis) ? 1 : size)).slice(ones.length === 3 ? 1 : 0),
      ),
    ],
    attributes: {},
  })),
  MatMul: fc.tuple(shape(3), small(1, 4), fc.boolean()).map(([x, columns, isVector]) => ({
    op: "MatMul",
    x,
    others: [zeros(isVector ? [x[2]] : [x[2], columns])],
    attributes: {},
  })),
  Gather: fc.tuple(shape(3), small(-3, 2), small(0, 3)).map(([x, axis, count]) => ({
    op: "Gather",
    x,
    others: [integers(Array(count).fill(0))],
    attributes: { axis },
  })),
  Concat: fc.tuple(shape(2), small(1, 3)).map(([x, more]) => ({
    op: "Concat",
    x,
    others: [zeros([x[0], more])],
    attributes: { axis: -1 },
  })),
  Unsqueeze: fc
    .tuple(shape(2), fc.constantFrom([0], [-1, 0], [1, 3]))
    .map(([x, axes]) => ({ op: "Unsqueeze", x, others: [integers(axes)], attributes: {} })),
  ArgMax: fc.tuple(shape(2), small(-2, 1), small(0, 1)).map(([x, axis, keepdims]) => ({
    op: "ArgMax",
    x,
    others: [],
    attributes: { axis, keepdims },
  })),
  DepthToSpace: fc.tuple(shape(2), small(1, 3)).map(([[rows, columns], block]) => ({
    op: "DepthToSpace",
    x: [1, 2 * block * block, rows, columns],
    others: [],
    attributes: { blocksize: block },
  })),
};

describe("inferred shapes are those that onnxruntime gives", () => {
  test.each(Object.entries(cases))("%s", async (_, arbitrary) => {
    let compared = 0;
    const property = fc.asyncProperty(
      arbitrary,
      async ({ op, x, others, attributes, outputs = 1 }) => {
        const made = Array.from({ length: outputs }, (_, i) => `y${i}`);
        const graph = buildGraph({
          inputs: { x: ["float32", x] },
          outputs: made,
          nodes: [[op, ["x", ...others.map((_, i) => `c${i}`)], made, attributes]],
          constants: Object.fromEntries(others.map((value, i) => [`c${i}`, value])),
        });
        const results = await runGraph(graph, { x: zeros(x) }).catch((error: unknown) => {
          if (error instanceof XbcError) return null;
          throw error;
        });
        if (results === null) return; // what onnxruntime refuses need not be inferred
        const { values } = infer(graph);
        compared += 1;
        for (const name of made) {
          const { type, shape } = results.get(name) ?? { type: null, shape: null };
          expect(values.get(name)).toEqual({ type, shape });
        }
      },
    );
    await fc.assert(property, { numRuns: 60, seed: 1 });
    expect(compared).toBeGreaterThan(20);
  });
});
