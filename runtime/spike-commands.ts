import { internal, XbcError } from "../compiler/errors.ts";
import type { BufferId, DigitalLayer } from "../compiler/ir/network.ts";
import type { Command, Rows } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { CommandContext, Sink } from "./layer-commands.ts";

type Op<Name extends DigitalLayer["op"]> = Extract<DigitalLayer, { readonly op: Name }>;

/** Bytes to spikes: each step reads the bytes again, through its own table. */
export function spikeCommands(
  layer: Op<"spikes">,
  elements: number,
  { rows: spikes, after }: Sink,
  { uploaded, engine }: Pick<CommandContext, "uploaded" | "engine">,
): readonly Command[] {
  const input = uploaded.get(layer.from);
  if (!input) throw internal("runner", `layer ${layer.id} lacks its input`);
  const { rows } = input;
  const bytes = rows.kind === "bytes" ? input.at : engine.upload(wholeBytes(layer.from, rows.data));
  const inner = elements / layer.steps;
  const order = Int32Array.from({ length: elements }, (_, e) => e % inner);
  const repeated = engine.localRows(Math.ceil(elements / 16) * 16);
  return [
    {
      kind: "permute",
      positions: 1,
      from: { at: bytes, stride: inner, local: false },
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
