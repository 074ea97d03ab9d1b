import type { ValueId } from "../../compiler/ir/graph.ts";
import type { DigitalLayer, MatrixLayer, QuantizedNetwork } from "../../compiler/ir/network.ts";
import { readsOf } from "../../compiler/ir/network.ts";

/** Poolings and reorderings of a layer's codes, and the value of the reference graph that holds them afterwards. */
export interface MovesBehind {
  readonly moves: readonly Extract<DigitalLayer, { op: "pool" | "permute" }>[];
  readonly codes: ValueId;
}

const CODES = /\/codes$/;

/** Follows the codes of a layer with thresholds to where they are read; null where they go several ways. */
export function movesBehind(
  network: Pick<QuantizedNetwork, "layers" | "outputs" | "reference">,
  layer: MatrixLayer,
): MovesBehind | null {
  const moves: Extract<DigitalLayer, { op: "pool" | "permute" }>[] = [];
  for (let buffer = layer.to; ; ) {
    const codes = buffer.replace(CODES, "");
    if (codes !== buffer && network.reference.values.has(codes)) return { moves, codes };
    const readers = network.layers.filter((other) => readsOf(other).includes(buffer));
    const [move] = readers;
    if (readers.length !== 1 || move.kind !== "digital") return null;
    if (move.op !== "pool" && move.op !== "permute") return null;
    if (network.outputs.some((output) => output.buffer === buffer)) return null;
    moves.push(move);
    buffer = move.to;
  }
}
