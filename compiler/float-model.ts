import type { FloatExecutor } from "./define.ts";
import type { Graph } from "./ir/graph.ts";
import type { Tensor } from "./ir/tensor.ts";
import { serializeGraph } from "./onnx/serialize.ts";

/** Samples at a time, where the model takes any number. */
const FREE_BATCH = 500;

/**
 * A float model's answers to many samples: in batches of the size that it was exported for, or of hundreds
 * where it takes any number; one by one where it has no batch.
 * @param feeds by input name, with all samples in front
 * @returns every output's batches, in order
 */
export async function runFloatModel(
  graph: Graph,
  executor: FloatExecutor,
  feeds: ReadonlyMap<string, Tensor>,
  progress: (done: number, total: number) => void = () => {},
): Promise<ReadonlyMap<string, readonly Tensor[]>> {
  const [samples] = [...feeds.values()].map((feed) => feed.shape[0]);
  const fixed = graph.inputs
    .map((input) => graph.values.get(input)?.shape?.[0])
    .find((first) => typeof first === "number");
  const rankOf = (name: string) =>
    graph.values.get(name)?.shape?.length ?? Number.POSITIVE_INFINITY;
  const isWhole = [...feeds].some(([name, { shape }]) => shape.length > rankOf(name));
  const size = isWhole ? 1 : typeof fixed === "number" ? fixed : FREE_BATCH;
  const parts = new Map<string, Tensor[]>(graph.outputs.map((name) => [name, []]));
  const session = await executor.load(serializeGraph(graph));
  try {
    for (let first = 0; first < samples; first += size) {
      progress(first, samples);
      const answer = await session.run(
        new Map(
          [...feeds].map(([name, feed]) => {
            const some = part(feed, first, size);
            return [name, isWhole ? { ...some, shape: some.shape.slice(1) } : some];
          }),
        ),
      );
      for (const [name, made] of answer)
        parts.get(name)?.push(isWhole ? { ...made, shape: [1, ...made.shape] } : made);
    }
  } finally {
    await session.release();
  }
  progress(samples, samples);
  return parts;
}

function part(tensor: Tensor, first: number, count: number): Tensor {
  const kept = Math.min(count, tensor.shape[0] - first);
  const size = tensor.data.length / tensor.shape[0];
  const data = tensor.data.slice(first * size, (first + kept) * size);
  return { ...tensor, shape: [kept, ...tensor.shape.slice(1)], data };
}
