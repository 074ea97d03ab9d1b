import { internal } from "../compiler/errors.ts";
import type {
  BufferId,
  DigitalLayer,
  Layer,
  MatrixLayer,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf, toFloat32 } from "../compiler/ir/tensor.ts";
import { overThreeAxes } from "../compiler/ir/window.ts";
import { byteTable, signBits } from "./activations.ts";
import { analogCommands } from "./analog/analog-commands.ts";
import { flipCommands } from "./flip-commands.ts";
import type { InputRows } from "./input.ts";
import type { Command, Rows, ThresholdTable } from "./kernels/commands.ts";
import { planeBytes, within } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import type { Layout, Movement } from "./layout.ts";
import { inputLayout, isSameOrder, outputLayout, reorder } from "./layout.ts";
import type { Packing, Place, Places } from "./places.ts";
import { positionsIn, termsOf } from "./places.ts";
import { directSpikes, fireCommand, spikeCommands } from "./spike-commands.ts";

export interface Uploaded {
  readonly rows: InputRows;
  readonly at: number;
}

export function uploadInputs(
  inputs: ReadonlyMap<BufferId, InputRows>,
  engine: Engine,
): ReadonlyMap<BufferId, Uploaded> {
  return new Map([...inputs].map(([id, rows]) => [id, { rows, at: engine.upload(rows.data) }]));
}

export interface CommandContext {
  readonly places: Places;
  readonly placeOf: (id: BufferId) => Place;
  readonly thresholds: ReadonlyMap<string, ThresholdTable>;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly engine: Engine;
  readonly sampleBase: number;
  /** u32[samples] their numbers instead, where they do not follow each other */
  readonly sampleList: number | null;
  readonly uploaded: ReadonlyMap<BufferId, Uploaded>;
  readonly floats: ReadonlyMap<BufferId, Tensor>;
}

export function commandsOf(
  layer: Exclude<Layer, SubgraphLayer>,
  context: CommandContext,
): readonly Command[] {
  return layer.kind === "matrix" ? matrixCommands(layer, context) : digitalCommands(layer, context);
}

/** The same bytes seen as one row a position. */
function perPosition(rows: Rows, stride: number, positions: number): Rows {
  return positions === 1 ? rows : { ...rows, stride };
}

/** Where a layer writes its results, and what is to be done with them afterwards. */
export interface Sink {
  readonly rows: Rows;
  readonly after: readonly Command[];
}

/** A place as a layer fills it whose results lie in some layout: they are brought into the place's own, and packed. */
function sinkOf(to: Place, layout: Layout, { engine }: CommandContext): Sink {
  if (isSameOrder(layout, to.layout)) return { rows: to.values, after: packCommands(to, engine) };
  const movement = movementOf(to, engine);
  const rows = engine.localRows(movement.elements * movement.bytes);
  const moves = reorder(rows, layout, to.values, to.layout, movement);
  return { rows, after: [...moves, ...packCommands(to, engine)] };
}

/** The values of a place in a layout, and what brings them there. */
function sourceOf(
  from: Place,
  layout: Layout,
  { engine }: CommandContext,
): { readonly rows: Rows; readonly before: readonly Command[] } {
  if (isSameOrder(from.layout, layout)) return { rows: from.values, before: [] };
  const movement = movementOf(from, engine);
  const rows = engine.localRows(movement.elements * movement.bytes);
  return { rows, before: reorder(from.values, from.layout, rows, layout, movement) };
}

const movementOf = ({ buffer }: Place, engine: Engine): Movement => ({
  bytes: buffer.kind === "sums" ? 4 : 2,
  elements: sizeOf(buffer.shape),
  scratch: (stride) => engine.localRows(stride),
});

/** Commands of the windows' planes, then of the products. */
function matrixCommands(layer: MatrixLayer, context: CommandContext): readonly Command[] {
  return [...gatherCommands(layer, context), ...productCommands(layer, context)];
}

function gatherCommands(
  { id, access }: MatrixLayer,
  { places }: CommandContext,
): readonly Command[] {
  if (access.kind !== "window") return [];
  const window = overThreeAxes(access);
  const { groups } = access;
  return (places.windows.get(id)?.gathers ?? []).map(({ from, to }) => ({
    kind: "window",
    ...{ from, to, groups, window },
  }));
}

