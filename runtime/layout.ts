import type { Layer, MatrixLayer, WindowAccess, WindowShape } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { isPadded, tapsOfWindow } from "../compiler/ir/window.ts";
import type { Planes } from "./activations.ts";
import type { Command } from "./kernels/commands.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { windowBytes } from "./kernels/rows.ts";

/** Values of a sample pixel by pixel, the channels of a pixel together; ONNX has them channel by channel. */
export interface PixelLayout {
  readonly channels: number;
  readonly pixels: number;
}

/** How a buffer's values lie: null as ONNX orders them. */
export type Layout = PixelLayout | null;

export const inputLayout = ({ channels, input }: WindowShape): PixelLayout => ({
  channels,
  pixels: sizeOf(input),
});

/** How a layer's own results lie before anyone orders them. */
export function outputLayout(layer: Layer): Layout {
  if (layer.kind === "matrix" && layer.access.kind === "window")
    return { channels: layer.outputs, pixels: sizeOf(layer.access.output) };
  if (layer.kind === "digital" && layer.op === "pool")
    return { channels: layer.window.channels, pixels: sizeOf(layer.window.output) };
  return null;
}

const isPlain = (layout: Layout): boolean =>
  layout === null || layout.channels === 1 || layout.pixels === 1;

/** Whether values lie in the same order under two layouts. */
export const isSameOrder = (a: Layout, b: Layout): boolean =>
  (isPlain(a) && isPlain(b)) ||
  (a !== null && b !== null && a.channels === b.channels && a.pixels === b.pixels);

/** Bytes of a value, and room for values while a chunk runs. */
export interface Movement {
  readonly bytes: 1 | 2 | 4;
  readonly elements: number;
  readonly scratch: (stride: number) => Rows;
}

/** Commands that bring values from one layout into another; the two must differ. */
export function reorder(
  from: Rows,
  before: Layout,
  to: Rows,
  after: Layout,
  { bytes, elements, scratch }: Movement,
): readonly Command[] {
  const turn = (x: Rows, y: Rows, rows: number, columns: number): Command => ({
    kind: "transpose",
    ...{ from: x, to: y, rows, columns, bytes },
  });
  if (before === null || isPlain(before)) {
    if (after === null) return [];
    return [turn(from, to, after.channels, after.pixels)];
  }
  const out = turn(from, to, before.pixels, before.channels);
  if (after === null || isPlain(after)) return [out];
  const between = scratch(elements * bytes);
  return [{ ...out, to: between } as Command, turn(between, to, after.channels, after.pixels)];
}

/** The planes of a layer's windows, and what gathers them from the planes of pixels. */
export interface WindowPlanes {
  readonly terms: readonly PlaneTerm[];
  readonly gathers: readonly { readonly from: Rows | null; readonly to: Rows }[];
}

/**
 * Lays out the planes of a layer's windows; padding counts for nothing, so that planes of signs alone get a mask.
 * @param rows allocates rows of so many bytes, one for each position
 */
export function windowPlanes(
  pixels: Planes,
  { inputs }: MatrixLayer,
  access: WindowAccess,
  rows: (stride: number) => Rows,
): WindowPlanes {
  const gathers: { from: Rows | null; to: Rows }[] = [];
  const gather = (from: Rows | null): Rows => {
    const to = rows(windowBytes(inputs, access.groups));
    gathers.push({ from, to });
    return to;
  };
  const needsMask = isPadded(access) && pixels.terms.some((term) => term.mask === null);
  const inside = needsMask ? gather(null) : null;
  const terms = pixels.terms.map(({ sign, mask, significance }) => ({
    sign: sign && gather(sign),
    mask: mask ? gather(mask) : inside,
    significance,
  }));
  return { terms, gathers };
}

/** ONNX numbers the inputs of a window channel by channel, the kernels tap by tap. */
export function kernelOrder(access: WindowAccess): Int32Array | null {
  const taps = tapsOfWindow(access);
  const channels = access.channels / access.groups;
  if (taps === 1 || channels === 1) return null;
  return Int32Array.from({ length: channels * taps }, (_, i) => {
    const channel = Math.floor(i / taps);
    return (i - channel * taps) * channels + channel;
  });
}
