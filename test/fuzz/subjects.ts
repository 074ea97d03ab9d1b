/** Sound models, each of another kind; the fuzzer damages them. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import type { GraphProto } from "../../compiler/onnx/proto.ts";
import { fromNumber } from "../../compiler/onnx/proto.ts";
import { smallModel } from "../cli/small-model.ts";
import type { ModelSpec, NodeSpec } from "../support/build-onnx.ts";
import { buildGraph, buildModel, floats, integers, of } from "../support/build-onnx.ts";

export interface Subject {
  readonly name: string;
  readonly model: Uint8Array;
  /** files beside the model */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** options of `compile` */
  readonly options: readonly string[];
}

const numbers = (shape: readonly number[], value: (k: number) => number): Tensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => value(k)),
  );
const spread = (k: number): number => ((k * 7919 + 13) % 101) / 50 - 1;
const signs = (shape: readonly number[]) => numbers(shape, (k) => (spread(k) < 0 ? -1 : 1));
const ternary = (shape: readonly number[]) => numbers(shape, (k) => Math.round(spread(k)));

/** x to ±1 at 0.5 */
const binarized: readonly NodeSpec[] = [
  ["GreaterOrEqual", ["x", "half"], ["lit"]],
  ["Where", ["lit", "one", "minus"], ["code"]],
];
const scalars = { half: floats([], [0.5]), one: floats([], [1]), minus: floats([], [-1]) };

const dense = (nodes: readonly NodeSpec[], constants: Readonly<Record<string, Tensor>>) =>
  ({
    inputs: { x: ["float32", ["n", 15]] },
    outputs: ["y"],
    nodes: [...binarized, ...nodes],
    constants: { ...scalars, ...constants },
  }) satisfies ModelSpec;

const general = "qonnx.custom_op.general";

