import { internal } from "../../compiler/errors.ts";
import type { ImageLayerCosts, ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { MatrixLayer, ReadOut } from "../../compiler/ir/network.ts";
import { replicasOf } from "../../compiler/ir/replicas.ts";
import { positionsOf, presentationsOf } from "../../compiler/layer-costs.ts";
import { timingOf } from "./cost-model.ts";
import { countLevels, programmingTotals } from "./programming-totals.ts";
import { conversionEnergyOf, readEnergyOf } from "./read-energy.ts";
import { replicationReport } from "./replication.ts";
import type { CompileReport, EvaluationReport, LayerReport } from "./report.ts";
import { bankReferences } from "./sense-reference.ts";

/**
 * What an image costs and where its layers lie; the cells are streamed once, to count pulses.
 * @param imagePath where the image was written, null if nowhere
 * @param accuracy  an evaluation to carry along
 */
export async function compileReport(
  image: ProgrammingImage,
  imagePath: string | null,
  accuracy: EvaluationReport | null = null,
): Promise<CompileReport> {
  const { target, condition, precision, source, limits } = image;
  const { wordLines, bitLines, sensedBitLines, boundBy, margin } = limits;
  const levels: Float64Array[] = [];
  for (const cells of image.cells) levels.push(await countLevels(cells));
  return {
    image: imagePath,
    target,
    condition,
    precision,
    source,
    layers: await Promise.all(
      image.placements.map(async (placement, index) => ({
        ...layerReport(image, placement, image.costs[index]),
        senseReferences_A: await bankReferences(image, index),
      })),
    ),
    bankLimits: { wordLines, bitLines, sensedBitLines, boundBy, margin },
    readBias: image.programming.readBias,
    totals: await totalsOf(image, levels),
    replication: replicationReport(image, levels),
    accuracy,
    assumptions: image.assumptions,
    warnings: image.warnings,
  };
}

function layerReport(
  image: ProgrammingImage,
  placement: LayerPlacement,
  costs: ImageLayerCosts,
): Omit<LayerReport, "senseReferences_A"> {
  const layer = matrixLayerOf(image, placement);
  return {
    name: placement.layer,
    op: layer.op,
    inputs: placement.inputs,
    outputs: placement.outputs,
    positions: positionsOf(layer),
    macs: costs.macs,
    encoding: placement.encoding.name,
    readout: readOutText(layer.readOut),
    configuration: placement.configuration,
    reason: placement.reason,
    presentations: presentationsOf(layer.presentation),
    // thresholds are cells only behind an analog read-out; behind a digital one they are integers
    thresholdRows: placement.alwaysOn,
    tiles: costs.tiles,
    replicas: replicasOf(placement),
    banks: placement.banks,
    cells: costs.cells,
    segments: costs.segments,
    clocks: costs.clocks,
    sweepClocks: costs.sweepClocks ?? 0,
    channels: costs.channels ?? null,
    conversions: costs.conversions ?? 0,
  };
}

/** A read-out in the words of `--readout`; `sweep` is a comparator under a rising reference. */
export function readOutText(readOut: ReadOut): string {
  switch (readOut.kind) {
    case "digital":
    case "sweep":
      return readOut.kind;
    case "comparator":
      return `comparator ${readOut.fires}`;
    case "multi-reference":
      return `multi-reference:${readOut.references.length}`;
    case "adc":
      return `adc:${readOut.bits}`;
  }
}

/** @throws INTERNAL if a placement belongs to no matrix layer */
export function matrixLayerOf(image: ProgrammingImage, placement: LayerPlacement): MatrixLayer {
  const layer = image.layers.find((candidate) => candidate.id === placement.layer);
  if (layer?.kind !== "matrix") throw internal("report", `no matrix layer ${placement.layer}`);
  return layer;
}

async function totalsOf(
  image: ProgrammingImage,
  levels: readonly Float64Array[],
): Promise<CompileReport["totals"]> {
  const sum = (field: "weights" | "cells" | "capacity") =>
    image.costs.reduce((total, layer) => total + layer[field], 0);
  const counts = new Float64Array(256);
  for (const own of levels) {
    own.forEach((count, level) => {
      counts[level] += count;
    });
  }
  const programming = programmingTotals(counts, image.programming);
  const capacity = sum("capacity");
  const { cellArea_m2, clock_s } = image.costModel;
  const sweepClocks = image.costs.reduce((total, layer) => total + (layer.sweepClocks ?? 0), 0);
  const channels = image.costs.flatMap((layer) => layer.channels ?? []);
  return {
    weights: sum("weights"),
    cells: sum("cells"),
    banks: image.placements.reduce((total, { banks }) => total + banks, 0),
    utilization: capacity === 0 ? 0 : sum("cells") / capacity,
    ...timingOf(image),
    sweepClocks,
    sweep_s: sweepClocks * clock_s,
    channels: channels.length === 0 ? null : channels.reduce((total, count) => total + count),
    conversions: image.costs.reduce((total, layer) => total + (layer.conversions ?? 0), 0),
    conversionEnergy_J: conversionEnergyOf(image),
    readEnergy_J: await readEnergyOf(image),
    pulses: programming.pulses,
    programmingTime_s: programming.time_s,
    programmingEnergy_J: programming.energy_J,
    area_m2: cellArea_m2 === null ? null : cellArea_m2 * capacity,
  };
}
