import { internal } from "../compiler/errors.ts";
import type { BufferId, DigitalLayer } from "../compiler/ir/network.ts";
import { levelsOf } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import { sizeOf, toFloat32 } from "../compiler/ir/tensor.ts";
import { byteTable, signBits } from "./activations.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { Rows } from "./kernels/rows.ts";
import { isSameOrder, reorder } from "./layout.ts";
import { packCommand, sinkOf } from "./place-commands.ts";
import type { Place } from "./places.ts";

export function encodeCommands(
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
