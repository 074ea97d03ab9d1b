import { XbcError } from "../compiler/errors.ts";
import { evaluateGraph } from "../compiler/evaluate.ts";
import type { Graph } from "../compiler/ir/graph.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { type ExternalData, parseOnnx } from "../compiler/onnx/parse.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "../runtime/float-executor.ts";
import { metricNamed } from "../runtime/metrics.ts";
import { floatFeed } from "../runtime/verify.ts";
import type { Dataset } from "./data.ts";

export interface FloatModel {
  readonly bytes: Uint8Array;
  readonly external: ExternalData;
}

/** Samples at a time, where the model takes any number. */
const freeBatch = 500;

/**
 * How the model does as its author left it, in float, on data that the image takes: the figure that mapping is
 * compared with. Null for metrics without labels to compare with.
 * @throws UNSUPPORTED for a model of several inputs
 */
export async function floatBaseline(
  image: ProgrammingImage,
  model: FloatModel,
  { x, y }: Dataset,
  metric: string,
  progress: (stage: string, done: number, total: number) => void,
): Promise<ProgrammingImage["baseline"]> {
  if (y === null || metric === "agreement") return null;
  const [input, ...more] = image.inputs;
  if (input === undefined || more.length > 0) {
    throw new XbcError(
      "UNSUPPORTED",
      `float baseline: needs a model of one input, found ${image.inputs.length}; leave --model out`,
    );
  }
  const graph = importGraph(parseOnnx(model.bytes, model.external));
  const executor = (await onnxruntimeNode()) ?? onnxruntimeWeb();
  const feed = floatFeed(input, new Map([[input.name, x]]));
  const outputs: Tensor[] = [];
  const size = batchOf(graph, input.name);
  for (let first = 0; first < feed.shape[0]; first += size) {
    progress("float model", first, feed.shape[0]);
    const answer = await evaluateGraph(
      graph,
      executor,
      new Map([[input.name, part(feed, first, size)]]),
    );
    outputs.push(firstOutput(image, answer));
  }
  progress("float model", feed.shape[0], feed.shape[0]);
  return { metric, value: metricNamed(metric).of(outputs, y), samples: feed.shape[0] };
}

/** A model with a fixed batch takes just that. */
function batchOf(graph: Graph, input: string): number {
  const first = graph.values.get(input)?.shape?.[0];
  return typeof first === "number" ? first : freeBatch;
}

function part(tensor: Tensor, first: number, count: number): Tensor {
  const kept = Math.min(count, tensor.shape[0] - first);
  const size = tensor.data.length / tensor.shape[0];
  const data = tensor.data.slice(first * size, (first + kept) * size);
  return { ...tensor, shape: [kept, ...tensor.shape.slice(1)], data };
}

function firstOutput(image: ProgrammingImage, answer: ReadonlyMap<string, Tensor>): Tensor {
  const [{ name }] = image.outputs;
  const found = answer.get(name);
  if (found) return found;
  throw new XbcError(
    "BAD_MODEL",
    `float baseline: needs the output ${name} of the image, found ${[...answer.keys()].join(", ")}; give the model that was compiled`,
  );
}