function productCommands(layer: MatrixLayer, context: CommandContext): readonly Command[] {
  const positions = positionsIn(layer);
  const to = context.placeOf(layer.to);
  const weights = context.weights.get(layer.id);
  const terms = termsOf(context.places, layer);
  if (!weights) throw internal("runner", `layer ${layer.id} lacks weights`);
  if (weights.analog) {
    const flow = { to, layout: outputLayout(layer), channels: layer.outputs, inner: 1 };
    return analogCommands(context.engine, layer, weights.analog, terms, {
      to,
      sink: () => sinkOf(to, flow.layout, context),
      requantize: (from) => requantizeCommands(layer, { ...flow, from }, context),
    });
  }
  const table = context.thresholds.get(layer.id) ?? null;
  const layout = outputLayout(layer);
  const groups = weights.packed.length;
  const perGroup = layer.outputs / groups;
  const inputBytes = planeBytes(layer.inputs);
  /** one matrix a group, each reading its own inputs and writing its own outputs */
  const matrices = (results: MatrixResults): readonly Command[] =>
    weights.packed.map((packed, group): Command => {
      const first = group * perGroup;
      const part = (rows: Rows | null) => rows && within(rows, group * inputBytes);
      return {
        kind: "matrix",
        positions,
        from: terms.map((term) => ({ ...term, sign: part(term.sign), mask: part(term.mask) })),
        weights: packed,
        sums: results.sums && within(results.sums, first * 4),
        thresholds: results.thresholds && {
          ...results.thresholds,
          at: results.thresholds.at + first * 4,
        },
        sign: results.sign,
        mask: results.mask,
        codes: results.codes && {
          ...results.codes,
          rows: within(results.codes.rows, first * 2),
        },
      };
    });
  const none = { sums: null, thresholds: null, sign: null, mask: null, codes: null };
  const [{ mask, sign }] = terms;
  const isEvents = weights.rows && terms.length === 1 && weights.flips.length === 0;
  if (isEvents && weights.rows && mask && !sign && layer.requantize.kind === "sum") {
    const { rows, after } = sinkOf(to, layout, context);
    const sums = perPosition(rows, layer.outputs * 4, positions);
    return [
      { kind: "add-rows", positions, mask, sums, weights: weights.rows, every: false },
      ...after,
    ];
  }
  if (layer.requantize.kind === "sum" && weights.flips.length === 0) {
    const { rows, after } = sinkOf(to, layout, context);
    return [
      ...matrices({ ...none, sums: perPosition(rows, layer.outputs * 4, positions) }),
      ...after,
    ];
  }
  if (weights.flips.length === 0 && layer.requantize.kind === "thresholds") {
    const direct = groups === 1 ? directPlanes(to, layout, positions) : null;
    if (direct) return matrices({ ...none, thresholds: table, ...direct });
    const { rows, after } = sinkOf(to, layout, context);
    const codes = {
      rows: perPosition(rows, layer.outputs * 2, positions),
      minimum: layer.requantize.range.minimum,
      step: layer.requantize.range.step,
    };
    return [...matrices({ ...none, thresholds: table, codes }), ...after];
  }
  const isSum = layer.requantize.kind === "sum";
  const sink = isSum ? sinkOf(to, layout, context) : null;
  const sums = sink?.rows ?? context.engine.localRows(positions * layer.outputs * 4);
  // what is read behind the last row where planes are made from sums
  context.engine.localRows(256);
  const rows = perPosition(sums, layer.outputs * 4, positions);
  const inputs = groups === 1 ? layer.inputs : groups * inputBytes * 8;
  const flips = flipCommands(context.engine, terms, weights.flips, {
    ...{ positions, sums: rows, inputs, key: weights.key },
    ...{ sampleBase: context.sampleBase, sampleList: context.sampleList },
  });
  const flow = { from: sums, to, layout, channels: layer.outputs, inner: 1 };
  const direct = layer.requantize.kind === "thresholds" && directPlanes(to, layout, positions);
  if (direct && table) {
    const planes = { from: rows, ...direct, elements: layer.outputs, thresholds: table };
    return [
      ...matrices({ ...none, sums: rows }),
      ...flips,
      { kind: "requantize-planes", positions, ...planes },
    ];
  }
  return [
    ...matrices({ ...none, sums: rows }),
    ...flips,
    ...(sink?.after ?? []),
    ...requantizeCommands(layer, flow, context),
  ];
}

