import type { FloatExecutor } from "../compiler/define.ts";
import { runFloatModel } from "../compiler/float-model.ts";
import type { Graph } from "../compiler/ir/graph.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { latencySpikes } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { joined } from "./run.ts";

/**
 * What the model as its author left it takes for the samples that the quantized network takes: the same, but the spikes
 * where `--input-encoding spikes:T` put bytes in their place.
 * @param reference the quantized network, weights filled in
 * @param feeds     by input name, all samples in front
 */
export async function modelFeeds(
  image: ProgrammingImage,
  reference: Graph,
  executor: FloatExecutor,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const { inputEncoding } = image.options;
  const made = image.inputs.map(({ name }) => name).filter((name) => feeds.has(name));
  const encoded = String(inputEncoding).startsWith("spikes:")
    ? made.filter((name) => reference.values.has(latencySpikes(name)))
    : [];
  if (encoded.length === 0) return feeds;
  const outputs = encoded.map(latencySpikes);
  const spikes = await runFloatModel({ ...reference, outputs }, executor, feeds);
  return new Map(
    [...feeds].map(([name, feed]): [string, Tensor] => {
      const parts = spikes.get(latencySpikes(name));
      return [name, parts ? joined(parts) : feed];
    }),
  );
}
