import type { ElementType, Tensor } from "../../compiler/ir/tensor.ts";
import { tensor } from "../../compiler/ir/tensor.ts";

/** Numbers of float32 as a constant beside a value: float64 where the value is, whose operators take no other type. */
export function floatConstant(
  beside: ElementType | undefined,
  shape: readonly number[],
  numbers: Iterable<number>,
): Tensor {
  const rounded = Float32Array.from(numbers);
  return beside === "float64"
    ? tensor("float64", shape, Float64Array.from(rounded))
    : tensor("float32", shape, rounded);
}
