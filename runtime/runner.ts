import type { FloatExecutor, FloatSession } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { BufferId, MatrixLayer, SubgraphLayer } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { uploadInputs } from "./command-context.ts";
import { drawBits, drawnRows } from "./drawn-input.ts";
import { collectOutputs, runSubgraph } from "./float-layers.ts";
import type { InputRows } from "./input.ts";
import type { ThresholdTable } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PlaneTerm } from "./kernels/rows.ts";
import { thresholdTable } from "./kernels/thresholds.ts";
import { commandsOf } from "./layer-commands.ts";
import type { LayerWeights } from "./layer-weights.ts";
import type { PixelLayout } from "./layout.ts";
import type { Place } from "./places.ts";
import { phasesOf, placeBuffers, termsOf } from "./places.ts";

/** Runs an image's layers on batches of samples, with whatever weights and read errors it is handed. */
export interface Runner {
  readonly capacity: number;
  /**
   * @param inputs  by buffer, `samples` samples each
   * @param weights by layer, for this trial
   * @param draw    seed of drawn inputs, and the batch's first sample in the data set: part of every read draw's key; or the
   *                numbers of its samples, for networks without drawn inputs
   * @returns outputs by name, with the batch in front
   */
  readonly run: (
    inputs: ReadonlyMap<BufferId, InputRows>,
    weights: ReadonlyMap<string, LayerWeights>,
    samples: number,
    draw: { readonly seed: number; readonly sampleBase: number; readonly sampleList?: Uint32Array },
  ) => Promise<ReadonlyMap<string, Tensor>>;
  /** the planes that a matrix layer reads, a row for each position; with `keep` they stay readable after a run */
  readonly termsOf: (layer: MatrixLayer) => readonly PlaneTerm[];
  readonly close: () => Promise<void>;
}

/**
 * @param capacity most samples of a batch
 * @param keep     true: every buffer keeps its values of the last batch
 */
export async function createRunner(
  image: ProgrammingImage,
  engine: Engine,
  executor: FloatExecutor,
  capacity: number,
  keep = false,
): Promise<Runner> {
  const phases = phasesOf(image.layers);
  const places = placeBuffers(image, engine, capacity, keep);
  const thresholds = uploadThresholds(image, engine);
  const sessions = new Map<string, FloatSession>();
  const session = async (layer: SubgraphLayer): Promise<FloatSession> => {
    const loaded = sessions.get(layer.id) ?? (await executor.load(layer.onnx));
    sessions.set(layer.id, loaded);
    return loaded;
  };
  const placeOf = (id: BufferId): Place => {
    const place = places.of.get(id);
    if (!place) throw internal("runner", `no place for buffer ${id}`);
    return place;
  };

  const run: Runner["run"] = async (inputs, weights, samples, draw) => {
    const mark = engine.mark();
    const floats = new Map<BufferId, Tensor>();
    const rows = drawnRows(image, inputs, draw);
    const floatContext = { image, placeOf, floats, engine, samples, inputs: rows };
    try {
      const uploaded = uploadInputs(rows, engine);
      const sampleList = draw.sampleList ? engine.upload(draw.sampleList) : null;
      presentInputs(image, inputs, placeOf, engine, draw);
      for (const phase of phases) {
        if (phase.kind === "subgraph") {
          await runSubgraph(phase.layer, await session(phase.layer), floatContext);
        } else {
          const context = {
            places,
            placeOf,
            thresholds,
            weights,
            engine,
            sampleBase: draw.sampleBase,
            sampleList,
            uploaded,
            floats,
          };
          await engine.run(
            phase.layers.flatMap((layer) => engine.passing(() => commandsOf(layer, context))),
            samples,
          );
        }
      }
      return collectOutputs(floatContext);
    } finally {
      engine.release(mark);
    }
  };
  return {
    capacity,
    run,
    termsOf: (layer) => termsOf(places, layer),
    close: async () => {
      for (const loaded of sessions.values()) await loaded.release();
    },
  };
}

function uploadThresholds(
  image: ProgrammingImage,
  engine: Engine,
): ReadonlyMap<string, ThresholdTable> {
  const tables = new Map<string, ThresholdTable>();
  for (const layer of image.layers) {
    const rule =
      layer.kind === "matrix" || (layer.kind === "digital" && layer.op === "requantize")
        ? layer.requantize
        : null;
    if (rule?.kind === "thresholds")
      tables.set(layer.id, thresholdTable(engine, rule.thresholds, rule.directions));
  }
  return tables;
}

/** Draws the presentations of every stochastic input into the planes that its matrix layer reads. */
function presentInputs(
  image: ProgrammingImage,
  inputs: ReadonlyMap<BufferId, InputRows>,
  placeOf: (id: BufferId) => Place,
  engine: Engine,
  draw: { readonly seed: number; readonly sampleBase: number },
): void {
  image.inputs.forEach((input, index) => {
    const rows = inputs.get(input.buffer);
    if (input.drawn?.summed !== "inputs" || !rows) return;
    const { dense, pixels, layout } = placeOf(input.buffer);
    const size = input.shape.reduce((product, d) => product * d, 1);
    const samples = rows.data.length / size;
    for (const packing of [dense, pixels]) {
      if (!packing) continue;
      const each = size / packing.rows;
      const place = (element: number): readonly [row: number, bit: number] => {
        // windows have the channels of a pixel together
        const at = packing === pixels && layout ? pixelPlace(element, layout) : element;
        return [Math.floor(at / each), at % each];
      };
      const masks = packing.planes.terms.map(({ mask }) => {
        if (!mask) throw internal("runner", `input ${input.name} has no masks`);
        const length = mask.stride * packing.rows * samples;
        return { stride: mask.stride, bytes: engine.bytes(mask.at, length).fill(0) };
      });
      drawBits(input, rows, { ...draw, index }, (sample, presentation, element) => {
        const { stride, bytes } = masks[presentation];
        const [row, bit] = place(element);
        bytes[(sample * packing.rows + row) * stride + (bit >> 3)] |= 1 << (bit & 7);
      });
    }
  });
}

/** Where an element of ONNX's order stands pixel by pixel. */
function pixelPlace(element: number, { channels, pixels }: PixelLayout): number {
  const channel = Math.floor(element / pixels);
  return (element - channel * pixels) * channels + channel;
}
