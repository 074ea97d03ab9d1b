// What `manifest.json` of a programming image must look like; see technology.schema.mjs.
import Type from "typebox";
import { count, exact, oneOf, recordOf, technology, text, word } from "./technology.schema.mjs";

const nullable = (schema) => Type.Unsafe({ anyOf: [{ type: "null" }, schema] });
/** a number; JSON has no word for those that are not finite */
const real = Type.Unsafe({
  anyOf: [{ type: "number" }, { type: "string", enum: ["Infinity", "-Infinity"] }],
});
const index = Type.Integer({ minimum: 0, maximum: 2 ** 48 });
const int32 = Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 });
const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
const entryName = Type.String({
  pattern: "^[A-Za-z0-9._%/-]+$",
  description: "an entry of the archive",
});
const shape = Type.Array(count(), { maxItems: 32 });
const wholes = Type.Array(int32, { maxItems: 64 });

const tagged = (tag, variants) =>
  Type.Unsafe({
    type: "object",
    discriminator: { propertyName: tag },
    required: [tag],
    oneOf: variants,
  });
const variant = (tag, name, properties) => exact({ [tag]: oneOf([name]), ...properties });

const elementTypes = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

const codeRange = exact({
  minimum: int32,
  maximum: int32,
  step: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
});
const alphabet = exact({
  name: word(),
  levels: Type.Array(Type.Integer({ minimum: -32767, maximum: 32767 }), {
    minItems: 1,
    maxItems: 4096,
  }),
});

const window = {
  channels: count(),
  input: shape,
  kernel: shape,
  strides: shape,
  dilations: shape,
  pads: wholes,
  output: shape,
};
const access = tagged("kind", [
  variant("kind", "dense", { positions: count() }),
  variant("kind", "window", { groups: count(), ...window }),
]);

const presentation = tagged("kind", [
  variant("kind", "once", {}),
  variant("kind", "planes", {
    digits: oneOf(["unipolar", "bipolar"]),
    significances: Type.Array(int32, { minItems: 1, maxItems: 32 }),
  }),
  variant("kind", "stochastic", { presentations: Type.Integer({ minimum: 1, maximum: 2 ** 20 }) }),
  variant("kind", "spikes", { steps: Type.Integer({ minimum: 1, maximum: 2 ** 20 }) }),
]);

const requantize = tagged("kind", [
  variant("kind", "sum", {}),
  variant("kind", "thresholds", { range: codeRange, thresholds: entryName, directions: entryName }),
  variant("kind", "table", { range: codeRange, minimum: int32, maximum: int32, codes: entryName }),
]);

const readOut = tagged("kind", [
  variant("kind", "digital", {}),
  variant("kind", "comparator", { fires: oneOf([">=", ">"]) }),
  variant("kind", "sweep", {}),
  variant("kind", "multi-reference", {
    references: Type.Array(int32, { minItems: 1, maxItems: 4095 }),
  }),
  variant("kind", "adc", { bits: Type.Integer({ minimum: 1, maximum: 24 }), minimum: int32 }),
]);

const steps = Type.Integer({ minimum: 1, maximum: 2 ** 20 });
const digital = (op, properties) =>
  exact({
    kind: oneOf(["digital"]),
    op: oneOf([op]),
    id: text(),
    from: text(),
    to: text(),
    ...properties,
  });

const layer = tagged("kind", [
  variant("kind", "matrix", {
    id: text(),
    op: text(),
    from: text(),
    to: text(),
    inputs: count(),
    outputs: count(),
    alwaysOn: index,
    roundedBy: { type: "number", minimum: 0 },
    readOut,
    access,
    activations: codeRange,
    presentation,
    alphabet,
    scale: entryName,
    requantize,
  }),
  exact({
    kind: oneOf(["digital"]),
    step: tagged("op", [
      digital("encode", {
        range: codeRange,
        thresholds: entryName,
        directions: entryName,
        channels: count(),
        inner: count(),
      }),
      digital("permute", { order: entryName }),
      digital("join", {
        beside: text(),
        factors: Type.Array(Type.Integer({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }), {
          minItems: 2,
          maxItems: 2,
        }),
      }),
      digital("spikes", { steps, table: entryName }),
      digital("integrate-fire", {
        steps,
        thresholds: entryName,
        reset: oneOf(["zero", "subtract"]),
      }),
      digital("pool", { window: exact(window), directions: entryName }),
      digital("requantize", { requantize, channels: count(), inner: count() }),
    ]),
  }),
  variant("kind", "subgraph", {
    id: text(),
    from: Type.Array(text()),
    to: Type.Array(text()),
    inputNames: Type.Array(text()),
    outputNames: Type.Array(text()),
    anyBatch: Type.Boolean(),
    onnx: entryName,
  }),
]);

