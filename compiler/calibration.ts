import { XbcError } from "./errors.ts";
import type { Tensor } from "./ir/tensor.ts";
import { toNumbers } from "./ir/tensor.ts";

/**
 * Calibration data show ranges: at least one sample, finite numbers.
 * @param where what the data are called, such as their file
 * @throws BAD_INPUT with the place of the first number that is none
 */
export function checkCalibration(data: Tensor, where: string): void {
  const samples = data.shape[0] ?? 1;
  if (data.data.length === 0) {
    throw new XbcError(
      "BAD_INPUT",
      `${where}: calibration needs at least one sample, found an array of shape [${data.shape.join(", ")}]; give data that hold one`,
    );
  }
  const values = toNumbers(data);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const size = values.length / samples;
  throw new XbcError(
    "BAD_INPUT",
    `${where}: calibration needs finite numbers, found ${values[at]} in sample ${Math.floor(at / size)}, element ${at % size}; ` +
      "remove the sample or repair its data",
  );
}
