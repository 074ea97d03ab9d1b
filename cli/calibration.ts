import { checkCalibration } from "../compiler/calibration.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Graph } from "../compiler/ir/graph.ts";
import { allocate, sizeOf, type Tensor, toNumbers } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { type ExternalData, parseOnnx } from "../compiler/onnx/parse.ts";
import { readDataset } from "./data.ts";

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

function asInput(graph: Graph, name: string, x: Tensor, spec: string): Tensor {
  const wanted = graph.values.get(name);
  if (!wanted?.shape || wanted.type === "float16" || wanted.type === "bfloat16") return x;
  const samples = x.shape[0];
  const sample = wanted.shape.slice(1);
  const fixed = sample.every((dimension) => typeof dimension === "number");
  const shape = fixed ? [samples, ...sample.map(Number)] : x.shape;
  if (sizeOf(shape) !== x.data.length) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `${spec}: input ${name} needs samples of [${sample.join(", ")}], found [${x.shape.slice(1).join(", ")}]; reshape the data`,
    );
  }
  if (wanted.type === x.type) return { ...x, shape };
  const data = allocate(wanted.type, x.data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    toNumbers(x).forEach((value, i) => {
      data[i] = BigInt(Math.trunc(value));
    });
  } else data.set(toNumbers(x));
  return { type: wanted.type, shape, data };
}
