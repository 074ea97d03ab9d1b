import { fillBank } from "../../../compiler/ir/bank-codes.ts";
import type { ImageLayerCosts, LayerCells, ProgrammingImage } from "../../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../../compiler/ir/mapping.ts";
import {
  binaryAlphabet,
  bipolar,
  bufferId,
  type CodeMatrix,
  layerId,
  type MatrixLayer,
} from "../../../compiler/ir/network.ts";
import type { EvaluationReport } from "../../../runtime/report/report.ts";
import target from "../../../targets/2t2r.ts";
import differentialBinary from "../../../targets/encodings/differential-binary.ts";

const { technology, laws } = target;

function placementOf(name: string, outputs: number, inputs: number): LayerPlacement {
  const encoding = differentialBinary.layout(binaryAlphabet, technology);
  if (!encoding) throw new Error("2t2r holds binary weights");
  return {
    layer: layerId(name),
    encoding,
    configuration: "parallel-to-sequential",
    reason: "of a test",
    banks: Math.ceil(inputs / 32) * Math.ceil(outputs / 32),
    bankWordLines: 32,
    bankBitLines: 64,
    inputs,
    alwaysOn: 0,
    slots: null,
    lines: null,
    segmentWordLines: 1,
    outputs,
    tileInputs: 32,
    tileOutputs: 32,
    clocks: Math.min(outputs, 32),
  };
}

function layerOf(name: string, outputs: number, inputs: number): MatrixLayer {
  return {
    kind: "matrix",
    id: layerId(name),
    op: "Gemm",
    from: bufferId(`${name}.in`),
    to: bufferId(`${name}.out`),
    inputs,
    outputs,
    alwaysOn: 0,
    roundedBy: 0,
    readOut: { kind: "digital" },
    access: { kind: "dense", positions: 1 },
    activations: bipolar,
    presentation: { kind: "once" },
    alphabet: binaryAlphabet,
    scale: new Float32Array([1]),
    requantize: {
      kind: "thresholds",
      range: bipolar,
      thresholds: new Int32Array(outputs).fill(1).fill(2 ** 31 - 1, outputs - 1),
      directions: new Int8Array(outputs).fill(1).fill(-1, 0, 2),
    },
  };
}

function costsOf(
  name: string,
  outputs: number,
  inputs: number,
  { banks }: LayerPlacement,
): ImageLayerCosts {
  const weights = outputs * inputs;
  return {
    layer: layerId(name),
    weights,
    macs: weights,
    cells: 2 * weights,
    capacity: banks * 32 * 64,
    tiles: banks,
    segments: banks * Math.min(outputs, 32),
    clocks: Math.min(outputs, 32),
    synapsesRead: weights,
  };
}

function cellsOf(placement: LayerPlacement): LayerCells {
  const { outputs, inputs, banks, bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const data = Int8Array.from({ length: outputs * inputs }, (_, k) => (k % 3 === 0 ? 1 : -1));
  const codes: CodeMatrix = { outputs, inputs, alphabet: binaryAlphabet, data };
  const size = wordLines * bitLines;
  const range = async (first: number, count: number) => {
    const levels = new Uint8Array(count * size);
    for (let k = 0; k < count; k++)
      fillBank(placement, codes, first + k, levels.subarray(k * size, (k + 1) * size));
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

/** Two binary layers, 40 x 50 and 10 x 40, on 2t2r: 4 banks and 2 banks of 32 x 64 cells. */
export function smallImage(): ProgrammingImage {
  const shapes: readonly (readonly [name: string, outputs: number, inputs: number])[] = [
    ["fc1", 40, 50],
    ["fc2", 10, 40],
  ];
  const placements = shapes.map((shape) => placementOf(...shape));
  return {
    format: "xbc-image",
    version: 1,
    generator: "xbc test",
    source: { file: "small.onnx", sha256: "0".repeat(64) },
    target: "2t2r",
    condition: "strong",
    precision: "binary",
    technology,
    programming: laws.programming(technology, "strong"),
    noise: laws.noise(technology, "strong"),
    weak: { condition: "h6", noise: laws.noise(technology, "h6") },
    limits: laws.limits({ technology, condition: "strong", bank: null, matrices: [] }),
    costModel: laws.costs(technology, "strong"),
    inputs: [],
    outputs: [],
    buffers: new Map(),
    layers: shapes.map((shape) => layerOf(...shape)),
    placements,
    encodings: [placements[0].encoding],
    steps: { rows: 0, data: new Int32Array(0) },
    cells: placements.map(cellsOf),
    costs: shapes.map((shape, k) => costsOf(...shape, placements[k])),
    seed: 0,
    options: {},
    assumptions: ["deviceShare = 0.25 (assumed: moves no rate)", "cycles = 0 (assumed: fresh)"],
    warnings: ["input x: bytes fed to a float input"],
    baseline: null,
    reference: new Uint8Array(0),
    referenceWeights: new Map(),
  };
}

/** An evaluation of 1,000 samples in three trials, every part filled. */
export function smallEvaluation(): EvaluationReport {
  const trial = { mean: 0.95, std: 0.01, ci95: [0.9252, 0.9748] as const, trials: 3 };
  return {
    samples: 1000,
    metric: "top1",
    baseline: { accuracy: 0.981 },
    mapped: { accuracy: 0.979 },
    comparators: null,
    noisy: { ...trial, condition: "strong", perTrial: [0.94, 0.95, 0.96] },
    weak: { ...trial, mean: 0.9, condition: "h6", perTrial: [0.89, 0.9, 0.91] },
    ablation: [
      { effects: ["programming"], mean: 0.97, std: 0.001 },
      { effects: ["programming", "sense"], mean: 0.95, std: 0.01 },
    ],
    overTime: [{ elapsed_s: 86400, mean: 0.94, std: 0.02 }],
    overBer: [
      { ...trial, ber: 1e-3 },
      { ...trial, ber: { type1: 1e-6, type2: 0.01, type3: 0.065 } },
    ],
    layers: [
      {
        name: "fc1",
        weightErrorRate: 1.25e-3,
        errorTypes: { type1: 1.25e-3, type2: 0, type3: 0 },
        signalToNoise_dB: null,
      },
    ],
    energy: {
      perInference_J: 33.6e-12,
      synapsesRead: 2400,
      maskedAreRead: true,
      synapsesMasked: 400,
      presented: [{ layer: "fc1", inputs: 50, perInference: 42, perInput: 0.84 }],
      presentedPerInput: 0.84,
    },
    interval_s: 320e-9,
    latency_s: 420e-9,
    seed: 7,
    noise: [
      { model: "programming", parameters: { lrsSpread: 0.1 } },
      { model: "sense", parameters: { offsetSpread: 0.3 } },
    ],
    assumptions: [],
  };
}
