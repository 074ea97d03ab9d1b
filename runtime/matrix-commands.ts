import { internal } from "../compiler/errors.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import { overThreeAxes } from "../compiler/ir/window.ts";
import { analogCommands } from "./analog/analog-commands.ts";
import type { CommandContext } from "./command-context.ts";
import { flipCommands } from "./flip-commands.ts";
import type { MatrixResults } from "./group-matrices.ts";
import { groupMatrices } from "./group-matrices.ts";
import type { Command } from "./kernels/commands.ts";
import type { Rows } from "./kernels/rows.ts";
import { planeBytes } from "./kernels/rows.ts";
import type { Layout } from "./layout.ts";
import { outputLayout } from "./layout.ts";
import { perPosition, sinkOf } from "./place-commands.ts";
import type { Place } from "./places.ts";
import { positionsIn, termsOf } from "./places.ts";
import { replicaCommands } from "./replica-commands.ts";
import { requantizeCommands } from "./requantize-commands.ts";

/** Commands of the windows' planes, then of the products. */
export function matrixCommands(layer: MatrixLayer, context: CommandContext): readonly Command[] {
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
    const copies = weights.replicas.flatMap(({ analog }) => analog ?? []);
    return analogCommands(context.engine, layer, weights.analog, copies, terms, {
      to,
      sink: () => sinkOf(to, flow.layout, context),
      requantize: (from) => requantizeCommands(layer, { ...flow, from }, context),
    });
  }
  if (weights.replicas.length > 0) return replicaCommands(layer, weights.replicas, terms, context);
  const table = context.thresholds.get(layer.id) ?? null;
  const layout = outputLayout(layer);
  const groups = weights.packed.length;
  const inputBytes = planeBytes(layer.inputs);
  const matrices = (results: MatrixResults): readonly Command[] =>
    groupMatrices(layer, weights.packed, positions, terms, results);
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
