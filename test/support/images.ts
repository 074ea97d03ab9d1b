import type {
  EncodingLayout,
  ProgrammingDescription,
  Pulse,
  Technology,
} from "../../compiler/define.ts";
import { fillBank } from "../../compiler/ir/bank-codes.ts";
import type { LayerCells, ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import {
  type Buffer,
  type BufferId,
  bipolar,
  bufferId,
  type CodeMatrix,
  type Layer,
  layerId,
  type MatrixLayer,
} from "../../compiler/ir/network.ts";
import { scheduleColumns } from "../../compiler/ir/schedule.ts";
import { fourBits, placementOf, singleCell, ternaryPair } from "./placements.ts";

const quantity = (value: number, unit: string) => ({
  value,
  unit,
  source: "assumed: of a test",
  description: "a number",
});

export const testTechnology: Technology = {
  name: "test",
  basedOn: "test",
  summary: "A technology of the tests",
  readOut: "digital",
  array: {
    wordLines: 4,
    bitLines: 8,
    inputsOn: "bit lines",
    activeWordLines: 1,
    sensedBitLines: 8,
  },
  encodings: ["ternary-pair"],
  conventions: { plusOne: "LRS/HRS" },
  parameters: {
    setCurrent: quantity(2e-4, "A"),
    resetVoltage: { ...quantity(2.5, "V"), minimum: 1, maximum: 4 },
  },
  conditions: {
    weak: { summary: "less current", parameters: { setCurrent: quantity(5e-5, "A") } },
  },
  defaultCondition: "",
  weakCondition: "weak",
};

const pulse = (operation: Pulse["operation"]): Pulse => ({
  operation,
  wordLine_V: operation === "RESET" ? 3.3 : 1.2,
  bitLine_V: operation === "RESET" ? 2.5 : 0,
  sourceLine_V: operation === "RESET" ? 0 : 2,
  complianceCurrent_A: operation === "RESET" ? null : 2e-4,
  duration_s: 1e-6,
  ramp_V_per_s: operation === "forming" ? 1000 : null,
  energy_J: 3e-10,
});

export const testProgramming: ProgrammingDescription = {
  forming: pulse("forming"),
  levels: [
    {
      level: 0,
      name: "HRS",
      pulses: [pulse("RESET")],
      range: { low_S: 0, aim_S: 1e-5, high_S: 4e-5 },
    },
    {
      level: 1,
      name: "LRS",
      pulses: [pulse("SET")],
      range: { low_S: 4e-5, aim_S: 2e-4, high_S: 1 },
    },
  ],
  routines: [
    { kind: "once", name: "once" },
    {
      kind: "verify",
      name: "careful",
      wait_s: 5,
      movementLimit: 0.4,
      mostIterations: 100,
      retry: pulse("RESET"),
      readTime_s: 1e-6,
      readEnergy_J: 1e-13,
    },
  ],
  unselected: {
    wordLines: "grounded",
    bitLines: "grounded",
    complement: "follows source line",
  },
  sourceLine: "per-pair",
  readBias: null,
  energySource: "H10",
};

/** Codes that look random, of the encoding's alphabet. */
export function testCodes(placement: LayerPlacement, salt = 1): CodeMatrix {
  const { alphabet } = placement.encoding;
  const data = Int16Array.from({ length: placement.outputs * placement.inputs }, (_, k) => {
    const draw = Math.imul(k + salt * 977, 2654435761) >>> 9;
    return alphabet.levels[draw % alphabet.levels.length];
  });
  return { outputs: placement.outputs, inputs: placement.inputs, alphabet, data };
}

export function testCells(placement: LayerPlacement, codes: CodeMatrix): LayerCells {
  const { banks, bankWordLines: wordLines, bankBitLines: bitLines } = placement;
  const size = wordLines * bitLines;
  const range = async (first: number, count: number): Promise<Uint8Array> => {
    const out = new Uint8Array(count * size);
    for (let k = 0; k < count; k++)
      fillBank(placement, codes, first + k, out.subarray(k * size, (k + 1) * size));
    return out;
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

/** One layer of the sample: its matrix on banks of 4 x 8 cells. */
interface Part {
  readonly name: string;
  readonly configuration: LayerPlacement["configuration"];
  readonly encoding: EncodingLayout;
  readonly inputs: number;
  readonly outputs: number;
}

const parts: readonly Part[] = [
  {
    name: "conv1/α",
    configuration: "parallel-to-sequential",
    encoding: ternaryPair,
    inputs: 9,
    outputs: 6,
  },
  {
    name: "fc 2",
    configuration: "sequential-to-parallel",
    encoding: singleCell,
    inputs: 6,
    outputs: 5,
  },
  { name: "fc3", configuration: "gated", encoding: fourBits, inputs: 5, outputs: 4 },
];

/** An image with three matrix layers (one of each configuration), every kind of digital layer, and a subgraph. */
export function sampleImage(salt = 1): ProgrammingImage {
  const placements = parts.map(({ name, configuration, encoding, inputs, outputs }) =>
    placementOf(configuration, encoding, inputs, outputs, { wordLines: 4, bitLines: 8 }, name),
  );
  const id = (name: string): BufferId => bufferId(name);
  const codes = (size: number): Buffer => ({ kind: "codes", shape: [size], range: bipolar });
  const buffers = new Map<BufferId, Buffer>([
    [id("x"), { kind: "float", shape: [9], type: "float32" }],
    [id("a"), codes(9)],
    [id("b"), codes(9)],
    [id("c"), codes(6)],
    [id("d"), codes(5)],
    [id("e"), { kind: "sums", shape: [4], bound: 40 }],
    [id("f"), codes(4)],
    [id("y"), { kind: "float", shape: [4], type: "float32" }],
  ]);
  const matrix = (
    part: number,
    from: string,
    to: string,
    rest: Pick<MatrixLayer, "scale" | "requantize">,
  ): MatrixLayer => ({
    kind: "matrix",
    id: layerId(parts[part].name),
    op: "Gemm",
    from: id(from),
    to: id(to),
    inputs: parts[part].inputs,
    outputs: parts[part].outputs,
    alwaysOn: 0,
    roundedBy: 0,
    readOut: { kind: "digital" },
    access: { kind: "dense", positions: 1 },
    activations: bipolar,
    presentation: { kind: "once" },
    alphabet: parts[part].encoding.alphabet,
    ...rest,
  });
  const layers: readonly Layer[] = [
    {
      kind: "digital",
      op: "encode",
      id: layerId("sign"),
      from: id("x"),
      to: id("a"),
      range: bipolar,
      thresholds: Float32Array.of(0.5),
      directions: Int8Array.of(1),
      channels: 1,
      inner: 9,
    },
    {
      kind: "digital",
      op: "permute",
      id: layerId("order"),
      from: id("a"),
      to: id("b"),
      order: Int32Array.of(8, 7, 6, 5, 4, 3, 2, 1, 0),
    },
    matrix(0, "b", "c", {
      scale: Float32Array.of(0.25),
      requantize: {
        kind: "thresholds",
        range: bipolar,
        thresholds: Int32Array.of(0, 1, -2, 3, 2147483647, -1),
        directions: Int8Array.of(1, 1, -1, 1, 1, -1),
      },
    }),
    matrix(1, "c", "d", {
      scale: Float32Array.of(1, 2, 3, 4, 5),
      requantize: {
        kind: "table",
        range: bipolar,
        minimum: -6,
        maximum: 6,
        codes: Int16Array.from({ length: 65 }, (_, k) => (k % 3 ? 1 : -1)),
      },
    }),
    matrix(2, "d", "e", { scale: Float32Array.of(0.125), requantize: { kind: "sum" } }),
    {
      kind: "digital",
      op: "requantize",
      id: layerId("step"),
      from: id("e"),
      to: id("f"),
      requantize: {
        kind: "thresholds",
        range: bipolar,
        thresholds: Int32Array.of(0),
        directions: Int8Array.of(1),
      },
      channels: 1,
      inner: 4,
    },
    {
      kind: "subgraph",
      id: layerId("softmax"),
      from: [id("e")],
      to: [id("y")],
      inputNames: ["e"],
      outputNames: ["y"],
      anyBatch: true,
      onnx: Uint8Array.of(8, 8, 18, 0),
    },
  ];
  const rows = placements.map((placement, layer) => {
    const row: Record<string, number> = {
      step: 0,
      layer,
      tile: 0,
      bank: 0,
      firstWordLine: 0,
      wordLines: 1,
      firstBitLine: 0,
      bitLines: 8,
      count: placement.banks,
      stepStride: 1,
      tileStride: 1,
      bankStride: 1,
      wordLineStride: 0,
    };
    return scheduleColumns.map((column) => row[column]);
  });
  return {
    format: "xbc-image",
    version: 1,
    generator: "xbc test",
    source: { file: "model.onnx", sha256: "0".repeat(64) },
    target: "test",
    condition: "",
    precision: "ternary",
    technology: testTechnology,
    programming: testProgramming,
    noise: [{ model: "drift", parameters: { exponent: 0.05, until_s: Number.POSITIVE_INFINITY } }],
    weak: { condition: "weak", noise: [{ model: "bit-error", parameters: { rate: 0.01 } }] },
    costModel: {
      clock_s: 10e-9,
      ternaryClock_s: 50e-9,
      pipelineClocks: 0,
      read: { kind: "per-synapse", energy_J: 14e-15 },
      cellArea_m2: null,
      sources: ["read energy: H13"],
    },
    limits: {
      wordLines: 4,
      bitLines: 8,
      sensedBitLines: 8,
      boundBy: "the array that exists",
      margin: Number.POSITIVE_INFINITY,
      considered: [{ limit: "block", bound: "4 x 8" }],
    },
    inputs: [
      {
        name: "x",
        buffer: id("x"),
        type: "float32",
        shape: [9],
        batched: true,
        transform: [{ kind: "scale", value: 1 / 255 }],
        drawn: null,
      },
    ],
    outputs: [{ name: "y", buffer: id("y") }],
    buffers,
    layers,
    placements,
    encodings: [ternaryPair, singleCell, fourBits],
    steps: { rows: rows.length, data: Int32Array.from(rows.flat()) },
    cells: placements.map((placement) => testCells(placement, testCodes(placement, salt))),
    costs: placements.map(({ layer }) => ({
      layer,
      weights: 10,
      macs: 10,
      cells: 20,
      capacity: 64,
      tiles: 2,
      segments: 2,
      clocks: 2,
      synapsesRead: 10,
    })),
    seed: 1,
    options: { precision: "ternary", seed: 1, replicate: false },
    assumptions: ["sourceLine: per-pair"],
    warnings: [],
    baseline: { metric: "top1", value: 0.98, samples: 100 },
    reference: Uint8Array.of(8, 8),
    referenceWeights: new Map([[layerId("fc3"), { value: "w3", transposed: true }]]),
  };
}
