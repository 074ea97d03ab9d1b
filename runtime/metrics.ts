import { XbcError } from "../compiler/errors.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf, toNumbers } from "../compiler/ir/tensor.ts";
import { classesFrom, expectedRows } from "./labels.ts";

/** How well outputs fit what is expected: a share for top1, top5 and agreement, else a number per sample. */
export interface Metric {
  readonly name: string;
  readonly isShare: boolean;
  /** mean over the samples; outputs come in batches of one output of the network */
  readonly of: (outputs: readonly Tensor[], expected: Tensor) => number;
}

export const metricNames = ["top1", "top5", "mse", "cosine", "agreement"] as const;

/** @throws BAD_OPTION */
export function metricNamed(name: string): Metric {
  switch (name) {
    case "top1":
    case "agreement":
      return { name, isShare: true, of: (outputs, expected) => topShare(outputs, expected, 1) };
    case "top5":
      return { name, isShare: true, of: (outputs, expected) => topShare(outputs, expected, 5) };
    case "mse":
      return {
        name,
        isShare: false,
        of: (outputs, expected) => meanOver(outputs, expected, squaredError),
      };
    case "cosine":
      return {
        name,
        isShare: false,
        of: (outputs, expected) => meanOver(outputs, expected, cosine),
      };
    default:
      throw new XbcError("BAD_OPTION", `--metric ${name}: needs one of ${metricNames.join(", ")}`);
  }
}

/**
 * Share of samples whose expected class is among the k largest outputs; of equal outputs the lower index is
 * the larger. An output of one number per sample is the class itself.
 */
function topShare(outputs: readonly Tensor[], expected: Tensor, k: number): number {
  const total = samplesOf(outputs);
  const labels = classesFrom(expected, total, widthOf(outputs));
  let sample = 0;
  let hits = 0;
  for (const batch of outputs) {
    const width = sizeOf(batch.shape.slice(1));
    for (let s = 0; s < batch.shape[0]; s++, sample++) {
      const label = labels[sample];
      if (width === 1) {
        if (Number(batch.data[s]) === label) hits++;
        continue;
      }
      const own = batch.data[s * width + label];
      if (own === undefined || label >= width) {
        throw new XbcError(
          "BAD_INPUT",
          `label ${label} of sample ${sample}: needs 0 to ${width - 1}, one for each output; check the labels`,
        );
      }
      let above = 0;
      for (let c = 0; c < width; c++) {
        const other = batch.data[s * width + c];
        if (other > own || (other === own && c < label)) above++;
      }
      if (above < k) hits++;
    }
  }
  return hits / total;
}

const samplesOf = (outputs: readonly Tensor[]): number =>
  outputs.reduce((sum, batch) => sum + batch.shape[0], 0);

/** Numbers in the output of one sample. */
const widthOf = ([first]: readonly Tensor[]): number =>
  first === undefined ? 1 : sizeOf(first.shape.slice(1));

function meanOver(
  outputs: readonly Tensor[],
  expected: Tensor,
  each: (y: Float64Array, target: Float64Array) => number,
): number {
  const total = samplesOf(outputs);
  const width = widthOf(outputs);
  const targets = expectedRows(expected, total, width);
  let sum = 0;
  let sample = 0;
  for (const batch of outputs) {
    const values = toNumbers(batch);
    for (let s = 0; s < batch.shape[0]; s++, sample++) {
      sum += each(
        values.subarray(s * width, (s + 1) * width),
        targets.subarray(sample * width, (sample + 1) * width),
      );
    }
  }
  return sum / total;
}

function squaredError(y: Float64Array, target: Float64Array): number {
  return y.reduce((sum, value, k) => sum + (value - target[k]) ** 2, 0) / y.length;
}

function cosine(y: Float64Array, target: Float64Array): number {
  let dot = 0;
  let a = 0;
  let b = 0;
  y.forEach((value, k) => {
    dot += value * target[k];
    a += value * value;
    b += target[k] * target[k];
  });
  return a === 0 || b === 0 ? Number(a === b) : dot / Math.sqrt(a * b);
}
