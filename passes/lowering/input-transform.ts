import type { InputTransform } from "../../compiler/ir/network.ts";
import type { Domain } from "./domain.ts";
import { grid } from "./domain.ts";

/** What bytes become under the transform, where it is the same for all elements; null without a transform. */
export function inputDomain(transform: readonly InputTransform[]): Domain | null {
  if (!transform.some((step) => step.kind === "scale")) return null;
  let scale = 1;
  let offset = 0;
  for (const step of transform) {
    if (step.kind === "scale") [scale, offset] = [scale * step.value, offset * step.value];
    if (step.kind === "mean") {
      if (step.value.length !== 1) return null;
      offset -= step.value[0];
    }
    if (step.kind === "std") {
      if (step.value.length !== 1) return null;
      [scale, offset] = [scale / step.value[0], offset / step.value[0]];
    }
  }
  return grid(scale, offset, { minimum: 0, maximum: 255, step: 1 });
}
