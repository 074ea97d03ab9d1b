/**
 * Images a second of convolutional networks run from their images, beside onnxruntime-node in float32 on the same
 * networks, one thread each, in turn: the CIFAR-10 network of examples/cifar10, and stacks of four 3 x 3 binary
 * convolutions of one width.
 *
 *   [TARGET=pcm-1t1r] node --import ./test/bench/typescript.mjs test/bench/convolution.ts
 */
import { existsSync, readFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { compile } from "../../index.ts";
import { onnxruntimeWeb } from "../../runtime/float-executor.ts";
import { openSession } from "../../runtime/session.ts";
import { buildModel, floats, type NodeSpec } from "../support/build-onnx.ts";

const target = process.env.TARGET ?? "2t2r";
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const draw = { seed: 0, trial: 0, elapsed_s: 0 };
const byte = (k: number) => Math.imul(k + 1, 0x9e3779b1) >>> 24;

interface Subject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly shape: readonly number[];
  readonly samples: number;
}

/** Sign of bytes about the middle, then four convolutions of one width with signs between them. */
function stack(width: number, size: number, samples: number): Subject {
  const nodes: NodeSpec[] = [
    ["Cast", ["x"], ["pixels"], { to: 1 }],
    ["Sub", ["pixels", "middle"], ["centred"]],
    ["Sign", ["centred"], ["a0"]],
  ];
  const constants: Record<string, Tensor> = { middle: floats([], [127.5]) };
  for (let k = 1; k <= 4; k++) {
    const count = width * width * 9;
    const signs = Array.from({ length: count }, (_, i) => (byte(i + k * 7919) < 128 ? -1 : 1));
    constants[`w${k}`] = floats([width, width, 3, 3], signs);
    nodes.push(["Conv", [`a${k - 1}`, `w${k}`], [`n${k}`], { pads: [1, 1, 1, 1] }, `conv${k}`]);
    nodes.push(["Sign", [`n${k}`], [`a${k}`]]);
  }
  const shape = [width, size, size];
  const bytes = buildModel({
    inputs: { x: ["uint8", ["n", ...shape]] },
    outputs: ["n4"],
    nodes,
    constants,
  });
  return { name: `4 x conv 3x3, ${width} channels, ${size} x ${size}`, bytes, shape, samples };
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1];

const trained = new URL("../../examples/cifar10/binary.onnx", import.meta.url);
const subjects: readonly Subject[] = [
  ...(existsSync(trained)
    ? [
        {
          name: "examples/cifar10/binary.onnx",
          bytes: readFileSync(trained),
          shape: [32, 32, 3],
          samples: 256,
        },
      ]
    : []),
  stack(64, 32, 32),
  stack(128, 16, 64),
  stack(256, 14, 32),
];

for (const { name, bytes, shape, samples } of subjects) {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Uint8Array.from({ length: samples * size }, (_, k) => byte(k));
  const image = await compile(bytes, { target, executor: onnxruntimeWeb() });
  const [input] = image.inputs;
  const session = await openSession(image, {
    ...{ threads: 1, executor: onnxruntimeWeb(), batch: samples },
  });
  const given = { type: "uint8", shape: [samples, ...shape], data } as const;
  const prepared = session.prepare(new Map([[input.name, given]]));
  const float = await ort.InferenceSession.create(bytes, {
    ...{ intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: "all" },
  });
  const feeds = { [input.name]: new ort.Tensor("uint8", data, [samples, ...shape]) };
  const times: { ours: number; float: number }[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const time = {
      ours: await seconds(() => session.run(prepared, null, draw)),
      float: await seconds(() => float.run(feeds)),
    };
    if (round >= 0) times.push(time);
  }
  const rate = (pick: (time: (typeof times)[number]) => number) =>
    Math.round(samples / median(times.map(pick)));
  const ratio = median(times.map((time) => time.float / time.ours));
  console.log(
    `${name}: ${rate((t) => t.ours)} images/s, ${ratio.toFixed(2)} x onnxruntime-node (${rate((t) => t.float)}/s)`,
  );
  await session.close();
}
