import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { axisWithin, integersFrom } from "./axes.ts";

export default defineOperator({
  ops: ["Slice"],
  domains: [""],
  summary: "A part of a tensor: start, end and step of some axes",
  infer: (node, [x], constant) => {
    if (!x?.shape) return [x && { type: x.type, shape: null }];
    const { shape } = x;
    const starts = integersFrom(node, "starts", 1, constant);
    const ends = integersFrom(node, "ends", 2, constant);
    const axes = integersFrom(node, "axes", 3, constant);
    const steps = integersFrom(node, "steps", 4, constant);
    if (axes === null) return [{ type: x.type, shape: shape.map(() => null) }];
    const count = starts === null || starts === "absent" ? shape.length : starts.length;
    const named = axes === "absent" ? Array.from({ length: count }, (_, axis) => axis) : axes;
    const sizes: Dimension[] = [...shape];
    named.forEach((given, i) => {
      const axis = axisWithin(node, given, shape.length);
      const known =
        starts !== null &&
        starts !== "absent" &&
        ends !== null &&
        ends !== "absent" &&
        steps !== null;
      const step = steps === "absent" || steps === null ? 1 : steps[i];
      sizes[axis] = known ? slicedSize(shape[axis], starts[i], ends[i], step) : null;
    });
    return [{ type: x.type, shape: sizes }];
  },
});

/** Exporters write the largest int32 or int64 for "to the end". */
const toTheEnd = 2 ** 31 - 1;

/** How many elements start, start + step … hold before end; of an axis known by name only the whole. */
export function slicedSize(size: Dimension, start: number, end: number, step: number): Dimension {
  if (typeof size !== "number") {
    return start === 0 && step === 1 && end >= toTheEnd ? size : null;
  }
  if (step === 0) return null;
  const place = (at: number, low: number, high: number) =>
    Math.max(low, Math.min(high, at < 0 ? at + size : at));
  const from = place(start, 0, step > 0 ? size : size - 1);
  const to = step > 0 ? place(end, 0, size) : place(end, -1, size - 1);
  return Math.max(0, Math.ceil((to - from) / step));
}
