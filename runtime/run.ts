import type { FloatExecutor, NoiseUse } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Die } from "../compiler/ir/die.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { allocate, tensor } from "../compiler/ir/tensor.ts";
import { chainOnDie } from "./die.ts";
import { onnxruntimeWeb } from "./float-executor.ts";
import type { NoiseChoice } from "./noise-chain.ts";
import { chainOf } from "./noise-chain.ts";
import { openSession } from "./session.ts";

/** How a run goes; the default is without noise, on one thread, and bit-accurate. */
export interface RunOptions {
  readonly noise?: NoiseChoice;
  readonly seed?: number;
  readonly trial?: number;
  readonly elapsed_s?: number;
  readonly threads?: number;
  /** samples at a time; no result depends on it */
  readonly batch?: number;
  readonly executor?: FloatExecutor;
  /** a measured die: its conductances instead of drawn ones */
  readonly die?: Die;
  readonly progress?: (stage: string, done: number, total: number) => void;
}

/** What a run gives, and what is needed to repeat and to judge it. */
export interface RunResult {
  /** by output name, with the batch in front */
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly samples: number;
  readonly seed: number;
  readonly trial: number;
  readonly noise: readonly NoiseUse[];
  readonly counts: {
    /** synapses sensed, masked ones included */
    readonly synapsesRead: number;
    /** clocks, all samples one after another */
    readonly clocks: number;
    /** weights that read another code throughout, and those drawn at each read */
    readonly changedWeights: number;
    readonly marginalWeights: number;
  };
  readonly assumptions: readonly string[];
}

export const DEFAULT_BATCH = 1024;

/** Seconds since programming where nobody says: the technology's `elapsed`, else none. */
export const usualElapsed = ({ technology }: Pick<ProgrammingImage, "technology">): number =>
  technology.parameters.elapsed?.value ?? 0;

/**
 * Executes an image. The image is all it knows: no ONNX file, no float weights.
 * @param inputs a tensor for a network of one input, or tensors by input name; the batch in front
 * @throws SHAPE_MISMATCH, BAD_INPUT naming the input; BAD_OPTION
 */
export async function run(
  image: ProgrammingImage,
  inputs: Tensor | ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Promise<RunResult> {
  const draw = {
    seed: options.seed ?? image.seed,
    trial: options.trial ?? 0,
    elapsed_s: options.elapsed_s ?? usualElapsed(image),
  };
  const choice = options.noise ?? "none";
  const chain = options.die ? chainOnDie(image, options.die, choice) : chainOf(image.noise, choice);
  const session = await openSession(image, {
    threads: options.threads ?? 1,
    executor: options.executor ?? onnxruntimeWeb(),
    batch: options.batch ?? DEFAULT_BATCH,
  });
  try {
    const samples = session.prepare(named(image, inputs));
    const faults = await session.sense(chain, draw);
    const parts = await session.run(samples, faults, draw, (done, total) =>
      options.progress?.("run", done, total),
    );
    const sum = (pick: (cost: ProgrammingImage["costs"][number]) => number) =>
      image.costs.reduce((total, cost) => total + pick(cost), 0);
    return {
      outputs: new Map([...parts].map(([name, list]) => [name, joined(list)])),
      samples: samples.count,
      seed: draw.seed,
      trial: draw.trial,
      noise: chain.active,
      counts: {
        synapsesRead: samples.count * sum((cost) => cost.synapsesRead),
        clocks: samples.count * sum((cost) => cost.clocks),
        changedWeights:
          faults?.reduce((total, layer) => total + layer.changed.weight.length, 0) ?? 0,
        marginalWeights:
          faults?.reduce((total, layer) => total + layer.marginal.weight.length, 0) ?? 0,
      },
      assumptions: image.assumptions,
    };
  } finally {
    await session.close();
  }
}

/** @throws BAD_INPUT if one tensor is given to a network of several inputs */
export function named(
  image: ProgrammingImage,
  inputs: Tensor | ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Tensor> {
  if (!("data" in inputs)) return inputs;
  if (image.inputs.length === 1) return new Map([[image.inputs[0].name, inputs]]);
  throw new XbcError(
    "BAD_INPUT",
    `needs one array for each input (${image.inputs.map((i) => i.name).join(", ")}), found one array`,
  );
}

/** Batches one behind the other. */
export function joined(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const [first] = parts;
  const length = parts.reduce((sum, part) => sum + part.data.length, 0);
  const data = allocate(first.type, length);
  let at = 0;
  for (const part of parts) {
    for (let e = 0; e < part.data.length; e++) data[at + e] = part.data[e];
    at += part.data.length;
  }
  return tensor(
    first.type,
    [parts.reduce((sum, part) => sum + part.shape[0], 0), ...first.shape.slice(1)],
    data,
  );
}