type MatrixResults = Pick<
  Extract<Command, { kind: "matrix" }>,
  "sums" | "thresholds" | "sign" | "mask" | "codes"
>;

/** Planes that the matrix kernel writes itself: one threshold gives a sign, two a sign and a mask. */
function directPlanes(
  { dense, pixels, buffer, isRead }: Place,
  layout: Layout,
  positions: number,
): { readonly sign: Rows; readonly mask: Rows | null } | null {
  if (isRead || buffer.kind !== "codes" || (dense && pixels)) return null;
  const packing = layout && layout.pixels > 1 ? pixels : dense;
  if (!packing) return null;
  const { format } = packing.planes;
  if (format.kind !== "bipolar" && format.kind !== "ternary") return null;
  const planes = { sign: format.sign, mask: format.kind === "ternary" ? format.mask : null };
  if (packing === dense) return packing.rows === positions ? planes : null;
  // pixels whose channels fill words follow each other through all lines
  const isWhole = layout && layout.channels % 64 === 0 && layout.pixels === positions;
  if (!isWhole) return null;
  const stride = layout.channels / 8;
  return { sign: { ...planes.sign, stride }, mask: planes.mask && { ...planes.mask, stride } };
}

/** From sums to codes and planes, in digital logic. */
function requantizeCommands(
  layer: MatrixLayer | Extract<DigitalLayer, { op: "requantize" }>,
  flow: {
    readonly from: Rows;
    readonly to: Place;
    /** of the sums, and of the codes made of them */
    readonly layout: Layout;
    readonly channels: number;
    readonly inner: number;
  },
  context: CommandContext,
): readonly Command[] {
  const { thresholds, engine } = context;
  const rule = layer.requantize;
  if (rule.kind === "sum") return [];
  const { from, to, channels, inner, layout } = flow;
  const { rows: values, after } = sinkOf(to, layout, context);
  const elements = sizeOf(to.buffer.shape);
  const base = { positions: 1, from, to: values, elements };
  const table = thresholds.get(layer.id);
  const { minimum, step } = rule.range;
  if (rule.kind === "thresholds") {
    if (!table) throw internal("runner", `layer ${layer.id} lacks its thresholds`);
    return [{ kind: "requantize", ...base, inner, thresholds: table, minimum, step }, ...after];
  }
  const size = rule.maximum - rule.minimum + 1;
  const at = engine.upload(rule.codes);
  return [
    { kind: "requantize-table", ...base, channels, inner, table: at, size, first: rule.minimum },
    ...after,
  ];
}

/** int16 codes to the planes that matrix layers read. */
function packCommands(
  { dense, pixels, values, buffer, layout }: Place,
  engine: Engine,
): readonly Command[] {
  const elements = sizeOf(buffer.shape);
  const commands: Command[] = [];
  if (dense) {
    let rows = values;
    if (!isSameOrder(layout, null)) {
      rows = engine.localRows(elements * 2);
      const scratch = (stride: number) => engine.localRows(stride);
      commands.push(...reorder(values, layout, rows, null, { bytes: 2, elements, scratch }));
    }
    commands.push(packCommand(dense, rows, elements, "int16"));
  }
  // a place that windows read holds its values pixel by pixel
  if (pixels) commands.push(packCommand(pixels, values, elements, "int16"));
  return commands;
}

function packCommand(
  { planes, rows: positions }: Packing,
  values: Rows,
  elements: number,
  type: "int16" | "uint8",
): Command {
  const each = elements / positions;
  const from = perPosition(values, each * (type === "uint8" ? 1 : 2), positions);
  return { kind: "pack", positions, from, type, elements: each, format: planes.format };
}

