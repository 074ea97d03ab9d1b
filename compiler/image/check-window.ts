import type { WindowShape } from "../ir/network.ts";
import { sizeOf } from "../ir/tensor.ts";
import type { Need } from "./check-range.ts";

/** most of anything on an axis, so that a walk over a window ends */
const most = 2 ** 20;

/** One to three axes, and a window that a walk over it can count. */
export function checkWindow(window: WindowShape, where: string, need: Need): void {
  const { input, kernel, strides, dilations, pads, output } = window;
  const rank = input.length;
  const same = [kernel, strides, dilations, output].every((list) => list.length === rank);
  need(
    rank >= 1 && rank <= 3 && same && pads.length === 2 * rank,
    where,
    "a window of one to three axes",
    `${rank} axes, or lists of other lengths`,
  );
  const numbers = [...input, ...kernel, ...strides, ...dilations, ...pads, ...output];
  const largest = Math.max(...numbers);
  need(largest <= most, where, "windows of at most 2^20 on an axis", largest);
  need(sizeOf(kernel) <= most, where, "windows of at most 2^20 taps", sizeOf(kernel));
}

/** A pooled window without a code would have no value. */
export function checkFilled(window: WindowShape, where: string, need: Need): void {
  const { input, kernel, strides, dilations, pads, output } = window;
  input.forEach((size, axis) => {
    need(output[axis] * kernel[axis] <= 2 ** 24, where, "a smaller window", kernel[axis]);
    for (let at = 0; at < output[axis]; at++) {
      let k = 0;
      const coordinate = () => at * strides[axis] + k * dilations[axis] - pads[axis];
      while (k < kernel[axis] && (coordinate() < 0 || coordinate() >= size)) k++;
      need(k < kernel[axis], where, "windows that reach the image", `an empty one at ${at}`);
    }
  });
}
