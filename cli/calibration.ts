import { checkCalibration } from "../compiler/calibration.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Dimension, Graph } from "../compiler/ir/graph.ts";
import { allocate, sizeOf, type Tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { type ExternalData, parseOnnx } from "../compiler/onnx/parse.ts";
import { type Dataset, readDataset } from "./data.ts";

/**
 * Calibration data as the model takes them: by the name of its one input, in that input's type and shape.
 * @throws UNSUPPORTED for a model of several inputs, SHAPE_MISMATCH if a sample does not fit
 */
export async function readCalibration(
  model: Uint8Array,
  external: ExternalData,
  spec: string,
): Promise<ReadonlyMap<string, Tensor>> {
  const graph = importGraph(parseOnnx(model, external));
  const { x } = await readDataset(spec);
  if (graph.inputs.length !== 1) {
    throw new XbcError(
      "UNSUPPORTED",
      `--calibration ${spec}: needs a model with one input, found ${graph.inputs.join(", ")}; leave --calibration out`,
    );
  }
  checkCalibration(x, spec);
  return new Map([[graph.inputs[0], asInput(graph, graph.inputs[0], x, spec)]]);
}

/**
 * Whether data fit a model, before anything is compiled; a model of several inputs is left to the evaluation.
 * @throws SHAPE_MISMATCH naming the data
 */
export function checkFit(
  model: Uint8Array,
  external: ExternalData,
  { x, from }: Pick<Dataset, "x" | "from">,
): void {
  const { inputs, values } = importGraph(parseOnnx(model, external));
  if (inputs.length === 1) fittedShape(values.get(inputs[0])?.shape ?? null, inputs[0], x, from);
}

/** The shape of data as an input takes them. */
function fittedShape(
  wanted: readonly Dimension[] | null,
  name: string,
  x: Tensor,
  spec: string,
): readonly number[] {
  const sample = wanted?.slice(1) ?? [];
  const fixed = wanted !== null && sample.every((dimension) => typeof dimension === "number");
  const shape = fixed ? [x.shape[0], ...sample.map(Number)] : x.shape;
  if (sizeOf(shape) === x.data.length) return shape;
  // one sample without the batch in front
  if (fixed && sizeOf(shape.slice(1)) === x.data.length) return [1, ...shape.slice(1)];
  throw new XbcError(
    "SHAPE_MISMATCH",
    `${spec}: input ${name} needs samples of [${sample.join(", ")}], found [${x.shape.slice(1).join(", ")}]; reshape the data`,
  );
}

function asInput(graph: Graph, name: string, x: Tensor, spec: string): Tensor {
  const wanted = graph.values.get(name);
  if (!wanted?.shape || wanted.type === "float16" || wanted.type === "bfloat16") return x;
  const shape = fittedShape(wanted.shape, name, x, spec);
  if (wanted.type === x.type) return { ...x, shape };
  const data = allocate(wanted.type, x.data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    toNumbers(x).forEach((value, i) => {
      data[i] = BigInt(Math.trunc(value));
    });
  } else data.set(toNumbers(x));
  return { type: wanted.type, shape, data };
}