const specs: Readonly<Record<string, ModelSpec>> = {
  ternary: dense(
    [
      ["MatMul", ["code", "w1"], ["h"], {}, "fc1"],
      ["Add", ["h", "b1"], ["s"]],
      ["Sign", ["s"], ["a"]],
      ["MatMul", ["a", "w2"], ["y"], {}, "fc2"],
    ],
    {
      w1: ternary([15, 7]),
      b1: numbers([7], (k) => spread(k) + 0.3),
      w2: ternary([7, 3]),
    },
  ),
  "batch-norm": dense(
    [
      ["MatMul", ["code", "w1"], ["h"], {}, "fc1"],
      ["BatchNormalization", ["h", "g", "b", "m", "v"], ["s"], { epsilon: 1e-4 }, "norm"],
      ["Sign", ["s"], ["a"]],
      ["MatMul", ["a", "w2"], ["t"], {}, "fc2"],
      ["Softmax", ["t"], ["y"], { axis: -1 }],
    ],
    {
      w1: signs([15, 6]),
      g: numbers([6], spread),
      b: numbers([6], (k) => spread(k + 5)),
      m: numbers([6], (k) => 3 * spread(k + 9)),
      v: numbers([6], (k) => 1 + spread(k) ** 2),
      w2: signs([6, 4]),
    },
  ),
  residual: dense(
    [
      ["MatMul", ["code", "w1"], ["h"], {}, "fc1"],
      ["Sign", ["h"], ["a"]],
      ["MatMul", ["a", "w2"], ["b"], {}, "left"],
      ["MatMul", ["a", "w3"], ["c"], {}, "right"],
      ["Add", ["b", "c"], ["y"], {}, "join"],
    ],
    { w1: signs([15, 5]), w2: signs([5, 4]), w3: signs([5, 4]) },
  ),
  convolution: {
    inputs: { x: ["float32", ["n", 1, 8, 8]] },
    outputs: ["y"],
    nodes: [
      ...binarized,
      ["Conv", ["code", "w1"], ["h"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, "conv"],
      ["MaxPool", ["h"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }],
      ["Sign", ["p"], ["a"]],
      ["Flatten", ["a"], ["f"], { axis: 1 }],
      ["Gemm", ["f", "w2", "b2"], ["y"], { transB: 1 }, "fc"],
    ],
    constants: {
      ...scalars,
      w1: signs([4, 1, 3, 3]),
      w2: signs([3, 64]),
      b2: numbers([3], spread),
    },
  },
  grouped: {
    inputs: { x: ["float32", ["n", 4, 6, 6]] },
    outputs: ["y"],
    nodes: [
      ...binarized,
      ["Conv", ["code", "w1"], ["h"], { kernel_shape: [3, 3], strides: [2, 2], group: 2 }, "conv"],
      ["GlobalAveragePool", ["h"], ["p"]],
      ["Reshape", ["p", "shape"], ["y"]],
    ],
    constants: { ...scalars, w1: signs([6, 2, 3, 3]), shape: integers([-1, 6]) },
  },
  "two-inputs": {
    inputs: { x: ["float32", ["n", 6]], z: ["float32", ["n", 6]] },
    outputs: ["y", "a"],
    nodes: [
      ...binarized,
      ["GreaterOrEqual", ["z", "half"], ["lit2"]],
      ["Where", ["lit2", "one", "minus"], ["code2"]],
      ["Concat", ["code", "code2"], ["both"], { axis: 1 }],
      ["MatMul", ["both", "w1"], ["h"], {}, "fc1"],
      ["Sign", ["h"], ["a"]],
      ["MatMul", ["a", "w2"], ["y"], {}, "fc2"],
    ],
    constants: { ...scalars, w1: signs([12, 5]), w2: signs([5, 2]) },
  },
  qonnx: {
    inputs: { x: ["float32", ["n", 9]] },
    outputs: ["y"],
    nodes: [
      [
        `${general}:Quant`,
        ["x", "s8", "zero", "bits8"],
        ["q"],
        { signed: 0, narrow: 0, rounding_mode: "ROUND" },
      ],
      [`${general}:BipolarQuant`, ["w1", "unit"], ["wq"], {}],
      ["MatMul", ["q", "wq"], ["h"], {}, "fc1"],
      [`${general}:BipolarQuant`, ["h", "unit"], ["a"], {}],
      [
        `${general}:Quant`,
        ["w2", "unit", "zero", "bits2"],
        ["wt"],
        { signed: 1, narrow: 1, rounding_mode: "ROUND" },
      ],
      ["MatMul", ["a", "wt"], ["y"], {}, "fc2"],
    ],
    constants: {
      s8: floats([], [1 / 255]),
      unit: floats([], [1]),
      zero: floats([], [0]),
      bits8: floats([], [8]),
      bits2: floats([], [2]),
      w1: numbers([9, 5], spread),
      w2: ternary([5, 3]),
    },
  },
  bytes: {
    inputs: { x: ["uint8", ["n", 10]] },
    outputs: ["y"],
    nodes: [
      ["MatMulInteger", ["x", "w"], ["h"], {}, "fc"],
      ["Cast", ["h"], ["y"], { to: 1 }],
    ],
    constants: {
      w: of(
        "int8",
        [10, 4],
        Array.from({ length: 40 }, (_, k) => Math.round(spread(k))),
      ),
    },
  },
  "quantize-dequantize": {
    inputs: { x: ["float32", ["n", 10]] },
    outputs: ["y"],
    nodes: [
      ["QuantizeLinear", ["x", "s", "z"], ["q"]],
      ["DequantizeLinear", ["q", "s", "z"], ["d"]],
      ["DequantizeLinear", ["w", "ws", "wz"], ["wd"]],
      ["MatMul", ["d", "wd"], ["y"], {}, "fc"],
    ],
    constants: {
      s: floats([], [1 / 255]),
      z: of("uint8", [], [0]),
      w: of(
        "int8",
        [10, 4],
        Array.from({ length: 40 }, (_, k) => (spread(k) < 0 ? -1 : 1)),
      ),
      ws: floats([], [0.5]),
      wz: of("int8", [], [0]),
    },
  },
  "computed-shape": {
    inputs: { x: ["float32", ["n", 3, 5]] },
    outputs: ["y"],
    nodes: [
      ...binarized,
      ["Shape", ["code"], ["dims"]],
      ["Gather", ["dims", "first"], ["batch"], { axis: 0 }],
      ["Concat", ["batch", "rest"], ["target"], { axis: 0 }],
      ["Reshape", ["code", "target"], ["flat"]],
      ["Transpose", ["wt"], ["w"], { perm: [1, 0] }],
      ["MatMul", ["flat", "w"], ["y"], {}, "fc"],
    ],
    constants: { ...scalars, first: integers([0]), rest: integers([-1]), wt: signs([4, 15]) },
  },
  float: {
    inputs: { x: ["float32", ["n", 12]] },
    outputs: ["y"],
    nodes: [
      ["Gemm", ["x", "w1", "b1"], ["h"], {}, "fc1"],
      ["Relu", ["h"], ["r"]],
      ["Gemm", ["r", "w2", "b2"], ["y"], { alpha: 0.5 }, "fc2"],
    ],
    constants: {
      w1: numbers([12, 8], spread),
      b1: numbers([8], spread),
      w2: numbers([8, 3], spread),
      b2: numbers([3], spread),
    },
  },
  branches: dense(
    [
      ["MatMul", ["code", "w1"], ["h"], {}, "fc"],
      ["ReduceSum", ["h"], ["sum"], { keepdims: 0 }],
      ["Greater", ["sum", "half"], ["hot"]],
      [
        "If",
        ["hot"],
        ["y"],
        {
          then_branch: buildGraph({
            inputs: {},
            outputs: ["t"],
            nodes: [["Softmax", ["h"], ["t"]]],
          }),
          else_branch: buildGraph({ inputs: {}, outputs: ["e"], nodes: [["Tanh", ["h"], ["e"]]] }),
        },
        "choice",
      ],
    ],
    { w1: signs([15, 4]) },
  ),
  functions: {
    ...dense(
      [
        ["own:Layer", ["code", "w1"], ["h"], {}, "one"],
        ["own:Layer", ["h", "w2"], ["y"], {}, "two"],
      ],
      { w1: signs([15, 5]), w2: signs([5, 3]) },
    ),
    change: (model) => ({
      ...model,
      functions: [
        {
          name: "Layer",
          domain: "own",
          input: ["a", "w"],
          output: ["z"],
          opsetImport: [{ domain: "", version: fromNumber(17) }],
          node: [
            { opType: "MatMul", input: ["a", "w"], output: ["m"], name: "product" },
            { opType: "Sign", input: ["m"], output: ["z"], name: "sign" },
          ],
        },
      ],
    }),
  },
};

/** Initializers moved to a file beside the model. */
function external(): Subject {
  const weights = signs([15, 4]);
  const bytes = new Uint8Array(weights.data.buffer.slice(0));
  const outside = (graph: GraphProto): GraphProto => ({
    ...graph,
    initializer: (graph.initializer ?? []).map((tensor) =>
      tensor.name !== "w"
        ? tensor
        : {
            name: "w",
            dims: tensor.dims ?? [],
            dataType: tensor.dataType ?? 1,
            dataLocation: 1,
            externalData: [
              { key: "location", value: "weights.bin" },
              { key: "offset", value: "0" },
              { key: "length", value: String(bytes.length) },
            ],
          },
    ),
  });
  const model = buildModel({
    ...dense([["MatMul", ["code", "w"], ["y"], {}, "fc"]], { w: weights }),
    change: (message) => ({ ...message, graph: outside(message.graph) }),
  });
  return { name: "external", model, files: new Map([["weights.bin", bytes]]), options: [] };
}

const examples = join(dirname(fileURLToPath(import.meta.url)), "../../examples/mnist");
const example = (name: string): Subject => ({
  name: `mnist-${name}`,
  // a Buffer's slice shares its memory, a Uint8Array's does not
  model: Uint8Array.from(readFileSync(join(examples, `${name}.onnx`))),
  files: new Map(),
  options: [],
});

const optionsOf: Readonly<Record<string, readonly string[]>> = {
  convolution: ["--replicate", "3", "--bank", "8x16"],
  float: ["--precision", "ternary", "--activations", "binary", "--input-encoding", "binary:0.5"],
};

/** Twenty models, small ones first. */
export const subjects: readonly Subject[] = [
  { name: "binary", model: smallModel(), files: new Map(), options: [] },
  ...Object.entries(specs).map(([name, spec]) => ({
    name,
    model: buildModel(spec),
    files: new Map<string, Uint8Array>(),
    options: optionsOf[name] ?? [],
  })),
  {
    name: "float-binary",
    model: buildModel(specs.float),
    files: new Map(),
    options: ["--precision", "binary", "--activations", "ternary", "--input-encoding", "bits:4"],
  },
  {
    name: "binary-as-ternary",
    model: smallModel(5),
    files: new Map(),
    options: ["--precision", "ternary", "--bank", "8x16"],
  },
  external(),
  ...["binary", "ternary", "binary-8bit"].map(example),
];
