/**
 * A float 784-256-10 network at 4 and 8 bits on multilevel cells: one pair a weight, and three in base 7, behind
 * converters (R8):
 *   node --import ./test/bench/typescript.mjs examples/rram-mnist/sliced.ts runs/mnist-256.onnx mnist.npz [digits] [dies]
 */
import { readFileSync } from "node:fs";
import { readDataset } from "../../cli/data.ts";
import type { ProgrammingImage, Tensor } from "../../index.ts";
import { compile, run, tensor } from "../../index.ts";

const [model, data, digits = "1000", dies = "3"] = process.argv.slice(2);
const first = ({ data: all }: Tensor, count: number): Tensor =>
  tensor("uint8", [count, 28, 28], Uint8Array.from(all.slice(0, count * 784), Number));
const test = await readDataset(data);
const x = first(test.x, Number(digits));
const labels = Array.from(test.y?.data.slice(0, Number(digits)) ?? [], Number);
const calibration = new Map([["image", first((await readDataset(`${data}#train`)).x, 256)]]);

async function accuracy(image: ProgrammingImage, noise: "all" | "none", trial = 0, elapsed_s = 0) {
  const { outputs } = await run(image, x, { noise, trial, elapsed_s, threads: 2 });
  const [logits] = outputs.values();
  const right = labels.filter((label, k) => {
    const row = Array.from(logits.data.slice(10 * k, 10 * k + 10), Number);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}

const percent = (share: number) => (100 * share).toFixed(2);
for (const precision of ["int4", "int8"]) {
  for (const condition of ["smart", "standard"]) {
    const image = await compile(readFileSync(model), {
      ...{ target: "rram-1t1r", condition, precision, weightRange: "mse", calibration },
      ...{ inputTransform: "scale:1/255", inputEncoding: "bits:4", activations: "uint4" },
    });
    const cells: string[] = [percent(await accuracy(image, "none"))];
    for (const elapsed of [60, 86400, 60 * 86400]) {
      let sum = 0;
      for (let trial = 0; trial < Number(dies); trial++)
        sum += await accuracy(image, "all", trial, elapsed);
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
