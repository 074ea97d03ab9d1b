import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { parseOnnx } from "../compiler/onnx/parse.ts";

/** A last layer read by one comparator an output, the lowest index first, instead of by the arg max of its sums. */
export interface ComparatorReading {
  readonly accuracy: number;
  /** share of samples of which no comparator fires, and of which several do */
  readonly none: number;
  readonly several: number;
}

/** operators behind which a sum keeps its sign, scales being positive */
const keepsSign = new Set(["Mul", "Identity", "Cast", "Reshape", "Flatten"]);

/** Whether the sign of the network's only output tells whether its comparator fires. */
function isReadBySign(image: ProgrammingImage): boolean {
  const last = image.layers.find(
    (layer) => layer.kind === "matrix" && layer.readOut.kind === "sweep",
  );
  const outputs = image.layers.find((layer) => layer.kind === "subgraph");
  if (last?.kind !== "matrix" || outputs?.kind !== "subgraph" || image.outputs.length !== 1)
    return false;
  const { nodes } = importGraph(parseOnnx(outputs.onnx));
  return last.scale.every((s) => s > 0) && nodes.every(({ op }) => keepsSign.has(op));
}

/** @param labels classes of the samples; null where nothing is known, or nothing is read by comparators */
export function comparatorReading(
  image: ProgrammingImage,
  batches: readonly Tensor[],
  labels: Tensor | null,
): ComparatorReading | null {
  if (!labels || !isReadBySign(image)) return null;
  const classes = toNumbers(labels);
  let [right, none, several, sample] = [0, 0, 0, 0];
  for (const batch of batches) {
    const values = toNumbers(batch);
    const width = values.length / batch.shape[0];
    if (classes.length % width === 0 && classes.length === values.length) return null;
    for (let s = 0; s < batch.shape[0]; s++, sample++) {
      const row = values.subarray(s * width, (s + 1) * width);
      const firing = row.reduce((count, x) => count + (x >= 0 ? 1 : 0), 0);
      if (firing === 0) none++;
      if (firing > 1) several++;
      if (row.findIndex((x) => x >= 0) === classes[sample]) right++;
    }
  }
  if (sample === 0 || classes.length !== sample) return null;
  return { accuracy: right / sample, none: none / sample, several: several / sample };
}
