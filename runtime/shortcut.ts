import type { FloatExecutor } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { BufferId, MatrixLayer } from "../compiler/ir/network.ts";
import { replicasOf } from "../compiler/ir/replicas.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { flipCommands } from "./flip-commands.ts";
import type { InputRows } from "./input.ts";
import { kernelDigits } from "./kernel-digits.ts";
import type { Command, PackedWeights } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { thresholdTable } from "./kernels/thresholds.ts";
import { weightTerm } from "./kernels/weights.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { flipsOf } from "./layer-weights.ts";
import { groupsOf, planeBytesOf, positionsIn } from "./places.ts";
import { createRunner } from "./runner.ts";
import type { LayerFaults } from "./senses.ts";
import type { StoredLayer } from "./stored-layer.ts";

/** What every matrix layer read in the run without noise, of all samples, and the outputs. */
export interface CleanRun {
  readonly outputs: ReadonlyMap<string, readonly Tensor[]>;
  /** by layer: its planes, in rows of all samples */
  readonly planes: ReadonlyMap<string, readonly PlaneTerm[]>;
}

interface Batch {
  readonly first: number;
  readonly count: number;
  readonly rows: ReadonlyMap<BufferId, InputRows>;
}

/** bytes of planes that are worth keeping */
const MOST_KEPT = 2 ** 28;

/** In the order of the placements, and so of the faults. */
const matrixLayers = (image: ProgrammingImage): readonly MatrixLayer[] =>
  image.placements.map((placement) => {
    const found = image.layers.find((layer) => layer.id === placement.layer);
    if (found?.kind !== "matrix")
      throw internal("shortcut", `layer ${placement.layer} is no matrix`);
    return found;
  });

/** Whether the planes of a run can be kept, and what a trial changes be found from them. */
export function canKeep(image: ProgrammingImage, samples: number): boolean {
  const layers = matrixLayers(image);
  return (
    planeBytesOf(image.layers) * samples <= MOST_KEPT &&
    layers.every((layer) => groupsOf(layer) === 1) &&
    image.placements.every((placement) => replicasOf(placement) === 1) &&
    image.inputs.every((input) => !input.drawn) &&
    layers.every(
      ({ requantize, presentation }) => requantize.kind !== "table" && presentation.kind === "once",
    )
  );
}

/** Runs all batches without noise and keeps every matrix layer's planes in engine memory. */
export async function runClean(
  image: ProgrammingImage,
  engine: Engine,
  executor: FloatExecutor,
  weights: ReadonlyMap<string, LayerWeights>,
  batches: readonly Batch[],
  seed: number,
): Promise<CleanRun> {
  const total = batches.reduce((sum, { count }) => sum + count, 0);
  const layers = matrixLayers(image);
  const runner = await createRunner(
    image,
    engine,
    executor,
    Math.max(...batches.map(({ count }) => count)),
    true,
  );
  const keep = (layer: MatrixLayer, rows: Rows | null): Rows | null =>
    rows && engine.rows(rows.stride, total, positionsIn(layer));
  const planes = new Map(
    layers.map((layer): [string, readonly PlaneTerm[]] => [
      layer.id,
      runner.termsOf(layer).map((term) => ({
        ...term,
        sign: keep(layer, term.sign),
        mask: keep(layer, term.mask),
      })),
    ]),
  );
  const outputs = new Map<string, Tensor[]>(image.outputs.map(({ name }) => [name, []]));
  for (const { first, count, rows } of batches) {
    const answers = await runner.run(rows, weights, count, { seed, sampleBase: first });
    for (const [name, answer] of answers) outputs.get(name)?.push(answer);
    for (const layer of layers) {
      const kept = planes.get(layer.id) ?? [];
      const positions = positionsIn(layer);
      runner.termsOf(layer).forEach(({ sign, mask }, t) => {
        copyRows(engine, sign, kept[t].sign, first * positions, count * positions);
        copyRows(engine, mask, kept[t].mask, first * positions, count * positions);
      });
    }
  }
  await runner.close();
  return { outputs, planes };
}

function copyRows(
  engine: Engine,
  from: Rows | null,
  to: Rows | null,
  first: number,
  count: number,
): void {
  if (from && to)
    engine
      .bytes(to.at + first * to.stride, count * to.stride)
      .set(engine.bytes(from.at, count * from.stride));
}

/**
 * Share of a full run's work that the shortcut is likely to take: the rows looked at, twice, and the samples
 * run again. A wrong digit moves a sum by 2; of sums of K even digits a share of 0.8/√K lies so near a
 * threshold, while an output that is a sum always changes.
 */
export function shareOfWork(image: ProgrammingImage, faults: readonly LayerFaults[]): number {
  let whole = 0;
  let looked = 0;
  let changes = 0;
  matrixLayers(image).forEach((layer, index) => {
    const { changed, marginal } = faults[index];
    const positions = positionsIn(layer);
    const work = layer.inputs * positions;
    whole += work * layer.outputs;
    looked += 2 * work * affectedOutputs(faults[index], layer.inputs).length;
    const errors = changed.weight.length + marginal.weight.length / 2;
    changes +=
      errors * positions * (layer.requantize.kind === "sum" ? 1 : 0.8 / Math.sqrt(layer.inputs));
  });
  return looked / whole + 1 - Math.exp(-changes);
}

/**
 * The samples, ascending, in which a trial's faults change anything that a layer hands on. Each affected
 * output is computed on the clean inputs, with and without the faults: where all of them agree, every layer
 * sees its clean inputs, and the outputs are the clean ones.
 */
