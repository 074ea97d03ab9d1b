import { sizeOf } from "../compiler/ir/tensor.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { Rows } from "./kernels/rows.ts";
import type { Layout, Movement } from "./layout.ts";
import { isSameOrder, reorder } from "./layout.ts";
import type { Packing, Place } from "./places.ts";

/** Where a layer writes its results, and what is to be done with them afterwards. */
export interface Sink {
  readonly rows: Rows;
  readonly after: readonly Command[];
}

/** A place as a layer fills it whose results lie in some layout: they are brought into the place's own, and packed. */
export function sinkOf(to: Place, layout: Layout, { engine }: CommandContext): Sink {
  if (isSameOrder(layout, to.layout)) return { rows: to.values, after: packCommands(to, engine) };
  const movement = movementOf(to, engine);
  const rows = engine.localRows(movement.elements * movement.bytes);
  const moves = reorder(rows, layout, to.values, to.layout, movement);
  return { rows, after: [...moves, ...packCommands(to, engine)] };
}

/** The values of a place in a layout, and what brings them there. */
export function sourceOf(
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

/** The same bytes seen as one row a position. */
export function perPosition(rows: Rows, stride: number, positions: number): Rows {
  return positions === 1 ? rows : { ...rows, stride };
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

export function packCommand(
  { planes, rows: positions }: Packing,
  values: Rows,
  elements: number,
  type: "int16" | "uint8",
): Command {
  const each = elements / positions;
  const from = perPosition(values, each * (type === "uint8" ? 1 : 2), positions);
  return { kind: "pack", positions, from, type, elements: each, format: planes.format };
}
