import { XbcError } from "../../compiler/errors.ts";
import type { InputTransform } from "../../compiler/ir/network.ts";
import type { Domain } from "./domain.ts";
import { grid } from "./domain.ts";

/**
 * `scale:1/255,mean:0.5,std:0.5,layout:NHWC>NCHW` as steps, in the order given: x·scale, x − mean, x/std,
 * axes moved. A mean or std of several channels is separated by `/`.
 * @throws BAD_OPTION naming the step
 */
export function parseTransform(text: string): readonly InputTransform[] {
  if (text === "") return [];
  return text.split(",").map((step) => parseStep(step.trim()));
}

function parseStep(step: string): InputTransform {
  const [name, value = ""] = splitOnce(step, ":");
  if (name === "scale") return { kind: "scale", value: fraction(value, step) };
  if (name === "mean" || name === "std") {
    return { kind: name, value: value.split("/").map((part) => fraction(part, step)) };
  }
  const layout = /^([NCHWD]+)>([NCHWD]+)$/.exec(value);
  if (name === "layout" && layout && sorted(layout[1]) === sorted(layout[2])) {
    return { kind: "layout", from: layout[1], to: layout[2] };
  }
  throw new XbcError(
    "BAD_OPTION",
    `--input-transform ${step}: needs scale:NUMBER, mean:NUMBER[/…], std:NUMBER[/…] or layout:NHWC>NCHW, found ${step || "nothing"}`,
  );
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

const sorted = (text: string) => [...text].sort().join("");

/** `0.5`, or `1/255` where one number is asked. */
function fraction(text: string, step: string): number {
  const [top, bottom = "1"] = text.split("/");
  const value = Number(top) / Number(bottom);
  if (top.trim() === "" || !Number.isFinite(value)) {
    throw new XbcError("BAD_OPTION", `--input-transform ${step}: needs a number such as 0.5 or 1/255, found ${text || "nothing"}`);
  }
  return value;
}

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
