import { XbcError } from "../compiler/errors.ts";
import type { InputTransform, NetworkInput } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf, tensor, toFloat32, toNumbers } from "../compiler/ir/tensor.ts";

/** Input data in the form that the kernels read: bytes, or float32; with the map from a byte to its real value. */
export type InputRows =
  | { readonly kind: "bytes"; readonly data: Uint8Array; readonly valueOf: (byte: number) => number }
  | { readonly kind: "floats"; readonly data: Float32Array };

/** Number of samples in a tensor for an input. @throws SHAPE_MISMATCH naming both shapes */
export function samplesIn(input: NetworkInput, data: Tensor): number {
  const size = sizeOf(input.shape);
  const samples = data.data.length / size;
  const leadFits = data.shape.length === 0 || data.shape[0] === samples || samples === 1;
  if (!Number.isInteger(samples) || samples === 0 || !leadFits) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `input ${input.name}: needs samples of shape [${input.shape.join(", ")}] (${size} numbers each), ` +
        `found an array of shape [${data.shape.join(", ")}]`,
    );
  }
  return samples;
}

/**
 * Samples as the network takes them, its transform applied.
 * @throws BAD_INPUT at the first NaN or infinite number
 */
export function inputRows(input: NetworkInput, data: Tensor): InputRows {
  samplesIn(input, data);
  const moved = relayout(input, data);
  const scalar = input.transform.every((step) => step.kind === "scale" || step.kind === "layout" || (step.value.length === 1));
  if (moved.data instanceof Uint8Array && scalar && input.type !== "int8") {
    return { kind: "bytes", data: moved.data, valueOf: (byte) => transformed(byte, input.transform, 0) };
  }
  return { kind: "floats", data: floats(input, moved) };
}

function floats(input: NetworkInput, data: Tensor): Float32Array {
  const values = Float32Array.from(data.data instanceof Float32Array ? data.data : toNumbers(data));
  const size = sizeOf(input.shape);
  const inner = input.shape.length > 1 ? sizeOf(input.shape.slice(1)) : 1;
  for (let e = 0; e < values.length; e++) {
    const x = transformed(values[e], input.transform, Math.floor((e % size) / inner));
    if (!Number.isFinite(x)) {
      throw new XbcError(
        "BAD_INPUT",
        `input ${input.name}, sample ${Math.floor(e / size)}, element ${e % size}: needs a finite number, found ${x}; ` +
          "remove the sample or repair its data",
      );
    }
    values[e] = x;
  }
  return values;
}

/** One number through the transform's arithmetic, each step rounded to float32 as an ONNX graph would. */
function transformed(x: number, steps: readonly InputTransform[], channel: number): number {
  let value = x;
  for (const step of steps) {
    if (step.kind === "scale") value = Math.fround(value * step.value);
    if (step.kind === "mean") value = Math.fround(value - step.value[channel % step.value.length]);
    if (step.kind === "std") value = Math.fround(value / step.value[channel % step.value.length]);
  }
  return value;
}

/** Axes moved as a `layout` step says, such as NHWC to NCHW. */
function relayout(input: NetworkInput, data: Tensor): Tensor {
  const step = input.transform.find((candidate) => candidate.kind === "layout");
  if (!step || step.kind !== "layout") return data;
  const shape = data.shape;
  if (shape.length !== step.from.length) {
    throw new XbcError("SHAPE_MISMATCH", `input ${input.name}: layout ${step.from}>${step.to} needs ${step.from.length} axes, found ${shape.length}`);
  }
  const order = [...step.to].map((axis) => step.from.indexOf(axis));
  const out = order.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const from = data.data instanceof Uint8Array ? data.data : toFloat32(data);
  const to = from instanceof Uint8Array ? new Uint8Array(from.length) : new Float32Array(from.length);
  for (let e = 0; e < to.length; e++) {
    let rest = e;
    let at = 0;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      at += (rest % out[axis]) * strides[order[axis]];
      rest = Math.floor(rest / out[axis]);
    }
    to[e] = from[at];
  }
  return tensor(to instanceof Uint8Array ? "uint8" : "float32", out, to);
}
