import { assumedParameters } from "./assumptions.ts";
import type { TargetSpec } from "./define.ts";
import { internal } from "./errors.ts";
import { fillBank } from "./ir/bank-codes.ts";
import type { Graph } from "./ir/graph.ts";
import type { LayerCells, ProgrammingImage, SourceModel } from "./ir/image.ts";
import type { LayerPlacement, OtherPatterns } from "./ir/mapping.ts";
import type { CodeMatrix, MatrixLayer, QuantizedNetwork } from "./ir/network.ts";
import type { Schedule } from "./ir/schedule.ts";
import { readSegments } from "./ir/schedule.ts";
import { lawful } from "./lawful.ts";
import { layerCosts } from "./layer-costs.ts";
import { serializeGraph } from "./onnx/serialize.ts";
import { version } from "./version.ts";

/** What an image says of where it came from. */
export interface Provenance {
  readonly source: SourceModel;
  readonly precision: string;
  readonly seed: number;
  readonly options: ProgrammingImage["options"];
  readonly baseline: ProgrammingImage["baseline"];
  readonly warnings: readonly string[];
  readonly assumptions: readonly string[];
}

/** The programming image of a schedule: everything that a run needs, with cells made bank by bank on demand. */
export function emit(schedule: Schedule, provenance: Provenance): ProgrammingImage {
  const { mapped } = schedule;
  const { network, target, placements, limits } = mapped;
  const { technology, condition } = target;
  const segments = countSegments(schedule);
  return {
    format: "xbc-image",
    version: 1,
    generator: `xbc ${version}`,
    source: provenance.source,
    target: target.name,
    condition,
    precision: provenance.precision,
    technology,
    ...lawful(target),
    limits,
    inputs: network.inputs,
    outputs: network.outputs,
    buffers: network.buffers,
    layers: network.layers,
    placements,
    encodings: uniqueEncodings(placements),
    steps: schedule.steps,
    cells: placements.map((placement) =>
      cellsOf(
        placement,
        weightsOf(mapped.network.weights, placement),
        mapped.otherPatterns.get(placement.layer) ?? null,
      ),
    ),
    costs: placements.map((placement, index) =>
      layerCosts(placement, matrixOf(network.layers, placement), segments[index], technology),
    ),
    seed: provenance.seed,
    options: provenance.options,
    assumptions: [
      ...new Set([...assumptionsOf(target), ...network.assumptions, ...provenance.assumptions]),
    ],
    warnings: [
      ...new Set([
        ...network.warnings,
        ...provenance.warnings,
        ...(target.laws.cautions?.(technology, condition) ?? []),
      ]),
    ],
    baseline: provenance.baseline,
    reference: serializeGraph(withWeightInputs(network)),
    referenceWeights: network.referenceWeights,
  };
}

/** The reference graph with the codes of the weights as inputs: an image holds them once, in its cells. */
function withWeightInputs({ reference, referenceWeights }: QuantizedNetwork): Graph {
  const weights = [...referenceWeights.values()].map((weight) => weight.value);
  return { ...reference, inputs: [...reference.inputs, ...weights] };
}

function uniqueEncodings(placements: readonly LayerPlacement[]): ProgrammingImage["encodings"] {
  return [
    ...new Map(
      placements.map(({ encoding }) => [`${encoding.name}/${encoding.alphabet.name}`, encoding]),
    ).values(),
  ];
}

function weightsOf(
  weights: ReadonlyMap<string, CodeMatrix>,
  placement: LayerPlacement,
): CodeMatrix {
  const codes = weights.get(placement.layer);
  if (!codes) throw internal("emit", `no weights for layer ${placement.layer}`);
  return codes;
}

function matrixOf(layers: ProgrammingImage["layers"], placement: LayerPlacement): MatrixLayer {
  const layer = layers.find((candidate) => candidate.id === placement.layer);
  if (layer?.kind !== "matrix") throw internal("emit", `no matrix layer ${placement.layer}`);
  return layer;
}

function cellsOf(
  placement: LayerPlacement,
  codes: CodeMatrix,
  others: OtherPatterns | null,
): LayerCells {
  const { banks, bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const size = wordLines * bitLines;
  const range = async (first: number, count: number) => {
    const levels = new Uint8Array(count * size);
    for (let k = 0; k < count; k++) {
      const own = levels.subarray(k * size, (k + 1) * size);
      fillBank(placement, codes, first + k, own);
      if (others) setOthers(others, (first + k) * size, own);
    }
    return levels;
  };
  return {
    layer: placement.layer,
    banks,
    wordLines,
    bitLines,
    levels: (bank) => range(bank, 1),
    range,
  };
}

/** Writes the levels of a bank's cells that stand otherwise than usual. */
function setOthers({ cells, levels }: OtherPatterns, first: number, out: Uint8Array): void {
  for (let k = firstAtLeast(cells, first); k < cells.length; k++) {
    const cell = cells[k] - first;
    if (cell >= out.length) return;
    out[cell] = levels[k];
  }
}

/** Where the first number of an ascending list is that is at least so much. */
function firstAtLeast(ascending: Float64Array, least: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countSegments(schedule: Schedule): readonly number[] {
  const counts = schedule.mapped.placements.map(() => 0);
  for (const segment of readSegments(schedule.steps)) counts[segment.layer]++;
  return counts;
}

function assumptionsOf({ technology, condition }: TargetSpec): readonly string[] {
  return assumedParameters({
    ...technology.parameters,
    ...technology.conditions[condition]?.parameters,
  });
}
