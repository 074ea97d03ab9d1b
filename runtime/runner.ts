import type { FloatExecutor, FloatSession } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type { Buffer, BufferId, DigitalLayer, Layer, MatrixLayer, SubgraphLayer } from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { allocate, sizeOf, tensor, toFloat32 } from "../compiler/ir/tensor.ts";
import type { Planes } from "./activations.ts";
import { byteTable, planesOf, signBits } from "./activations.ts";
import type { InputRows } from "./input.ts";
import type { Command, Rows, ThresholdTable } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import { thresholdTable } from "./kernels/thresholds.ts";
import type { LayerWeights } from "./layer-weights.ts";

/** Where a buffer lies in engine memory for one batch. */
interface Place {
  readonly buffer: Buffer;
  /** codes as int16, sums as int32 */
  readonly values: Rows;
  readonly planes: Planes | null;
  /** rows that the matrix layer reading it takes a sample's codes as */
  readonly positions: number;
}

/** A run of layers that one engine call computes, or one float subgraph. */
type Phase =
  | { readonly kind: "kernels"; readonly layers: readonly Exclude<Layer, SubgraphLayer>[] }
  | { readonly kind: "subgraph"; readonly layer: SubgraphLayer };

/** Runs an image's layers on batches of samples, with whatever weights and read errors it is handed. */
export interface Runner {
  readonly capacity: number;
  /**
   * @param inputs  by buffer, `samples` samples each
   * @param weights by layer, for this trial
   * @param sampleBase index in the data set of the batch's first sample, part of every read draw's key
   * @returns outputs by name, with the batch in front
   */
  readonly run: (
    inputs: ReadonlyMap<BufferId, InputRows>,
    weights: ReadonlyMap<string, LayerWeights>,
    samples: number,
    sampleBase: number,
  ) => Promise<ReadonlyMap<string, Tensor>>;
  readonly close: () => Promise<void>;
}

/**
 * @param capacity most samples of a batch
 */
