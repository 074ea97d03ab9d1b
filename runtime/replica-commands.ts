import type { MatrixLayer } from "../compiler/ir/network.ts";
import type { CommandContext } from "./command-context.ts";
import { flipCommands } from "./flip-commands.ts";
import { groupMatrices } from "./group-matrices.ts";
import type { Command } from "./kernels/commands.ts";
import type { PlaneTerm } from "./kernels/rows.ts";
import { planeBytes } from "./kernels/rows.ts";
import type { LayerWeights } from "./layer-weights.ts";
import { outputLayout } from "./layout.ts";
import { sinkOf } from "./place-commands.ts";
import { positionsIn } from "./places.ts";
import { deal, rowsOfCopy, takeFirst, wholeSample } from "./replica-rows.ts";
import { requantizeCommands } from "./requantize-commands.ts";

/** The products of a layer whose copies differ, each at positions of its own, and what becomes of their sums. */
export function replicaCommands(
  layer: MatrixLayer,
  copies: readonly LayerWeights[],
  terms: readonly PlaneTerm[],
  context: CommandContext,
): readonly Command[] {
  const { engine } = context;
  const positions = positionsIn(layer);
  const dealt = deal(engine, terms, positions, copies.length);
  const rows = dealt.rounds * copies.length;
  const sums = engine.localRows(layer.outputs * 4, rows);
  const products = copies.flatMap((weights, copy) => {
    const own = rowsOfCopy(sums, copy, copies.length);
    const none = { thresholds: null, sign: null, mask: null, codes: null };
    const groups = weights.packed.length;
    const reads = {
      ...{ positions: dealt.rounds, sums: own, key: weights.key },
      inputs: groups === 1 ? layer.inputs : groups * planeBytes(layer.inputs) * 8,
      ...{ sampleBase: context.sampleBase, sampleList: context.sampleList },
    };
    const from = dealt.termsOf(copy);
    return [
      ...groupMatrices(layer, weights.packed, dealt.rounds, from, { ...none, sums: own }),
      ...engine.passing(() => flipCommands(engine, from, weights.flips, reads)),
    ];
  });
  const to = context.placeOf(layer.to);
  const layout = outputLayout(layer);
  const from = wholeSample(sums, rows);
  if (layer.requantize.kind !== "sum") {
    const flow = { from, to, layout, channels: layer.outputs, inner: 1 };
    return [...dealt.before, ...products, ...requantizeCommands(layer, flow, context)];
  }
  const { rows: place, after } = sinkOf(to, layout, context);
  const move = takeFirst(engine, from, place, positions * layer.outputs, 4);
  return [...dealt.before, ...products, move, ...after];
}