const buffer = tagged("kind", [
  variant("kind", "codes", { id: text(), shape, range: codeRange }),
  variant("kind", "sums", {
    id: text(),
    shape,
    bound: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
  }),
  variant("kind", "float", { id: text(), shape, type: oneOf(elementTypes) }),
]);

const transform = tagged("kind", [
  variant("kind", "scale", { value: Type.Number() }),
  variant("kind", "mean", { value: Type.Array(Type.Number()) }),
  variant("kind", "std", { value: Type.Array(Type.Number()) }),
  variant("kind", "layout", { from: word(), to: word() }),
]);

const encoding = exact({
  name: word(),
  alphabet,
  cellsPerWeight: Type.Integer({ minimum: 1, maximum: 64 }),
  significance: Type.Array(Type.Number(), { maxItems: 64 }),
  levelValues: Type.Array(Type.Number(), { minItems: 1, maxItems: 254 }),
  offset: Type.Number(),
  patterns: Type.Array(Type.Array(Type.Integer({ minimum: 0, maximum: 253 }), { maxItems: 64 }), {
    maxItems: 4096,
  }),
  senses: Type.Array(
    exact({
      cells: Type.Array(index, { minItems: 1, maxItems: 64 }),
      significance: Type.Number(),
      digits: oneOf(["binary", "ternary"]),
    }),
    { maxItems: 64 },
  ),
  reference: nullable(
    exact({
      significance: Type.Array(Type.Number(), { minItems: 1, maxItems: 64 }),
      patterns: Type.Array(
        Type.Array(Type.Integer({ minimum: 0, maximum: 253 }), { maxItems: 64 }),
        { minItems: 1, maxItems: 64 },
      ),
    }),
  ),
  convention: text(),
});

const pulse = exact({
  operation: oneOf(["forming", "SET", "RESET"]),
  wordLine_V: Type.Number(),
  bitLine_V: Type.Number(),
  sourceLine_V: nullable(Type.Number()),
  complianceCurrent_A: nullable(Type.Number()),
  duration_s: Type.Number(),
  ramp_V_per_s: nullable(Type.Number()),
  energy_J: Type.Number(),
});

const conductance = Type.Number({ minimum: 0 });
const programming = exact({
  forming: nullable(pulse),
  levels: Type.Array(
    exact({
      level: Type.Integer({ minimum: 0, maximum: 253 }),
      name: text(),
      pulses: Type.Array(pulse, { maxItems: 64 }),
      range: exact({ low_S: conductance, aim_S: conductance, high_S: conductance }),
    }),
    { maxItems: 254 },
  ),
  routines: Type.Array(
    tagged("kind", [
      variant("kind", "once", { name: word() }),
      variant("kind", "verify", {
        name: word(),
        wait_s: Type.Number({ minimum: 0 }),
        movementLimit: nullable(Type.Number({ exclusiveMinimum: 0 })),
        mostIterations: Type.Integer({ minimum: 1, maximum: 2 ** 16 }),
        retry: pulse,
        readTime_s: Type.Number({ minimum: 0 }),
        readEnergy_J: Type.Number({ minimum: 0 }),
      }),
    ]),
    { minItems: 1, maxItems: 16 },
  ),
  unselected: exact({
    wordLines: oneOf(["grounded", "half voltage"]),
    bitLines: oneOf(["grounded", "follow source line", "half voltage"]),
    complement: oneOf(["follows source line", "none"]),
  }),
  sourceLine: oneOf(["per-pair", "per-row", "none"]),
  readBias: nullable(
    exact({
      wordLine_V: Type.Number(),
      bitLine_V: Type.Number(),
      unselected_V: Type.Number(),
      duration_s: Type.Number({ exclusiveMinimum: 0 }),
      switching: Type.Number({ minimum: 0, maximum: 1 }),
      note: text(),
    }),
  ),
  energySource: text(),
});

const noise = Type.Array(exact({ model: word(), parameters: recordOf(real) }));

