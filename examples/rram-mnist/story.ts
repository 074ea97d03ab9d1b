import type { ProgrammingImage, Tensor } from "../../index.ts";
import { compile, run } from "../../index.ts";

/** The float network on multilevel cells: pixels and hidden units to 4 bits, weights as `precision` says. */
export const sliced = (
  model: Uint8Array,
  calibration: Tensor,
  { precision, condition }: { readonly precision: string; readonly condition: string },
): Promise<ProgrammingImage> =>
  compile(model, {
    ...{ target: "rram-1t1r", condition, precision, weightRange: "mse" },
    ...{ inputTransform: "scale:1/255", inputEncoding: "bits:4", activations: "uint4" },
    calibration: new Map([["image", calibration]]),
  });

/** Which of the digits are read right, as a share, on one drawn die so long after it was programmed. */
export async function shareRight(
  image: ProgrammingImage,
  { x, y }: { readonly x: Tensor; readonly y: Tensor },
  options: { readonly noise: "all" | "none"; readonly trial?: number; readonly elapsed_s?: number },
): Promise<number> {
  const { outputs } = await run(image, x, options);
  const [logits] = outputs.values();
  const labels = Array.from(y.data, Number);
  const right = labels.filter((label, k) => {
    const row = Array.from(logits.data.slice(10 * k, 10 * k + 10), Number);
    return row.indexOf(Math.max(...row)) === label;
  });
  return right.length / labels.length;
}
