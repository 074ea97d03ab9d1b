import type { FloatExecutor } from "../compiler/define.ts";
import { internal, XbcError } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { BufferId } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { deriveKey } from "../compiler/random.ts";
import type { AnalogLayer } from "./analog/analog-layer.ts";
import { loadAnalogLayer } from "./analog/analog-layer.ts";
import { analogTrial, analogWeights } from "./analog/analog-weights.ts";
import { drawCells, storedDraw } from "./analog/draw-cells.ts";
import type { WeightNoise } from "./analog/weight-noise.ts";
import { weightNoise } from "./analog/weight-noise.ts";
import { batchSize } from "./batch-size.ts";
import type { Draw } from "./draw.ts";
import type { InputRows } from "./input.ts";
import { inputRows, samplesIn } from "./input.ts";
import { createEngine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { packStored, packTrial } from "./layer-weights.ts";
import type { NoiseChain } from "./noise-chain.ts";
import type { Runner } from "./runner.ts";
import { createRunner } from "./runner.ts";
import type { LayerFaults } from "./senses.ts";
import { analogFaults, senseLayer } from "./senses.ts";
import type { CleanRun } from "./shortcut.ts";
import { canKeep, differingSamples, runClean, shareOfWork } from "./shortcut.ts";
import type { StoredLayer } from "./stored-layer.ts";
import { loadStoredLayer } from "./stored-layer.ts";

/** All samples of a run, by input. */
export interface Samples {
  readonly count: number;
  readonly rows: ReadonlyMap<BufferId, InputRows>;
}

/** Whether few faults are run by looking only at what they change; the result is the same. */
export type ShortcutChoice = "never" | "when cheaper" | "always";

/** An image loaded into an engine, ready for many runs. */
export interface Session {
  readonly stored: readonly StoredLayer[];
  /** @throws SHAPE_MISMATCH, BAD_INPUT */
  readonly prepare: (inputs: ReadonlyMap<string, Tensor>) => Samples;
  /** what the senses of every matrix layer read under a chain; null without noise */
  readonly sense: (chain: NoiseChain, draw: Draw) => Promise<readonly LayerFaults[] | null>;
  /** how far an analog layer's drawn weights are off; null for one whose cells are sensed */
  readonly weightNoise: (layer: number, faults: LayerFaults) => WeightNoise | null;
  /**
   * Outputs of all samples, by name; `progress` is called after each batch. Few faults are run by a shortcut
   * from the second time on, with the same result, unless that is switched off.
   */
  readonly run: (
    samples: Samples,
    faults: readonly LayerFaults[] | null,
    draw: Draw,
    progress?: (done: number, total: number) => void,
    options?: { readonly shortcut: ShortcutChoice },
  ) => Promise<ReadonlyMap<string, readonly Tensor[]>>;
  readonly close: () => Promise<void>;
}

export interface SessionOptions {
  readonly threads: number;
  readonly executor: FloatExecutor;
  /** samples of a batch; no result depends on it */
  readonly batch: number;
}

export async function openSession(
  image: ProgrammingImage,
  options: SessionOptions,
): Promise<Session> {
  const engine = await createEngine({ threads: options.threads });
  const stored: StoredLayer[] = [];
  const analogs: (AnalogLayer | null)[] = [];
  for (let index = 0; index < image.placements.length; index++) {
    stored.push(await loadStoredLayer(image, index));
    analogs.push(await loadAnalogLayer(image, index));
  }
  const runner: Runner = await createRunner(
    image,
    engine,
    options.executor,
    batchSize(image, options.batch),
  );
  const exact = analogs.map((analog) => analog && storedDraw(analog));
  const clean = stored.map((layer, index) => {
    const analog = analogs[index];
    const draw = exact[index];
    return analog && draw ? analogWeights(engine, analog, draw) : packStored(engine, layer);
  });
  const weightsOf = (
    faults: readonly LayerFaults[] | null,
    draw: Draw,
  ): ReadonlyMap<string, LayerWeights> =>
    new Map(
      stored.map((layer, index): [string, LayerWeights] => {
        if (!faults) return [layer.placement.layer, clean[index]];
        const analog = analogs[index];
        const drawn = faults[index].analog;
        if (analog && drawn) return [layer.placement.layer, analogTrial(engine, analog, drawn)];
        // a copy of a matrix is read at positions of its own, by draws of its own
        const keyOf = (replica: number) =>
          deriveKey(draw.seed, replica === 0 ? "read" : `read ${replica}`, draw.trial, index);
        const trial = packTrial(engine, layer, clean[index], faults[index], keyOf);
        return [layer.placement.layer, trial];
      }),
    );

  // the clean run of the last samples that few faults were tried on, above everything that stays
  const floor = engine.mark();
  let keptOf: {
    readonly samples: Samples;
    readonly seed: number;
    readonly clean: CleanRun | null;
  } | null = null;
  const isEligible = (samples: Samples, faults: readonly LayerFaults[], shortcut: ShortcutChoice) =>
    shortcut !== "never" &&
    analogs.every((analog) => analog === null) &&
    canKeep(image, samples.count) &&
    (shortcut === "always" || shareOfWork(image, faults) < WORTH);
  const keepClean = async (samples: Samples, seed: number): Promise<CleanRun | null> => {
    if (keptOf?.samples !== samples || keptOf.seed !== seed) {
      engine.release(floor);
      keptOf = { samples, seed, clean: null };
      return null;
    }
    const clean =
      keptOf.clean ??
      (await runClean(
        image,
        engine,
        options.executor,
        weightsOf(null, NO_DRAW),
        batchesOf(samples, runner.capacity),
        seed,
      ));
    keptOf = { samples, seed, clean };
    return clean;
  };

  return {
    stored,
    weightNoise: (index, { analog: drawn }) => {
      const [analog, stored] = [analogs[index], exact[index]];
      return analog && stored && drawn ? weightNoise(analog, stored, drawn) : null;
    },
    prepare: (inputs) => prepareSamples(image, inputs),
    sense: async (chain, draw) => {
      if (chain.active.length === 0) return null;
      const faults: LayerFaults[] = [];
      for (const [index, layer] of stored.entries()) {
        const analog = analogs[index];
        faults.push(
          analog
            ? analogFaults(drawCells(analog, chain, image, draw))
            : await senseLayer(engine, layer, chain, image.technology.array.inputsOn, draw),
        );
      }
      return faults;
    },
    run: async (
      samples,
      faults,
      draw,
      progress = () => {},
      { shortcut } = { shortcut: "when cheaper" },
    ) => {
      const kept =
        faults && isEligible(samples, faults, shortcut)
          ? await keepClean(samples, draw.seed)
          : null;
      const mark = engine.mark();
      try {
        const weights = weightsOf(faults, draw);
        if (kept && faults) {
          const differing = await differingSamples(
            image,
            engine,
            kept,
            stored,
            faults,
            weights,
            samples.count,
          );
          const again: Tensor[][] = [];
          for (let first = 0; first < differing.length; first += runner.capacity) {
            const sampleList = differing.subarray(first, first + runner.capacity);
            const answers = await runner.run(
              pick(samples, sampleList),
              weights,
              sampleList.length,
              { seed: draw.seed, sampleBase: 0, sampleList },
            );
            again.push(image.outputs.map(({ name }) => named(answers, name)));
          }
          progress(samples.count, samples.count);
          return new Map(
            image.outputs.map(({ name }, o): [string, readonly Tensor[]] => [
              name,
              replaced(
                kept.outputs.get(name) ?? [],
                differing,
                again.map((answers) => answers[o]),
              ),
            ]),
          );
        }
        const parts = new Map<string, Tensor[]>(image.outputs.map(({ name }) => [name, []]));
        for (const { first, count, rows } of batchesOf(samples, runner.capacity)) {
          const answers = await runner.run(rows, weights, count, {
            seed: draw.seed,
            sampleBase: first,
          });
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

/** share of a full run's work below which the shortcut is taken */
const WORTH = 0.6;
const NO_DRAW: Draw = { seed: 0, trial: 0, elapsed_s: 0 };

const batchesOf = (samples: Samples, capacity: number) =>
  Array.from({ length: Math.ceil(samples.count / capacity) }, (_, k) => {
    const first = k * capacity;
    const count = Math.min(capacity, samples.count - first);
    return { first, count, rows: cutSamples(samples, first, count) };
  });

function named(answers: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = answers.get(name);
  if (!found) throw internal("session", `no output ${name}`);
  return found;
}

/** The samples of a list, in its order. */
function pick(
  { count: total, rows }: Samples,
  list: Uint32Array,
): ReadonlyMap<BufferId, InputRows> {
  const gathered = <Data extends Uint8Array | Float32Array>(data: Data, to: Data): Data => {
    const size = data.length / total;
    list.forEach((sample, k) => {
      to.set(data.subarray(sample * size, (sample + 1) * size), k * size);
    });
    return to;
  };
  return new Map(
    [...rows].map(([id, row]): [BufferId, InputRows] => {
      const length = (row.data.length / total) * list.length;
      return [
        id,
        row.kind === "bytes"
          ? { ...row, data: gathered(row.data, new Uint8Array(length)) }
          : { ...row, data: gathered(row.data, new Float32Array(length)) },
      ];
    }),
  );
}

/** Batches of outputs in which the samples of a list have other values. */
function replaced(
  batches: readonly Tensor[],
  list: Uint32Array,
  values: readonly Tensor[],
): readonly Tensor[] {
  if (list.length === 0) return batches;
  const copies = batches.map((batch) => ({ ...batch, data: batch.data.slice() }));
  const size = outputSize(batches[0]);
  const capacity = batches[0].shape[0];
  const each = values[0].shape[0];
  list.forEach((sample, k) => {
    const to = copies[Math.floor(sample / capacity)].data;
    const from = values[Math.floor(k / each)].data;
    for (let e = 0; e < size; e++) to[(sample % capacity) * size + e] = from[(k % each) * size + e];
  });
  return copies;
}

/** The samples of a run, checked. @throws SHAPE_MISMATCH, BAD_INPUT */
export function prepareSamples(
  image: ProgrammingImage,
  inputs: ReadonlyMap<string, Tensor>,
): Samples {
  const counts = new Map<string, number>();
  const rows = new Map<BufferId, InputRows>();
  for (const input of image.inputs) {
    const data = inputs.get(input.name);
    if (!data) {
      throw new XbcError(
        "BAD_INPUT",
        `input ${input.name}: needs an array of samples of shape [${input.shape.join(", ")}], found none`,
      );
    }
    counts.set(input.name, samplesIn(input, data));
    rows.set(input.buffer, inputRows(input, data));
  }
  const [count] = counts.values();
  const odd = [...counts].find(([, other]) => other !== count);
  if (odd)
    throw new XbcError(
      "SHAPE_MISMATCH",
      `input ${odd[0]}: needs ${count} samples like the first input, found ${odd[1]}`,
    );
  return { count, rows };
}

/** Samples first … first + count − 1, as views. */
export function cutSamples(
  { count: total, rows }: Samples,
  first: number,
  count: number,
): ReadonlyMap<BufferId, InputRows> {
  return new Map(
    [...rows].map(([id, row]): [BufferId, InputRows] => {
      const size = row.data.length / total;
      const from = first * size;
      const to = (first + count) * size;
      return [
        id,
        row.kind === "bytes"
          ? { ...row, data: row.data.subarray(from, to) }
          : { ...row, data: row.data.subarray(from, to) },
      ];
    }),
  );
}

/** Elements of one sample of an output. */
export const outputSize = (tensor: Tensor): number => sizeOf(tensor.shape.slice(1));
