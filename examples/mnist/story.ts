import type { EvaluateOptions, EvaluationReport, Tensor } from "../../index.ts";
import { compile, evaluate, locateWeight } from "../../index.ts";

/** Pictures and what they show. */
export interface Digits {
  /** [samples x 28 x 28] uint8 */
  readonly x: Tensor;
  /** [samples] uint8, 0 to 9 */
  readonly y: Tensor;
}

/**
 * The first digits of MNIST's IDX files, which begin with 16 and 8 bytes of header.
 * @throws RangeError if the files hold fewer than `samples`
 */
export function firstDigits(images: Uint8Array, labels: Uint8Array, samples: number): Digits {
  const pixels = images.slice(16, 16 + samples * 784);
  const classes = labels.slice(8, 8 + samples);
  if (pixels.length < samples * 784 || classes.length < samples)
    throw new RangeError(`needs ${samples} digits, found ${classes.length}; ask for fewer`);
  return {
    x: { type: "uint8", shape: [samples, 28, 28], data: pixels },
    y: { type: "uint8", shape: [samples], data: classes },
  };
}

/** The story: a trained network goes onto pairs of resistive cells, and we ask what is left of its accuracy. */
export async function tellStory(
  model: Uint8Array,
  digits: Digits,
  options: EvaluateOptions,
): Promise<string> {
  const image = await compile(model, { name: "binary.onnx", target: "2t2r", condition: "h6" });
  const report = await evaluate(image, digits, { ...options, ber: [1e-3, 1e-2, 1e-1] });
  const { bank, wordLine, bitLines, levelNames, code } = await locateWeight(image, "fc1", 3, 406);
  const cells = bitLines.map((bitLine, k) => `bit line ${bitLine} in ${levelNames[k]}`).join(", ");
  const banks = image.cells.reduce((sum, layer) => sum + layer.banks, 0);
  return [
    `${banks} banks of ${image.limits.wordLines} x ${image.limits.bitLines} cells`,
    `neuron 3 of fc1 weighs the pixel in the middle by ${code}: bank ${bank}, word line ${wordLine}, ${cells}`,
    "",
    ...accuracyLines(report),
  ].join("\n");
}

function accuracyLines({ samples, mapped, noisy, overBer }: EvaluationReport): readonly string[] {
  const line = (what: string, mean: number) =>
    `${what.padEnd(34)}${(100 * mean).toFixed(2).padStart(6)} %`;
  return [
    `of ${samples} digits, right`,
    line("  without noise", mapped.accuracy),
    ...(noisy ? [line(`  programmed as in H6, ${noisy.trials} devices`, noisy.mean)] : []),
    ...overBer.map(({ ber, mean }) => line(`  one weight in ${1 / Number(ber)} wrong`, mean)),
  ];
}
