import { XbcError } from "./errors.ts";
import type { InputTransform } from "./ir/network.ts";
import type { Tensor } from "./ir/tensor.ts";
import { sizeOf, tensor, toFloat32, toNumbers } from "./ir/tensor.ts";

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
    const numbers = value.split("/").map((part) => fraction(part, step));
    if (name === "std" && numbers.some((number) => !(Math.fround(number) > 0)))
      throw bad(step, `needs a standard deviation above 0, found ${value}`);
    return { kind: name, value: numbers };
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
    throw bad(step, `needs a number such as 0.5 or 1/255, found ${text || "nothing"}`);
  }
  return value;
}

const bad = (step: string, message: string): XbcError =>
  new XbcError("BAD_OPTION", `--input-transform ${step}: ${message}; correct it`);

/** One number through the transform's arithmetic, each step rounded to float32 as an ONNX graph would. */
export function transformed(x: number, steps: readonly InputTransform[], channel: number): number {
  let value = x;
  for (const step of steps) {
    if (step.kind === "scale") value = Math.fround(value * step.value);
    if (step.kind === "mean") value = Math.fround(value - step.value[channel % step.value.length]);
    if (step.kind === "std") value = Math.fround(value / step.value[channel % step.value.length]);
  }
  return value;
}

/** Axes moved as a `layout` step says, such as NHWC to NCHW. */
export function relayout(name: string, transform: readonly InputTransform[], data: Tensor): Tensor {
  const step = transform.find((candidate) => candidate.kind === "layout");
  if (step?.kind !== "layout") return data;
  const shape = data.shape;
  if (shape.length !== step.from.length) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `input ${name}: layout ${step.from}>${step.to} needs ${step.from.length} axes, found ${shape.length}`,
    );
  }
  const order = [...step.to].map((axis) => step.from.indexOf(axis));
  const out = order.map((axis) => shape[axis]);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const from = data.data instanceof Uint8Array ? data.data : toFloat32(data);
  const to =
    from instanceof Uint8Array ? new Uint8Array(from.length) : new Float32Array(from.length);
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

/**
 * Raw samples as the network's input takes them: axes moved, then every number through the steps.
 * @param data [samples, channels, …] after its axes are moved; means of several channels go along axis 1
 */
export function transformSamples(
  name: string,
  transform: readonly InputTransform[],
  data: Tensor,
): Tensor {
  if (transform.length === 0) return data;
  const moved = relayout(name, transform, data);
  const channels = moved.shape[1] ?? 1;
  const inner = sizeOf(moved.shape.slice(2));
  const values = Float32Array.from(toNumbers(moved), (x, e) =>
    transformed(x, transform, Math.floor(e / inner) % channels),
  );
  return tensor("float32", moved.shape, values);
}
