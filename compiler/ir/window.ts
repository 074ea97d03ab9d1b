import type { WindowShape } from "./network.ts";
import { sizeOf } from "./tensor.ts";

/** Places at which a window is applied. */
export const positionsOfWindow = ({ output }: WindowShape): number => sizeOf(output);

/** Places of the input that one position reads in each channel. */
export const tapsOfWindow = ({ kernel }: WindowShape): number => sizeOf(kernel);

/**
 * The pixel (row-major over the spatial axes) that a tap of a position reads, −1 where it lies outside the image.
 * Source: ONNX, Conv: pixel = position·stride + tap·dilation − begin pad, on each axis.
 */
export function pixelOf(window: WindowShape, position: number, tap: number): number {
  const { input, kernel, strides, dilations, pads, output } = window;
  let pixel = 0;
  let size = 1;
  let restOfPosition = position;
  let restOfTap = tap;
  for (let axis = input.length - 1; axis >= 0; axis--) {
    const at = restOfPosition % output[axis];
    const k = restOfTap % kernel[axis];
    restOfPosition = (restOfPosition - at) / output[axis];
    restOfTap = (restOfTap - k) / kernel[axis];
    const coordinate = at * strides[axis] + k * dilations[axis] - pads[axis];
    if (coordinate < 0 || coordinate >= input[axis]) return -1;
    pixel += coordinate * size;
    size *= input[axis];
  }
  return pixel;
}

/** Whether some tap of some position lies outside the image. */
export function isPadded({
  input,
  kernel,
  strides,
  dilations,
  pads,
  output,
}: WindowShape): boolean {
  return input.some((size, axis) => {
    const last = (output[axis] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis];
    return pads[axis] > 0 || last - pads[axis] >= size;
  });
}

/** The same window over three axes: axes of size 1 in front. */
export function overThreeAxes(window: WindowShape): WindowShape {
  const missing = 3 - window.input.length;
  const before = (list: readonly number[], value: number) => [
    ...Array<number>(missing).fill(value),
    ...list,
  ];
  const rank = window.input.length;
  return {
    channels: window.channels,
    input: before(window.input, 1),
    kernel: before(window.kernel, 1),
    strides: before(window.strides, 1),
    dilations: before(window.dilations, 1),
    pads: [...before(window.pads.slice(0, rank), 0), ...before(window.pads.slice(rank), 0)],
    output: before(window.output, 1),
  };
}
