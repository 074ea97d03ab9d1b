import { XbcError } from "../compiler/errors.ts";
import { relayout, transformed } from "../compiler/input-transform.ts";
import type { NetworkInput } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf, toNumbers } from "../compiler/ir/tensor.ts";

/** Input data in the form that the kernels read: bytes, or float32; with the map from a byte to its real value. */
export type InputRows =
  | {
      readonly kind: "bytes";
      readonly data: Uint8Array;
      readonly valueOf: (byte: number) => number;
    }
  | { readonly kind: "floats"; readonly data: Float32Array };

/** Number of samples in a tensor for an input. @throws SHAPE_MISMATCH naming both shapes */
export function samplesIn(input: NetworkInput, data: Tensor): number {
  const size = sizeOf(input.shape);
  const samples = data.data.length / size;
  if (data.data.length === 0) {
    throw new XbcError(
      "BAD_INPUT",
      `input ${input.name}: needs at least one sample, found none; give data that hold one`,
    );
  }
  const leadFits = data.shape.length === 0 || data.shape[0] === samples || samples === 1;
  if (!Number.isInteger(samples) || samples === 0 || !leadFits) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `input ${input.name}: needs samples of shape [${input.shape.join(", ")}] (${size} numbers each), ` +
        `found an array of shape [${data.shape.join(", ")}]; reshape the data`,
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
  const moved = relayout(input.name, input.transform, data);
  const scalar = input.transform.every(
    (step) => step.kind === "scale" || step.kind === "layout" || step.value.length === 1,
  );
  if (moved.data instanceof Uint8Array && scalar && input.type !== "int8") {
    return {
      kind: "bytes",
      data: moved.data,
      valueOf: (byte) => transformed(byte, input.transform, 0),
    };
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