export async function createRunner(
  image: ProgrammingImage,
  engine: Engine,
  executor: FloatExecutor,
  capacity: number,
): Promise<Runner> {
  const phases = phasesOf(image.layers);
  const places = placeBuffers(image, engine, capacity);
  const thresholds = uploadThresholds(image, engine);
  const sessions = new Map<string, FloatSession>();
  const session = async (layer: SubgraphLayer): Promise<FloatSession> => {
    const loaded = sessions.get(layer.id) ?? (await executor.load(layer.onnx));
    sessions.set(layer.id, loaded);
    return loaded;
  };
  const placeOf = (id: BufferId): Place => {
    const place = places.get(id);
    if (!place) throw internal("runner", `no place for buffer ${id}`);
    return place;
  };

  const run: Runner["run"] = async (inputs, weights, samples, sampleBase) => {
    const mark = engine.mark();
    const floats = new Map<BufferId, Tensor>();
    const floatContext = { image, placeOf, floats, engine, samples, inputs };
    try {
      const uploaded = uploadInputs(inputs, engine);
      for (const phase of phases) {
        if (phase.kind === "subgraph") {
          await runSubgraph(phase.layer, await session(phase.layer), floatContext);
        } else {
          const context = { placeOf, thresholds, weights, engine, sampleBase, uploaded, floats };
          await engine.run(phase.layers.flatMap((layer) => commandsOf(layer, context)), samples);
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
    close: async () => {
      for (const loaded of sessions.values()) await loaded.release();
    },
  };
}

function phasesOf(layers: readonly Layer[]): readonly Phase[] {
  const phases: Phase[] = [];
  let open: Exclude<Layer, SubgraphLayer>[] = [];
  for (const layer of layers) {
    if (layer.kind !== "subgraph") {
      open.push(layer);
      continue;
    }
    if (open.length > 0) phases.push({ kind: "kernels", layers: open });
    open = [];
    phases.push({ kind: "subgraph", layer });
  }
  if (open.length > 0) phases.push({ kind: "kernels", layers: open });
  return phases;
}

/** Codes, sums and planes of every buffer that kernels fill; local to a chunk where one phase makes and reads them. */
function placeBuffers(image: ProgrammingImage, engine: Engine, capacity: number): ReadonlyMap<BufferId, Place> {
  const places = new Map<BufferId, Place>();
  const phases = phasesOf(image.layers);
  const phaseOf = (id: BufferId) =>
    phases.findIndex((phase) => phase.kind === "kernels" && phase.layers.some((layer) => layer.to === id));
  for (const [id, buffer] of image.buffers) {
    if (buffer.kind === "float") continue;
    const made = phaseOf(id);
    const readers = image.layers.filter((layer) => (layer.kind === "subgraph" ? layer.from.includes(id) : layer.from === id));
    const isOutput = image.outputs.some((output) => output.buffer === id);
    const local = !isOutput && readers.every((layer) => phaseOfLayer(phases, layer) === made);
    const elements = sizeOf(buffer.shape);
    const rows = (stride: number): Rows => (local ? engine.localRows(stride) : engine.rows(stride, capacity));
    const matrix = readers.find((layer) => layer.kind === "matrix");
    const positions = matrix ? positionsIn(matrix) : 1;
    const planeRows = (stride: number): Rows =>
      local ? engine.localRows(stride, positions) : engine.rows(stride, capacity, positions);
    const planes =
      buffer.kind === "codes" && matrix ? planesOf(buffer.range, matrix.presentation, elements / positions, planeRows) : null;
    places.set(id, { buffer, values: rows(elements * (buffer.kind === "codes" ? 2 : 4)), planes, positions });
  }
  return places;
}

function phaseOfLayer(phases: readonly Phase[], layer: Layer): number {
  return phases.findIndex((phase) => phase.kind === "kernels" && phase.layers.some((other) => other === layer));
}

function positionsIn(layer: MatrixLayer): number {
  if (layer.access.kind !== "dense") throw internal("runner", `layer ${layer.id}: windows are not run yet`);
  return layer.access.positions;
}

function uploadThresholds(image: ProgrammingImage, engine: Engine): ReadonlyMap<string, ThresholdTable> {
  const tables = new Map<string, ThresholdTable>();
  for (const layer of image.layers) {
    const rule = layer.kind === "matrix" || (layer.kind === "digital" && layer.op === "requantize") ? layer.requantize : null;
    if (rule?.kind === "thresholds") tables.set(layer.id, thresholdTable(engine, rule.thresholds, rule.directions));
  }
  return tables;
}

interface Uploaded {
  readonly rows: InputRows;
  readonly at: number;
}

function uploadInputs(inputs: ReadonlyMap<BufferId, InputRows>, engine: Engine): ReadonlyMap<BufferId, Uploaded> {
  return new Map([...inputs].map(([id, rows]) => [id, { rows, at: engine.upload(rows.data) }]));
}

interface CommandContext {
  readonly placeOf: (id: BufferId) => Place;
  readonly thresholds: ReadonlyMap<string, ThresholdTable>;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly engine: Engine;
  readonly sampleBase: number;
  readonly uploaded: ReadonlyMap<BufferId, Uploaded>;
  readonly floats: ReadonlyMap<BufferId, Tensor>;
}

function commandsOf(layer: Exclude<Layer, SubgraphLayer>, context: CommandContext): readonly Command[] {
  return layer.kind === "matrix" ? matrixCommands(layer, context) : digitalCommands(layer, context);
}

/** The same bytes seen as one row a position. */
function perPosition(rows: Rows, stride: number, positions: number): Rows {
  return positions === 1 ? rows : { ...rows, stride };
}

function matrixCommands(layer: MatrixLayer, context: CommandContext): readonly Command[] {
  const positions = positionsIn(layer);
  const from = context.placeOf(layer.from);
  const to = context.placeOf(layer.to);
  const weights = context.weights.get(layer.id);
  if (!from.planes || !weights) throw internal("runner", `layer ${layer.id} lacks planes or weights`);
  const thresholds = context.thresholds.get(layer.id) ?? null;
  const base = { kind: "matrix", positions, from: from.planes.terms, weights: weights.packed } as const;
  const none = { sums: null, thresholds: null, sign: null, mask: null, codes: null };
  const values = to.values;
  if (layer.requantize.kind === "sum" && weights.flips.length === 0) {
    return [{ ...base, ...none, sums: perPosition(values, layer.outputs * 4, positions) }];
  }
  if (weights.flips.length === 0 && layer.requantize.kind === "thresholds") {
    const codes = { rows: perPosition(values, layer.outputs * 2, positions), minimum: layer.requantize.range.minimum, step: layer.requantize.range.step };
    const direct = positions === to.positions ? directPlanes(to) : null;
    if (direct) return [{ ...base, ...none, thresholds, ...direct }];
    return [{ ...base, ...none, thresholds, codes }, ...packCommands(to)];
  }
  const isSum = layer.requantize.kind === "sum";
  const sums = isSum ? values : context.engine.localRows(layer.outputs * 4, positions);
  const rows = perPosition(sums, layer.outputs * 4, positions);
  const flips = from.planes.terms.flatMap((term, plane) =>
    weights.flips.map((list): Command => ({
      kind: "flip", positions, sums: rows, term, list, key: weights.key, sampleBase: context.sampleBase, plane,
    })),
  );
  return [
    { ...base, ...none, sums: rows },
    ...flips,
    ...requantizeCommands(layer, { from: sums, to, channels: layer.outputs, inner: 1 }, context),
  ];
}

/** Planes that the matrix kernel writes itself: one threshold gives a sign, two a sign and a mask. */
function directPlanes({ planes, buffer }: Place): { readonly sign: Rows; readonly mask: Rows | null } | null {
  if (!planes || buffer.kind !== "codes") return null;
  if (planes.format.kind === "bipolar") return { sign: planes.format.sign, mask: null };
  return planes.format.kind === "ternary" ? { sign: planes.format.sign, mask: planes.format.mask } : null;
}

/** From sums to codes and planes, in digital logic. */
function requantizeCommands(
  layer: MatrixLayer | Extract<DigitalLayer, { op: "requantize" }>,
  flow: { readonly from: Rows; readonly to: Place; readonly channels: number; readonly inner: number },
  { thresholds, engine }: CommandContext,
): readonly Command[] {
  const rule = layer.requantize;
  if (rule.kind === "sum") return [];
  const { from, to, channels, inner } = flow;
  const values = to.values;
  const elements = sizeOf(to.buffer.shape);
  const base = { positions: 1, from, to: values, elements };
  const table = thresholds.get(layer.id);
  const { minimum, step } = rule.range;
  if (rule.kind === "thresholds") {
    if (!table) throw internal("runner", `layer ${layer.id} lacks its thresholds`);
    return [{ kind: "requantize", ...base, inner, thresholds: table, minimum, step }, ...packCommands(to)];
  }
  const size = rule.maximum - rule.minimum + 1;
  const at = engine.upload(rule.codes);
  return [
    { kind: "requantize-table", ...base, channels, inner, table: at, size, first: rule.minimum },
    ...packCommands(to),
  ];
}

/** int16 codes to the planes that a matrix layer reads. */
function packCommands({ planes, positions, values, buffer }: Place): readonly Command[] {
  if (!planes) return [];
  const elements = sizeOf(buffer.shape) / positions;
  const from = perPosition(values, elements * 2, positions);
  return [{ kind: "pack", positions, from, type: "int16", elements, format: planes.format }];
}

function digitalCommands(layer: DigitalLayer, context: CommandContext): readonly Command[] {
  const to = context.placeOf(layer.to);
  switch (layer.op) {
    case "encode":
      return encodeCommands(layer, to, context);
    case "permute": {
      const from = context.placeOf(layer.from);
      const values = to.values;
      const bytes = to.buffer.kind === "sums" ? 4 : 2;
      const order = context.engine.upload(layer.order);
      const move: Command = { kind: "permute", positions: 1, from: from.values, to: values, elements: layer.order.length, bytes, order, fill: 0 };
      return [move, ...packCommands(to)];
    }
    case "requantize": {
      const from = context.placeOf(layer.from);
      return requantizeCommands(layer, { from: from.values, to, channels: layer.channels, inner: layer.inner }, context);
    }
  }
}

function encodeCommands(layer: Extract<DigitalLayer, { op: "encode" }>, to: Place, context: CommandContext): readonly Command[] {
  const { engine } = context;
  const elements = sizeOf(to.buffer.shape);
  const values = to.values;
  const input = context.uploaded.get(layer.from);
  const { minimum, step } = layer.range;
  const shared = { positions: 1, to: values, elements, channels: layer.channels, inner: layer.inner };
  if (input?.rows.kind === "bytes") {
    const from: Rows = { at: input.at, stride: elements, local: false };
    const table = byteTable(layer, input.rows.valueOf);
    if (layer.channels === 1 && to.planes?.format.kind === "bipolar" && to.positions === 1) {
      return [{ kind: "pack-bytes", positions: 1, from, to: to.planes.format.sign, elements, table: engine.upload(signBits(table)) }];
    }
    if (to.planes && layer.channels === 1 && table.every((code, byte) => code === byte)) {
      const each = elements / to.positions;
      const bytes = perPosition(from, each, to.positions);
      return [{ kind: "pack", positions: to.positions, from: bytes, type: "uint8", elements: each, format: to.planes.format }];
    }
    return [{ kind: "threshold-bytes", ...shared, from, table: engine.upload(table) }, ...packCommands(to)];
  }
  const floats = input?.rows.kind === "floats" ? input.at : engine.upload(toFloat32(floatsOf(context.floats, layer.from)));
  return [
    {
      kind: "threshold-float",
      ...shared,
      from: { at: floats, stride: elements * 4, local: false },
      thresholds: engine.upload(layer.thresholds),
      steps: levelsOf(layer.range) - 1,
      directions: engine.upload(layer.directions),
      minimum,
      step,
    },
    ...packCommands(to),
  ];
}

function floatsOf(floats: ReadonlyMap<BufferId, Tensor>, id: BufferId): Tensor {
  const found = floats.get(id);
  if (!found) throw internal("runner", `buffer ${id} is empty`);
  return found;
}

interface FloatContext {
  readonly image: ProgrammingImage;
  readonly placeOf: (id: BufferId) => Place;
  readonly floats: Map<BufferId, Tensor>;
  readonly engine: Engine;
  readonly samples: number;
  readonly inputs: ReadonlyMap<BufferId, InputRows>;
}

async function runSubgraph(layer: SubgraphLayer, session: FloatSession, context: FloatContext): Promise<void> {
  const feeds = layer.from.map((id, k): [string, Tensor] => [layer.inputNames[k], feedOf(id, context)]);
  const answers = layer.anyBatch || context.samples === 1 ? await session.run(new Map(feeds)) : await oneByOne(session, feeds, context.samples);
  layer.to.forEach((to, k) => {
    const made = answers.get(layer.outputNames[k]);
    if (made) context.floats.set(to, made);
  });
}

/** A model whose shapes hold for one sample runs once per sample. */
async function oneByOne(session: FloatSession, feeds: readonly (readonly [string, Tensor])[], samples: number): Promise<ReadonlyMap<string, Tensor>> {
  const parts: ReadonlyMap<string, Tensor>[] = [];
  for (let s = 0; s < samples; s++) {
    const one = feeds.map(([name, { type, shape, data }]): [string, Tensor] => {
      const size = data.length / samples;
      return [name, tensor(type, [1, ...shape.slice(1)], data.slice(s * size, (s + 1) * size))];
    });
    parts.push(await session.run(new Map(one)));
  }
  return new Map([...parts[0].keys()].map((name) => [name, stack(parts.map((part) => part.get(name)))]));
}

function stack(parts: readonly (Tensor | undefined)[]): Tensor {
  const known = parts.flatMap((part) => part ?? []);
  const [first] = known;
  const size = first.data.length;
  const all = allocate(first.type, size * known.length);
  known.forEach((part, s) => {
    for (let e = 0; e < size; e++) all[s * size + e] = part.data[e];
  });
  return tensor(first.type, [known.length, ...first.shape.slice(1)], all);
}

function collectOutputs(context: FloatContext): ReadonlyMap<string, Tensor> {
  return new Map(context.image.outputs.map(({ name, buffer }) => [name, feedOf(buffer, context)]));
}

/** A buffer's values as the subgraph takes them: sums and codes as floats, inputs in their own type. */
function feedOf(id: BufferId, { image, placeOf, floats, engine, samples, inputs }: FloatContext): Tensor {
  const known = floats.get(id);
  if (known) return known;
  const given = inputs.get(id);
  if (given) return inputTensor(given, samples, image.buffers.get(id));
  const { buffer, values } = placeOf(id);
  if (buffer.kind === "float") throw internal("runner", `buffer ${id} is empty`);
  const length = samples * sizeOf(buffer.shape);
  const shape = [samples, ...buffer.shape];
  if (buffer.kind === "codes") return tensor("float32", shape, Float32Array.from(engine.int16(values.at, length)));
  const sums = engine.int32(values.at, length);
  return buffer.bound >= 2 ** 24 ? tensor("float64", shape, Float64Array.from(sums)) : tensor("float32", shape, Float32Array.from(sums));
}

function inputTensor(given: InputRows, samples: number, buffer: Buffer | undefined): Tensor {
  const shape = [samples, ...(buffer?.shape ?? [])];
  const type = buffer?.kind === "float" ? buffer.type : "float32";
  if (given.kind === "bytes" && type === "uint8") return tensor("uint8", shape, given.data);
  const numbers = given.kind === "bytes" ? Float32Array.from(given.data, given.valueOf) : given.data;
  if (type === "float32") return tensor("float32", shape, numbers);
  const data = allocate(type, numbers.length);
  numbers.forEach((x, e) => {
    data[e] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(x) : x;
  });
  return tensor(type, shape, data);
}
