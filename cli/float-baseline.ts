import { XbcError } from "../compiler/errors.ts";
import { runFloatModel } from "../compiler/float-model.ts";
import { referenceOf } from "../compiler/image/export-onnx.ts";
import { sha256Of } from "../compiler/image/sha256.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { importGraph } from "../compiler/onnx/import.ts";
import { type ExternalData, parseOnnx } from "../compiler/onnx/parse.ts";
import { onnxruntimeNode, onnxruntimeWeb } from "../runtime/float-executor.ts";
import { metricNamed } from "../runtime/metrics.ts";
import { modelFeeds } from "../runtime/model-feeds.ts";
import { floatFeed } from "../runtime/verify.ts";
import type { Dataset } from "./data.ts";

export interface FloatModel {
  readonly bytes: Uint8Array;
  readonly external: ExternalData;
}

/**
 * How the model does as its author left it, in float, on data that the image takes: the figure that mapping is
 * compared with. Null for metrics without labels to compare with.
 * @throws UNSUPPORTED for a model of several inputs, BAD_MODEL for another than the image's
 */
export async function floatBaseline(
  image: ProgrammingImage,
  model: FloatModel,
  { x, y }: Dataset,
  metric: string,
  progress: (stage: string, done: number, total: number) => void,
): Promise<ProgrammingImage["baseline"]> {
  if (y === null || metric === "agreement") return null;
  refuseOther(image, model.bytes);
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
  const taken = new Map([[input.name, feed]]);
  const feeds = await modelFeeds(image, await referenceOf(image), executor, taken);
  const parts = await runFloatModel(graph, executor, feeds, (done, total) =>
    progress("float model", done, total),
  );
  return {
    metric,
    value: metricNamed(metric).of(firstOutput(image, parts), y),
    samples: feed.shape[0],
  };
}

/** Another network's accuracy is nothing to compare with. @throws BAD_MODEL */
function refuseOther({ source }: ProgrammingImage, model: Uint8Array): void {
  const found = sha256Of(model);
  if (found === source.sha256) return;
  throw new XbcError(
    "BAD_MODEL",
    `float baseline: needs the model that the image was compiled from, ${source.file} (SHA-256 ${source.sha256.slice(0, 12)}…), ` +
      `found another (${found.slice(0, 12)}…); give that one, or leave --model out`,
  );
}

function firstOutput(
  image: ProgrammingImage,
  answer: ReadonlyMap<string, readonly Tensor[]>,
): readonly Tensor[] {
  const [{ name }] = image.outputs;
  const found = answer.get(name);
  if (found) return found;
  throw new XbcError(
    "BAD_MODEL",
    `float baseline: needs the output ${name} of the image, found ${[...answer.keys()].join(", ")}; give the model that was compiled`,
  );
}