export async function differingSamples(
  image: ProgrammingImage,
  engine: Engine,
  clean: CleanRun,
  stored: readonly StoredLayer[],
  faults: readonly LayerFaults[],
  weights: ReadonlyMap<string, LayerWeights>,
  samples: number,
): Promise<Uint32Array> {
  const differs = new Uint8Array(samples);
  for (const [index, layer] of matrixLayers(image).entries()) {
    const outputs = affectedOutputs(faults[index], layer.inputs);
    if (outputs.length === 0) continue;
    const mark = engine.mark();
    const key = weights.get(layer.id)?.key ?? [0, 0];
    const terms = clean.planes.get(layer.id) ?? [];
    const pair = packPair(engine, stored[index], faults[index], outputs);
    const before = handedOn(engine, layer, outputs, terms, pair.before, samples);
    const after = handedOn(engine, layer, outputs, terms, pair.after, samples);
    const positions = positionsIn(layer);
    const flips = flipCommands(engine, terms, pair.flips, {
      ...{ positions, sums: after.sums, inputs: layer.inputs, key },
      ...{ sampleBase: 0, sampleList: null },
    });
    await engine.run(
      [...before.matrix, ...before.codes, ...after.matrix, ...flips, ...after.codes],
      samples,
    );
    markDifferences(engine, before.to, after.to, differs);
    engine.release(mark);
  }
  return Uint32Array.from(differs.keys()).filter((sample) => differs[sample] === 1);
}

/** Outputs with a changed or marginal weight, ascending. */
function affectedOutputs({ changed, marginal }: LayerFaults, inputs: number): Int32Array {
  const found = new Set<number>();
  for (const weight of changed.weight) found.add(Math.floor(weight / inputs));
  for (const weight of marginal.weight) found.add(Math.floor(weight / inputs));
  return Int32Array.from(found).sort();
}

/** The affected outputs' weights as stored and in the trial, and the trial's marginal cells, in the numbering of the layer. */
function packPair(
  engine: Engine,
  { placement, slices }: StoredLayer,
  faults: LayerFaults,
  outputs: Int32Array,
) {
  const { inputs, encoding } = placement;
  const { significances } = kernelDigits(encoding);
  const places = new Map([...outputs].map((output, place): [number, number] => [output, place]));
  const moved = (weight: number) => {
    const output = Math.floor(weight / inputs);
    return (places.get(output) ?? 0) * inputs + weight - output * inputs;
  };
  const rows = slices.map((slice) => {
    const part = new Int8Array(outputs.length * inputs);
    outputs.forEach((output, place) => {
      part.set(slice.subarray(output * inputs, (output + 1) * inputs), place * inputs);
    });
    return part;
  });
  const packed = (): PackedWeights => ({
    inputs,
    outputs: outputs.length,
    terms: rows.map((row, s) => weightTerm(engine, row, outputs.length, inputs, significances[s])),
  });
  const before = packed();
  const { changed, marginal } = faults;
  changed.weight.forEach((weight, k) => {
    rows[changed.slice[k]][moved(weight)] = changed.digit[k];
  });
  const flips = flipsOf(
    engine,
    { inputs, outputs: outputs.length, encoding },
    { ...marginal, weight: marginal.weight.map(moved) },
  );
  return { before, after: packed(), flips };
}

/** Commands that give some outputs' sums, and what the layer hands on of them, in `to`. */
function handedOn(
  engine: Engine,
  layer: MatrixLayer,
  outputs: Int32Array,
  terms: readonly PlaneTerm[],
  weights: PackedWeights,
  samples: number,
) {
  const positions = positionsIn(layer);
  const elements = outputs.length * positions;
  const rule = layer.requantize;
  const isSum = rule.kind === "sum";
  const sums = isSum ? engine.rows(elements * 4, samples) : engine.localRows(elements * 4);
  const perRow = positions === 1 ? sums : { ...sums, stride: outputs.length * 4 };
  const none = { thresholds: null, sign: null, mask: null, codes: null };
  const matrix: readonly Command[] = [
    { kind: "matrix", positions, from: terms, weights, sums: perRow, ...none },
  ];
  if (rule.kind !== "thresholds") return { matrix, codes: [], sums: perRow, to: sums };
  const steps = rule.thresholds.length / layer.outputs;
  const thresholds = new Int32Array(outputs.length * steps);
  outputs.forEach((output, place) => {
    thresholds.set(rule.thresholds.subarray(output * steps, (output + 1) * steps), place * steps);
  });
  const directions = Int8Array.from(outputs, (output) => rule.directions[output]);
  const to = engine.rows(elements * 2, samples);
  const { minimum, step } = rule.range;
  const codes: readonly Command[] = [
    {
      kind: "requantize",
      positions: 1,
      from: sums,
      to,
      elements,
      inner: 1,
      thresholds: thresholdTable(engine, thresholds, directions),
      minimum,
      step,
    },
  ];
  return { matrix, codes, sums: perRow, to };
}

function markDifferences(engine: Engine, before: Rows, after: Rows, differs: Uint8Array): void {
  const { stride } = before;
  const one = engine.int16(before.at, (stride / 2) * differs.length);
  const two = engine.int16(after.at, (stride / 2) * differs.length);
  for (let at = 0; at < one.length; at++)
    if (one[at] !== two[at]) differs[Math.floor(at / (stride / 2))] = 1;
}
