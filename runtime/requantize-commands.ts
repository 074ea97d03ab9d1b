import { internal } from "../compiler/errors.ts";
import type { DigitalLayer, MatrixLayer } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "./kernels/commands.ts";
import type { Rows } from "./kernels/rows.ts";
import type { Layout } from "./layout.ts";
import { sinkOf } from "./place-commands.ts";
import type { Place } from "./places.ts";

/** From sums to codes and planes, in digital logic. */
export function requantizeCommands(
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
