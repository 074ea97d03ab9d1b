import { tensor } from "../../compiler/ir/tensor.ts";
import { buildModel, floats } from "./build-onnx.ts";

/** A convolution over bytes at nine positions, and what comes out of it as sums. */
export const convolution = buildModel({
  inputs: { x: ["uint8", ["n", 2, 5, 5]] },
  outputs: ["y"],
  constants: {
    w: floats(
      [6, 2, 3, 3],
      Array.from({ length: 108 }, (_, k) => ((k * k + 3 * k) % 7 < 3 ? 1 : -1)),
    ),
  },
  nodes: [
    ["Cast", ["x"], ["f"], { to: 1 }],
    ["Conv", ["f", "w"], ["y"], {}, "conv"],
  ],
});

/** The same weights on rows of 18 at nine positions, made signs. */
export const rows = buildModel({
  inputs: { x: ["uint8", ["n", 9, 18]] },
  outputs: ["y"],
  constants: {
    w: floats(
      [18, 6],
      Array.from({ length: 108 }, (_, k) => ((k * k + 3 * k) % 7 < 3 ? 1 : -1)),
    ),
    zero: floats([6], [-2.5, -1.5, -3.5, -2.5, -4.5, -0.5]),
  },
  nodes: [
    ["Cast", ["x"], ["f"], { to: 1 }],
    ["MatMul", ["f", "w"], ["s"], {}, "conv"],
    ["Greater", ["s", "zero"], ["b"]],
    ["Cast", ["b"], ["y"], { to: 1 }],
  ],
});

export const pixels = tensor(
  "uint8",
  [4, 2, 5, 5],
  Uint8Array.from({ length: 200 }, (_, k) => (k * 7) % 4),
);
export const lines = tensor(
  "uint8",
  [24, 9, 18],
  Uint8Array.from({ length: 3888 }, (_, k) => (k * 5 + (k % 11) * (k % 7)) % 3),
);
