/**
 * Every logit of 10,000 digits from the images of the shipped MNIST networks, against onnxruntime-node on the
 * exported quantized network: both configurations of H3, one thread and two, batches of 1 and 256.
 *
 *   npm run equality
 */
import { readFileSync } from "node:fs";
import { exportOnnx } from "../../compiler/image/export-onnx.ts";
import { run } from "../../runtime/run.ts";
import { compileTo2t2r } from "../support/compile.ts";
import { mnistTest } from "../support/mnist.ts";
import { executor, runBytes } from "../support/run-onnx.ts";

const digits = mnistTest();
const image = { ...digits.x, shape: [10_000, 1, 28, 28] };
let wrong = 0;

for (const name of ["binary", "ternary", "binary-8bit"]) {
  const model = readFileSync(new URL(`../../examples/mnist/${name}.onnx`, import.meta.url));
  for (const configuration of ["parallel-to-sequential", "sequential-to-parallel"] as const) {
    const compiled = await compileTo2t2r(model, { configuration });
    const expected = (await runBytes(await exportOnnx(compiled), { image })).get("logits")?.data;
    for (const threads of [1, 2]) {
      for (const batch of [1, 256]) {
        const { outputs } = await run(compiled, image, { executor, threads, batch });
        const logits = outputs.get("logits")?.data;
        const compared = logits?.length ?? 0;
        let differ = expected?.length === compared ? 0 : compared;
        logits?.forEach((value, e) => {
          if (value !== expected?.[e]) differ++;
        });
        if (differ > 0 || compared !== 100_000) wrong++;
        console.log(
          `${name}, ${configuration}, ${threads} thread${threads > 1 ? "s" : ""}, batch ${batch}: ` +
            `${differ} of ${compared} logits differ`,
        );
      }
    }
  }
}
process.exitCode = wrong > 0 ? 1 : 0;
