import { internal, XbcError } from "../compiler/errors.ts";
import type { BufferId, DigitalLayer } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { Rows } from "./kernels/rows.ts";
import { within } from "./kernels/rows.ts";
import type { Sink } from "./place-commands.ts";
import type { Place } from "./places.ts";

type Op<Name extends DigitalLayer["op"]> = Extract<DigitalLayer, { readonly op: Name }>;

/** Bytes straight to the planes that a matrix layer reads, a step at a time; null where codes are read as well. */
export function directSpikes(
  layer: Op<"spikes">,
  { isRead, dense, pixels, buffer }: Place,
  context: Pick<CommandContext, "uploaded" | "engine">,
): readonly Command[] | null {
  const { steps, table } = layer;
  const elements = sizeOf(buffer.shape) / steps;
  if (isRead || pixels || dense?.rows !== steps || dense.planes.format.kind !== "bits") return null;
  const [plane, ...more] = dense.planes.format.planes;
  if (more.length > 0) return null;
  const from = { at: bytesOf(layer, context), stride: elements, local: false };
  return Array.from({ length: steps }, (_, step): Command => {
    const bits = new Uint8Array(32);
    for (let byte = 0; byte < 256; byte++)
      bits[byte >> 3] |= table[step * 256 + byte] << (byte & 7);
    return {
      kind: "pack-bytes",
      positions: 1,
      from,
      to: within({ ...plane, stride: plane.stride * steps }, step * plane.stride),
      elements,
      table: context.engine.upload(bits),
    };
  });
}

/** Bytes to spikes: each step reads the bytes again, through its own table. */
export function spikeCommands(
  layer: Op<"spikes">,
  elements: number,
  { rows: spikes, after }: Sink,
  context: Pick<CommandContext, "uploaded" | "engine">,
): readonly Command[] {
  const { engine } = context;
  const inner = elements / layer.steps;
  const order = Int32Array.from({ length: elements }, (_, e) => e % inner);
  const repeated = engine.localRows(Math.ceil(elements / 16) * 16);
  return [
    {
      kind: "permute",
      positions: 1,
      from: { at: bytesOf(layer, context), stride: inner, local: false },
      to: repeated,
      elements,
      bytes: 1,
      order: engine.upload(order),
      fill: 0,
    },
    {
      kind: "threshold-bytes",
      positions: 1,
      from: repeated,
      to: spikes,
      elements,
      channels: layer.steps,
      inner,
      table: engine.upload(Int16Array.from(layer.table)),
    },
    ...after,
  ];
}

/** Where the bytes of a layer's input lie. */
function bytesOf(
  { id, from }: Op<"spikes">,
  { uploaded, engine }: Pick<CommandContext, "uploaded" | "engine">,
): number {
  const input = uploaded.get(from);
  if (!input) throw internal("runner", `layer ${id} lacks its input`);
  const { rows, at } = input;
  return rows.kind === "bytes" ? at : engine.upload(wholeBytes(from, rows.data));
}

/** Neurons over the steps of one sample. */
export const fireCommand = (
  { steps, thresholds, reset }: Op<"integrate-fire">,
  from: Rows,
  to: Rows,
  engine: Engine,
): Command => ({
  kind: "integrate-fire",
  positions: 1,
  from,
  to,
  steps,
  neurons: thresholds.length,
  thresholds: engine.upload(thresholds),
  reset,
});

/** @throws BAD_INPUT at the first number that is no byte */
function wholeBytes(input: BufferId, data: Float32Array): Uint8Array {
  const bytes = Uint8Array.from(data);
  const odd = data.findIndex((value, e) => value !== bytes[e]);
  if (odd < 0) return bytes;
  throw new XbcError(
    "BAD_INPUT",
    `input ${input}, element ${odd}: needs whole numbers 0 to 255 to turn into spikes, found ${data[odd]}; give bytes`,
  );
}
