import { internal } from "../../compiler/errors.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import type { MatrixLayer } from "../../compiler/ir/network.ts";
import { inputAt, tileOfBank } from "../../compiler/ir/placement.ts";
import { banksOfReplica } from "../../compiler/ir/replicas.ts";
import { positionsOf, presentationsOf } from "../../compiler/layer-costs.ts";

type ByCurrent = Extract<ProgrammingImage["costModel"]["read"], { kind: "by-current" }>;

/**
 * Energy of presenting each input of a matrix layer once: `per-synapse` the same for every input (H13),
 * `by-current` that of its word line in every bank that holds it (S5, S6).
 * @returns [inputs] joules
 */
export async function energyPerInput(
  image: ProgrammingImage,
  index: number,
): Promise<Float64Array> {
  const { read } = image.costModel;
  const { inputs, outputs } = image.placements[index];
  switch (read.kind) {
    case "per-synapse":
      return new Float64Array(inputs).fill(outputs * read.energy_J);
    case "by-current":
      return currentsPerInput(image, index, read);
  }
}

/**
 * A word line's cells conduct V·I·t while they are sensed. While its bit lines are sensed in groups, half the read
 * voltage lies across the line's other cells, and across every other cell of the sensed bit lines (S1).
 */
async function currentsPerInput(
  image: ProgrammingImage,
  index: number,
  { read_V, pulse_s, currents_A, halfSelected_A }: ByCurrent,
): Promise<Float64Array> {
  const placement = image.placements[index];
  const cells = image.cells[index];
  if (placement.configuration !== "gated")
    throw internal("read energy", "currents of word lines need inputs on word lines");
  const energies = new Float64Array(placement.inputs);
  // a position is read on one copy of the matrix, and all of them hold the same
  for (let bank = 0; bank < banksOfReplica(placement); bank++) {
    const levels = await cells.levels(bank);
    const { inputs, bitLines } = tileOfBank(placement, bank);
    const groups = Math.ceil(bitLines.count / image.technology.array.sensedBitLines);
    const selected = new Float64Array(inputs.count);
    const half = new Float64Array(inputs.count);
    for (let w = 0; w < inputs.count; w++) {
      for (let b = 0; b < bitLines.count; b++) {
        const level = levels[w * cells.bitLines + b];
        if (level === UNUSED) continue;
        selected[w] += currents_A[level];
        half[w] += halfSelected_A[level];
      }
    }
    const columns = half.reduce((sum, current) => sum + current, 0);
    for (let w = 0; w < inputs.count; w++) {
      const beside = (groups - 1) * half[w] + columns - half[w];
      energies[inputAt(placement, inputs.first + w)] +=
        pulse_s * read_V * (selected[w] + 0.5 * beside);
    }
  }
  return energies;
}

/** Energy of the converters of one inference, in joules; 0 where comparators read, or no figure is known. */
export function conversionEnergyOf({ costModel, costs, layers }: ProgrammingImage): number {
  return costs.reduce((total, { layer: id, conversions }) => {
    const layer = layers.find((other) => other.id === id);
    if (!conversions || layer?.kind !== "matrix" || layer.readOut.kind !== "adc") return total;
    return total + conversions * (costModel.conversionStep_J ?? 0) * 2 ** layer.readOut.bits;
  }, 0);
}

/**
 * Energy of the reads of one inference as scheduled, converters included: every input presented, masked ones included (H13).
 */
export async function readEnergyOf(image: ProgrammingImage): Promise<number> {
  const matrices = image.layers.filter((layer): layer is MatrixLayer => layer.kind === "matrix");
  let total = conversionEnergyOf(image);
  for (const [index, layer] of matrices.entries()) {
    const energies = await energyPerInput(image, index);
    const repeats = positionsOf(layer) * presentationsOf(layer.presentation);
    total += repeats * energies.reduce((sum, energy) => sum + energy, 0);
  }
  return total;
}