const positive = Type.Number({ exclusiveMinimum: 0 });
const costModel = exact({
  clock_s: positive,
  ternaryClock_s: nullable(positive),
  pipelineClocks: Type.Number({ minimum: 0 }),
  conversionStep_J: Type.Optional(Type.Number({ minimum: 0 })),
  read: tagged("kind", [
    variant("kind", "per-synapse", { energy_J: Type.Number({ minimum: 0 }) }),
    variant("kind", "by-current", {
      read_V: positive,
      pulse_s: positive,
      currents_A: Type.Array(Type.Number({ minimum: 0 }), { minItems: 1, maxItems: 254 }),
      halfSelected_A: Type.Array(Type.Number({ minimum: 0 }), { minItems: 1, maxItems: 254 }),
    }),
  ]),
  cellArea_m2: nullable(positive),
  sources: Type.Array(text()),
});

const placement = exact({
  layer: text(),
  encoding: index,
  configuration: oneOf(["parallel-to-sequential", "sequential-to-parallel", "gated"]),
  reason: text(),
  banks: count(),
  replicas: Type.Optional(count()),
  bankWordLines: count(),
  bankBitLines: count(),
  inputs: count(),
  alwaysOn: index,
  outputs: count(),
  slots: nullable(Type.Array(index, { maxItems: 2 ** 24 })),
  lines: nullable(Type.Array(index, { maxItems: 2 ** 24 })),
  tileInputs: count(),
  tileOutputs: count(),
  segmentWordLines: count(),
  clocks: index,
});

export const manifest = exact(
  {
    format: oneOf(["xbc-image"]),
    version: Type.Integer({ minimum: 1, maximum: 1 }),
    generator: text(),
    sha256: Type.String({
      pattern: "^[0-9a-f]{64}$",
      description: "of this manifest without this field",
    }),
    source: exact({ file: text(), sha256: text() }),
    target: text(),
    condition: text(),
    precision: text(),
    technology,
    programming,
    noise,
    weak: nullable(exact({ condition: text(), noise })),
    limits: exact({
      wordLines: count(),
      bitLines: count(),
      sensedBitLines: count(),
      boundBy: text(),
      margin: real,
      considered: Type.Array(exact({ limit: text(), bound: text() })),
    }),
    costModel,
    inputs: Type.Array(
      exact({
        name: text(),
        buffer: text(),
        type: oneOf(elementTypes),
        shape,
        batched: Type.Boolean(),
        transform: Type.Array(transform),
        drawn: nullable(
          exact({
            presentations: Type.Integer({ minimum: 1, maximum: 2 ** 20 }),
            fullScale: Type.Number({ exclusiveMinimum: 0 }),
            summed: oneOf(["inputs", "outputs"]),
          }),
        ),
      }),
    ),
    outputs: Type.Array(exact({ name: text(), buffer: text() })),
    buffers: Type.Array(buffer),
    layers: Type.Array(layer),
    loops: Type.Array(
      exact({
        layer: text(),
        positions: count(),
        replicas: Type.Optional(count()),
        planes: count(),
        repeats: count(),
      }),
      { description: "how often the schedule runs for one inference" },
    ),
    encodings: Type.Array(encoding),
    placements: Type.Array(placement),
    cells: Type.Array(exact({ layer: text(), entries: Type.Array(entryName, { minItems: 1 }) })),
    costs: Type.Array(
      exact({
        layer: text(),
        weights: index,
        macs: index,
        cells: index,
        capacity: index,
        tiles: index,
        segments: index,
        clocks: index,
        synapsesRead: index,
        channels: Type.Optional(index),
        sweepClocks: Type.Optional(index),
        conversions: Type.Optional(index),
      }),
    ),
    seed: Type.Number(),
    options: recordOf(Type.Unsafe({ type: ["string", "number", "boolean"] })),
    assumptions: Type.Array(text()),
    warnings: Type.Array(text()),
    baseline: nullable(exact({ metric: text(), value: Type.Number(), samples: index })),
    referenceWeights: Type.Array(
      exact({ layer: text(), value: text(), transposed: Type.Boolean() }),
    ),
    entries: Type.Array(
      exact({
        name: entryName,
        size: index,
        sha256,
        dtype: Type.Optional(oneOf(elementTypes)),
        shape: Type.Optional(Type.Array(index, { maxItems: 32 })),
      }),
      { description: "every other entry of the archive, in its order" },
    ),
  },
  { title: "xbc programming image" },
);