function digitalCommands(layer: DigitalLayer, context: CommandContext): readonly Command[] {
  const to = context.placeOf(layer.to);
  switch (layer.op) {
    case "encode":
      return encodeCommands(layer, to, context);
    case "permute": {
      const { rows: from, before } = sourceOf(context.placeOf(layer.from), null, context);
      const { rows, after } = sinkOf(to, null, context);
      const move: Command = {
        kind: "permute",
        positions: 1,
        from,
        to: rows,
        elements: layer.order.length,
        bytes: to.buffer.kind === "sums" ? 4 : 2,
        order: context.engine.upload(layer.order),
        fill: 0,
      };
      return [...before, move, ...after];
    }
    case "pool": {
      const { rows: from, before } = sourceOf(
        context.placeOf(layer.from),
        inputLayout(layer.window),
        context,
      );
      const { rows, after } = sinkOf(to, outputLayout(layer), context);
      const flips = new Int16Array(Math.ceil(layer.window.channels / 8) * 8);
      flips.set(Int16Array.from(layer.directions, (way) => (way < 0 ? -1 : 0)));
      const window = overThreeAxes(layer.window);
      const at = context.engine.upload(flips);
      return [...before, { kind: "pool", from, to: rows, window, flips: at }, ...after];
    }
    case "spikes":
      return (
        directSpikes(layer, to, context) ??
        spikeCommands(layer, sizeOf(to.buffer.shape), sinkOf(to, null, context), context)
      );
    case "integrate-fire": {
      const { rows: from, before } = sourceOf(context.placeOf(layer.from), null, context);
      const { rows, after } = sinkOf(to, null, context);
      return [...before, fireCommand(layer, from, rows, context.engine), ...after];
    }
    case "requantize": {
      const place = context.placeOf(layer.from);
      const { channels, inner } = layer;
      // channel by channel as ONNX has them, or one channel for all
      const own = place.layout?.channels === channels && place.layout.pixels === inner;
      const layout = own ? place.layout : null;
      const { rows: from, before } = sourceOf(place, layout, context);
      const flow = { from, to, layout, channels, inner: own ? 1 : inner };
      return [...before, ...requantizeCommands(layer, flow, context)];
    }
  }
}

function encodeCommands(
  layer: Extract<DigitalLayer, { op: "encode" }>,
  to: Place,
  context: CommandContext,
): readonly Command[] {
  const { engine } = context;
  const elements = sizeOf(to.buffer.shape);
  const input = context.uploaded.get(layer.from);
  const { minimum, step } = layer.range;
  const bytes = input?.rows.kind === "bytes" ? byteTable(layer, input.rows.valueOf) : null;
  const raw: Rows = { at: input?.at ?? 0, stride: elements, local: false };
  const quick = bytes && packBytes(layer, to, raw, bytes, engine);
  if (quick) return quick;
  const { rows, after } = sinkOf(to, null, context);
  const { channels, inner } = layer;
  const shared = { positions: 1, to: rows, elements, channels, inner };
  if (bytes)
    return [
      { kind: "threshold-bytes", ...shared, from: raw, table: engine.upload(bytes) },
      ...after,
    ];
  const floats =
    input?.rows.kind === "floats"
      ? input.at
      : engine.upload(toFloat32(floatsOf(context.floats, layer.from)));
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
    ...after,
  ];
}

/** Bytes to planes without codes between: signs through a table, or bytes that are their own codes; null for any other. */
function packBytes(
  { channels }: Extract<DigitalLayer, { op: "encode" }>,
  to: Place,
  from: Rows,
  table: Int16Array,
  engine: Engine,
): readonly Command[] | null {
  const { dense, pixels, isRead, layout } = to;
  const elements = sizeOf(to.buffer.shape);
  if (channels !== 1 || isRead || (dense && pixels)) return null;
  if (dense?.planes.format.kind === "bipolar" && dense.rows === 1) {
    const { sign } = dense.planes.format;
    const at = engine.upload(signBits(table));
    return [{ kind: "pack-bytes", positions: 1, from, to: sign, elements, table: at }];
  }
  const packing = dense ?? pixels;
  if (!packing || !table.every((code, byte) => code === byte)) return null;
  if (packing === dense || isSameOrder(layout, null))
    return [packCommand(packing, from, elements, "uint8")];
  const rows = engine.localRows(elements);
  const scratch = (stride: number) => engine.localRows(stride);
  const moves = reorder(from, null, rows, layout, { bytes: 1, elements, scratch });
  return [...moves, packCommand(packing, rows, elements, "uint8")];
}

function floatsOf(floats: ReadonlyMap<BufferId, Tensor>, id: BufferId): Tensor {
  const found = floats.get(id);
  if (!found) throw internal("runner", `buffer ${id} is empty`);
  return found;
}
