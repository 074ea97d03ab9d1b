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
import { byteTable, signBits } from "./activations.ts";
import type { InputRows } from "./input.ts";
import type { Command, Rows, ThresholdTable } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import type { Place } from "./places.ts";
import { positionsIn } from "./places.ts";

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

function matrixCommands(layer: MatrixLayer, context: CommandContext): readonly Command[] {
  const positions = positionsIn(layer);
  const from = context.placeOf(layer.from);
  const to = context.placeOf(layer.to);
  const weights = context.weights.get(layer.id);
  if (!from.planes || !weights)
    throw internal("runner", `layer ${layer.id} lacks planes or weights`);
  const thresholds = context.thresholds.get(layer.id) ?? null;
  const base = {
    kind: "matrix",
    positions,
    from: from.planes.terms,
    weights: weights.packed,
  } as const;
  const none = { sums: null, thresholds: null, sign: null, mask: null, codes: null };
  const values = to.values;
  if (layer.requantize.kind === "sum" && weights.flips.length === 0) {
    return [{ ...base, ...none, sums: perPosition(values, layer.outputs * 4, positions) }];
  }
  if (weights.flips.length === 0 && layer.requantize.kind === "thresholds") {
    const codes = {
      rows: perPosition(values, layer.outputs * 2, positions),
      minimum: layer.requantize.range.minimum,
      step: layer.requantize.range.step,
    };
    const direct = positions === to.positions ? directPlanes(to) : null;
    if (direct) return [{ ...base, ...none, thresholds, ...direct }];
    return [{ ...base, ...none, thresholds, codes }, ...packCommands(to)];
  }
  const isSum = layer.requantize.kind === "sum";
  const sums = isSum ? values : context.engine.localRows(positions * layer.outputs * 4);
  const rows = perPosition(sums, layer.outputs * 4, positions);
  const flips = from.planes.terms.flatMap((term, plane) =>
    weights.flips.map(
      (list): Command => ({
        kind: "flip",
        positions,
        sums: rows,
        term,
        list,
        key: weights.key,
        sampleBase: context.sampleBase,
        sampleList: context.sampleList,
        plane,
      }),
    ),
  );
  return [
    { ...base, ...none, sums: rows },
    ...flips,
    ...requantizeCommands(layer, { from: sums, to, channels: layer.outputs, inner: 1 }, context),
  ];
}

/** Planes that the matrix kernel writes itself: one threshold gives a sign, two a sign and a mask. */
function directPlanes({
  planes,
  buffer,
}: Place): { readonly sign: Rows; readonly mask: Rows | null } | null {
  if (!planes || buffer.kind !== "codes") return null;
  if (planes.format.kind === "bipolar") return { sign: planes.format.sign, mask: null };
  return planes.format.kind === "ternary"
    ? { sign: planes.format.sign, mask: planes.format.mask }
    : null;
}

/** From sums to codes and planes, in digital logic. */
function requantizeCommands(
  layer: MatrixLayer | Extract<DigitalLayer, { op: "requantize" }>,
  flow: {
    readonly from: Rows;
    readonly to: Place;
    readonly channels: number;
    readonly inner: number;
  },
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
    return [
      { kind: "requantize", ...base, inner, thresholds: table, minimum, step },
      ...packCommands(to),
    ];
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
      const move: Command = {
        kind: "permute",
        positions: 1,
        from: from.values,
        to: values,
        elements: layer.order.length,
        bytes,
        order,
        fill: 0,
      };
      return [move, ...packCommands(to)];
    }
    case "requantize": {
      const from = context.placeOf(layer.from);
      return requantizeCommands(
        layer,
        { from: from.values, to, channels: layer.channels, inner: layer.inner },
        context,
      );
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
  const values = to.values;
  const input = context.uploaded.get(layer.from);
  const { minimum, step } = layer.range;
  const shared = {
    positions: 1,
    to: values,
    elements,
    channels: layer.channels,
    inner: layer.inner,
  };
  if (input?.rows.kind === "bytes") {
    const from: Rows = { at: input.at, stride: elements, local: false };
    const table = byteTable(layer, input.rows.valueOf);
    if (layer.channels === 1 && to.planes?.format.kind === "bipolar" && to.positions === 1) {
      return [
        {
          kind: "pack-bytes",
          positions: 1,
          from,
          to: to.planes.format.sign,
          elements,
          table: engine.upload(signBits(table)),
        },
      ];
    }
    if (to.planes && layer.channels === 1 && table.every((code, byte) => code === byte)) {
      const each = elements / to.positions;
      const bytes = perPosition(from, each, to.positions);
      return [
        {
          kind: "pack",
          positions: to.positions,
          from: bytes,
          type: "uint8",
          elements: each,
          format: to.planes.format,
        },
      ];
    }
    return [
      { kind: "threshold-bytes", ...shared, from, table: engine.upload(table) },
      ...packCommands(to),
    ];
  }
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
    ...packCommands(to),
  ];
}

function floatsOf(floats: ReadonlyMap<BufferId, Tensor>, id: BufferId): Tensor {
  const found = floats.get(id);
  if (!found) throw internal("runner", `buffer ${id} is empty`);
  return found;
}
