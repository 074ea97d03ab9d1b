import { XbcError } from "../compiler/errors.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";

export interface Labelled {
  readonly x: Tensor;
  readonly y: Tensor;
}

/**
 * Data with the answers that accuracy is measured against.
 * @throws BAD_INPUT if there are none, or not one for each sample
 */
export function labelledData(data: { readonly x: Tensor; readonly y: Tensor | null }, spec: string): Labelled {
  const { x, y } = data;
  if (y === null) {
    throw new XbcError("BAD_INPUT", `${spec}: needs labels beside the samples, found none; give y (or y_test) in the .npz, or a second file`);
  }
  if (x.shape[0] !== y.shape[0]) {
    throw new XbcError("BAD_INPUT", `${spec}: needs a label for each of ${x.shape[0]} samples, found ${y.shape[0]}; check that the files belong together`);
  }
  return { x, y };
}
