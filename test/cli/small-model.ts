import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memorySink } from "../../compiler/image/bytes.ts";
import { writeNpy } from "../../compiler/image/npy.ts";
import { writeNpz } from "../../compiler/image/npz.ts";
import { type Tensor, tensor } from "../../compiler/ir/tensor.ts";
import { buildModel, floats } from "../support/build-onnx.ts";

const signs = (length: number, period: number): readonly number[] =>
  Array.from({ length }, (_, k) => (k % period === 0 || k % 7 === 3 ? 1 : -1));

/** Two binary layers, 33 inputs, 5 hidden, 3 classes; all sums are odd, so that no sign is 0. */
export const smallModel = (period = 3): Uint8Array =>
  buildModel({
    inputs: { x: ["float32", ["n", 33]] },
    outputs: { y: ["float32", ["n", 3]] },
    constants: {
      half: floats([], [0.5]),
      one: floats([], [1]),
      minus: floats([], [-1]),
      w1: floats([33, 5], signs(33 * 5, period)),
      w2: floats([5, 3], signs(5 * 3, 2)),
    },
    nodes: [
      ["GreaterOrEqual", ["x", "half"], ["lit"]],
      ["Where", ["lit", "one", "minus"], ["code"]],
      ["MatMul", ["code", "w1"], ["h"], {}, "fc1"],
      ["Sign", ["h"], ["a"]],
      ["MatMul", ["a", "w2"], ["y"], {}, "fc2"],
    ],
  });

const samples = 24;

/** Inputs of the small model, the same at every call. */
export const smallInputs = (): Tensor =>
  tensor(
    "float32",
    [samples, 33],
    Float32Array.from({ length: samples * 33 }, (_, k) => ((k * 37) % 101) / 100),
  );

const labels = (): Tensor =>
  tensor(
    "int64",
    [samples],
    BigInt64Array.from({ length: samples }, (_, k) => BigInt(k % 3)),
  );

export interface Workshop {
  readonly path: (name: string) => string;
  readonly remove: () => void;
}

/** A folder with `model.onnx`, `other.onnx`, `data.npz` and `x.npy`. */
export async function workshop(): Promise<Workshop> {
  const folder = mkdtempSync(join(tmpdir(), "xbc-cli-"));
  const path = (name: string) => join(folder, name);
  writeFileSync(path("model.onnx"), smallModel());
  writeFileSync(path("other.onnx"), smallModel(4));
  const sink = memorySink();
  await writeNpz(
    sink,
    new Map([
      ["x", smallInputs()],
      ["y", labels()],
    ]),
  );
  writeFileSync(path("data.npz"), sink.bytes());
  writeFileSync(path("x.npy"), writeNpy(smallInputs()));
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
