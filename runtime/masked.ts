import type { FloatExecutor } from "../compiler/define.ts";
import { positionsOf } from "../compiler/emit.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import type { PlaneTerm } from "./kernels/commands.ts";
import { createEngine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { packStored } from "./layer-weights.ts";
import { createRunner } from "./runner.ts";
import { cutSamples, prepareSamples } from "./session.ts";
import { loadStoredLayer } from "./stored-layer.ts";

/** Samples whose activations are counted: what a mean over them tells differs little from one over all. */
const COUNTED = 256;

/**
 * Synapses of one inference whose input is masked (an activation of 0), so that they are scheduled but not sensed
 * (H13 counts them apart): the mean over the first samples, without noise.
 */
export async function maskedSynapses(
  image: ProgrammingImage,
  inputs: ReadonlyMap<string, Tensor>,
  executor: FloatExecutor,
  seed: number,
): Promise<number> {
  const engine = await createEngine({ threads: 1 });
  const all = prepareSamples(image, inputs);
  const count = Math.min(COUNTED, all.count);
  const runner = await createRunner(image, engine, executor, count, true);
  try {
    const weights = new Map<string, LayerWeights>();
    for (let index = 0; index < image.placements.length; index++) {
      const stored = await loadStoredLayer(image, index);
      weights.set(stored.placement.layer, packStored(engine, stored));
    }
    await runner.run(cutSamples(all, 0, count), weights, count, { seed, sampleBase: 0 });
    let masked = 0;
    for (const layer of image.layers) {
      if (layer.kind !== "matrix") continue;
      const positions = positionsOf(layer);
      const rows = count * positions;
      for (const term of runner.placeOf(layer.from).planes?.terms ?? []) {
        if (term.mask) masked += (rows * layer.inputs - ones(engine, term, rows)) * layer.outputs;
      }
    }
    return masked / count;
  } finally {
    await runner.close();
    await engine.close();
  }
}

/** Bits set in the first rows of a mask plane. */
function ones(
  engine: Awaited<ReturnType<typeof createEngine>>,
  { mask }: PlaneTerm,
  rows: number,
): number {
  if (!mask) return 0;
  let total = 0;
  for (const byte of engine.bytes(mask.at, mask.stride * rows)) {
    for (let bits = byte; bits !== 0; bits &= bits - 1) total++;
  }
  return total;
}
