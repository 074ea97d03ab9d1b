import type { FloatExecutor } from "../compiler/define.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import { inputAt } from "../compiler/ir/placement.ts";
import { replicasOf, roundsOf } from "../compiler/ir/replicas.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { positionsOf } from "../compiler/layer-costs.ts";
import { loadAnalogLayer } from "./analog/analog-layer.ts";
import { analogWeights } from "./analog/analog-weights.ts";
import { storedDraw } from "./analog/draw-cells.ts";
import type { Engine } from "./kernels/engine.ts";
import { createEngine } from "./kernels/engine.ts";
import type { PlaneTerm } from "./kernels/rows.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { packStored } from "./layer-weights.ts";
import { planeBytesOf } from "./places.ts";
import { createRunner } from "./runner.ts";
import { cutSamples, prepareSamples } from "./session.ts";
import type { StoredLayer } from "./stored-layer.ts";
import { loadStoredLayer } from "./stored-layer.ts";

/** Samples of a batch; no count depends on it. */
const BATCH = 256;
/** bytes of planes that are kept for it at most */
const MOST_KEPT = 2 ** 28;

/** How often a matrix layer's inputs are presented in one inference, by mean, without noise. */
export interface LayerActivity {
  readonly layer: string;
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs] presentations that are not masked: spikes, where inputs are spikes (S6) */
  readonly reads: Float64Array;
  /** presentations whose input is masked: scheduled, but not sensed (H13) */
  readonly masked: number;
  /** clocks where a word line without a spike is not read, its blocks of inputs read at once; null: as scheduled */
  readonly clocks: number | null;
}

/** Counts the presentations of every input over all samples. */
export async function measureActivity(
  image: ProgrammingImage,
  inputs: ReadonlyMap<string, Tensor>,
  executor: FloatExecutor,
  seed: number,
  threads = 1,
): Promise<readonly LayerActivity[]> {
  const all = prepareSamples(image, inputs);
  const fit = Math.max(1, Math.floor(MOST_KEPT / (planeBytesOf(image.layers) + 1)));
  const batch = Math.min(BATCH, all.count, fit);
  const engine = await createEngine({ threads });
  const runner = await createRunner(image, engine, executor, batch, true);
  try {
    const weights = new Map<string, LayerWeights>();
    const windows: Windows[] = [];
    for (let index = 0; index < image.placements.length; index++) {
      const stored = await loadStoredLayer(image, index);
      const analog = await loadAnalogLayer(image, index);
      weights.set(
        stored.placement.layer,
        analog ? analogWeights(engine, analog, storedDraw(analog)) : packStored(engine, stored),
      );
      windows.push(stored);
    }
    const counts = image.layers
      .filter((layer): layer is MatrixLayer => layer.kind === "matrix")
      .map((layer, index) =>
        openCount(layer, image.placements[index], windows[index], runner.termsOf(layer)),
      );
    // where no input is masked, every sample presents as much
    const counted = counts.some(({ terms }) => terms.some(({ mask }) => mask)) ? all.count : 1;
    for (let first = 0; first < counted; first += batch) {
      const samples = Math.min(batch, counted - first);
      const draw = { seed, sampleBase: first };
      await runner.run(cutSamples(all, first, samples), weights, samples, draw);
      for (const count of counts) countBatch(engine, count, samples);
    }
    return counts.map((count) => activityOf(count, counted));
  } finally {
    await runner.close();
    await engine.close();
  }
}

/** How the inputs of a layer lie among the bits of its rows. */
type Windows = Pick<StoredLayer, "order" | "groups">;

/** What was counted of a layer so far. */
interface Count {
  readonly layer: MatrixLayer;
  readonly placement: LayerPlacement;
  readonly windows: Windows;
  readonly terms: readonly PlaneTerm[];
  readonly reads: Float64Array;
  lines: number;
}

const openCount = (
  layer: MatrixLayer,
  placement: LayerPlacement,
  windows: Windows,
  terms: readonly PlaneTerm[],
): Count => ({
  layer,
  placement,
  windows,
  terms,
  reads: new Float64Array(layer.inputs),
  lines: 0,
});

/** Adds a batch. Of a layer in groups, which read channels of their own, the mean over the groups. */
function countBatch(engine: Engine, count: Count, samples: number): void {
  const { layer, placement, windows, terms, reads } = count;
  const positions = positionsOf(layer);
  const copies = replicasOf(placement);
  const rows = samples * positions;
  for (const term of terms) {
    if (!term.mask) {
      for (let i = 0; i < layer.inputs; i++) reads[i] += rows;
      const block = Math.min(layer.inputs, placement.tileInputs);
      count.lines += samples * roundsOf(positions, copies) * block;
      continue;
    }
    const bytes = engine.bytes(term.mask.at, term.mask.stride * rows);
    const { groups } = windows;
    const each = term.mask.stride / groups;
    let round = 0;
    for (let row = 0; row < rows; row++) {
      let own = 0;
      for (let part = row * groups; part < (row + 1) * groups; part++)
        own += countRow(bytes, part * each, reads, placement, windows) / groups;
      // copies of the matrix read a round of positions at once: it lasts as long as the one with the most lines
      round = Math.max(round, own);
      const position = row % positions;
      if ((position + 1) % copies !== 0 && position + 1 < positions) continue;
      count.lines += round;
      round = 0;
    }
  }
}

function activityOf(
  { layer, placement, terms, reads, lines }: Count,
  samples: number,
): LayerActivity {
  const { inputs, outputs } = layer;
  const scheduled = samples * positionsOf(layer) * terms.length * inputs;
  const total = reads.reduce((sum, count) => sum + count, 0);
  const perLine = placement.clocks / Math.min(inputs, placement.tileInputs);
  return {
    layer: layer.id,
    inputs,
    outputs,
    reads: reads.map((count) => count / samples),
    masked: (scheduled - total) / samples,
    clocks: placement.configuration === "gated" ? (lines * perLine) / samples : null,
  };
}

/** Adds a row's bits to `reads`; returns the most bits of any block of inputs, which blocks read at once. */
function countRow(
  bytes: Uint8Array,
  at: number,
  reads: Float64Array,
  placement: Pick<LayerPlacement, "tileInputs" | "lines">,
  { order, groups }: Windows,
): number {
  const block = placement.tileInputs;
  let most = 0;
  for (let first = 0; first < reads.length; first += block) {
    const end = Math.min(first + block, reads.length);
    let found = 0;
    for (let place = first; place < end; place++) {
      const i = inputAt(placement, place);
      const bit = order ? order[i] : i;
      if (((bytes[at + (bit >> 3)] >> (bit & 7)) & 1) === 0) continue;
      reads[i] += 1 / groups;
      found++;
    }
    most = Math.max(most, found);
  }
  return most;
}
