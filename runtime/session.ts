import type { FloatExecutor } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { BufferId } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { deriveKey } from "../compiler/random.ts";
import type { InputRows } from "./input.ts";
import { inputRows, samplesIn } from "./input.ts";
import { createEngine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { packStored, packTrial } from "./layer-weights.ts";
import type { NoiseChain } from "./noise-chain.ts";
import type { Runner } from "./runner.ts";
import { createRunner } from "./runner.ts";
import type { Draw, LayerFaults } from "./senses.ts";
import { senseLayer } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";
import { loadStoredLayer } from "./stored-layer.ts";

/** All samples of a run, by input. */
export interface Samples {
  readonly count: number;
  readonly rows: ReadonlyMap<BufferId, InputRows>;
}

/** An image loaded into an engine, ready for many runs. */
export interface Session {
  readonly stored: readonly StoredLayer[];
  /** @throws SHAPE_MISMATCH, BAD_INPUT */
  readonly prepare: (inputs: ReadonlyMap<string, Tensor>) => Samples;
  /** what the senses of every matrix layer read under a chain; null without noise */
  readonly sense: (chain: NoiseChain, draw: Draw) => Promise<readonly LayerFaults[] | null>;
  /** outputs of all samples, by name; `progress` is called after each batch */
  readonly run: (
    samples: Samples,
    faults: readonly LayerFaults[] | null,
    draw: Draw,
    progress?: (done: number, total: number) => void,
  ) => Promise<ReadonlyMap<string, readonly Tensor[]>>;
  readonly close: () => Promise<void>;
}

export interface SessionOptions {
  readonly threads: number;
  readonly executor: FloatExecutor;
  /** samples of a batch; no result depends on it */
  readonly batch: number;
}

export async function openSession(image: ProgrammingImage, options: SessionOptions): Promise<Session> {
  const engine = await createEngine({ threads: options.threads });
  const stored: StoredLayer[] = [];
  for (let index = 0; index < image.placements.length; index++) stored.push(await loadStoredLayer(image, index));
  const runner: Runner = await createRunner(image, engine, options.executor, options.batch);
  const clean = stored.map((layer) => packStored(engine, layer));
  const weightsOf = (faults: readonly LayerFaults[] | null, draw: Draw): ReadonlyMap<string, LayerWeights> =>
    new Map(
      stored.map((layer, index): [string, LayerWeights] => {
        if (!faults) return [layer.placement.layer, clean[index]];
        const key = deriveKey(draw.seed, "read", draw.trial, index);
        return [layer.placement.layer, packTrial(engine, layer, clean[index], faults[index], key)];
      }),
    );

  return {
    stored,
    prepare: (inputs) => prepareSamples(image, inputs),
    sense: async (chain, draw) => {
      if (chain.active.length === 0) return null;
      const faults: LayerFaults[] = [];
      for (const layer of stored) faults.push(await senseLayer(engine, layer, chain, image.technology.array.inputsOn, draw));
      return faults;
    },
    run: async (samples, faults, draw, progress = () => {}) => {
      const mark = engine.mark();
      try {
        const weights = weightsOf(faults, draw);
        const parts = new Map<string, Tensor[]>(image.outputs.map(({ name }) => [name, []]));
        for (let first = 0; first < samples.count; first += runner.capacity) {
          const count = Math.min(runner.capacity, samples.count - first);
          const answers = await runner.run(cutSamples(samples, first, count), weights, count, { seed: draw.seed, sampleBase: first });
          for (const [name, answer] of answers) parts.get(name)?.push(answer);
          progress(first + count, samples.count);
        }
        return parts;
      } finally {
        engine.release(mark);
      }
    },
    close: async () => {
      await runner.close();
      await engine.close();
    },
  };
}

/** The samples of a run, checked. @throws SHAPE_MISMATCH, BAD_INPUT */
export function prepareSamples(image: ProgrammingImage, inputs: ReadonlyMap<string, Tensor>): Samples {
  const counts = new Map<string, number>();
  const rows = new Map<BufferId, InputRows>();
  for (const input of image.inputs) {
    const data = inputs.get(input.name);
    if (!data) {
      throw new XbcError("BAD_INPUT", `input ${input.name}: needs an array of samples of shape [${input.shape.join(", ")}], found none`);
    }
    counts.set(input.name, samplesIn(input, data));
    rows.set(input.buffer, inputRows(input, data));
  }
  const [count] = counts.values();
  const odd = [...counts].find(([, other]) => other !== count);
  if (odd) throw new XbcError("SHAPE_MISMATCH", `input ${odd[0]}: needs ${count} samples like the first input, found ${odd[1]}`);
  return { count, rows };
}

/** Samples first … first + count − 1, as views. */
export function cutSamples({ count: total, rows }: Samples, first: number, count: number): ReadonlyMap<BufferId, InputRows> {
  return new Map(
    [...rows].map(([id, row]): [BufferId, InputRows] => {
      const size = row.data.length / total;
      const from = first * size;
      const to = (first + count) * size;
      return [id, row.kind === "bytes" ? { ...row, data: row.data.subarray(from, to) } : { ...row, data: row.data.subarray(from, to) }];
    }),
  );
}

/** Elements of one sample of an output. */
export const outputSize = (tensor: Tensor): number => sizeOf(tensor.shape.slice(1));
