import type { MatrixLayer } from "../../compiler/ir/network.ts";
import type { Analog } from "../kernels/analog-command.ts";
import { currentBytes, listBytes } from "../kernels/analog-command.ts";
import type { Command } from "../kernels/commands.ts";
import type { Engine } from "../kernels/engine.ts";
import type { PlaneTerm, Rows } from "../kernels/rows.ts";
import type { Place } from "../places.ts";
import { positionsIn } from "../places.ts";
import { deal, rowsOfCopy, takeFirst, wholeSample } from "../replica-rows.ts";
import type { AnalogWeights } from "./packed-analog.ts";

/** Where the results of an analog layer go; what is null is not made. */
interface AnalogResults {
  /** i32[outputs] a row */
  readonly sums: Rows | null;
  /** bits of a row */
  readonly mask: Rows | null;
  /** i16[outputs] a row */
  readonly codes: Rows | null;
}

/** The command that sums and reads an analog layer at so many positions. */
function analogCommand(
  engine: Engine,
  layer: MatrixLayer,
  positions: number,
  weights: AnalogWeights,
  from: readonly PlaneTerm[],
  { sums, mask, codes }: AnalogResults,
): Analog {
  const { layout, converter } = weights;
  const rule = layer.requantize;
  const needsSums = converter !== null && sums === null;
  return {
    kind: "analog",
    positions,
    ...weights,
    from,
    currents: engine.localRows(currentBytes(layout), positions),
    lists: engine.localRows(listBytes(layout), positions),
    sums: needsSums ? engine.localRows(layout.outputs * 4, positions) : sums,
    mask,
    codes:
      codes && rule.kind !== "sum"
        ? { rows: codes, minimum: rule.range.minimum, step: rule.range.step }
        : null,
  };
}

/** Where a layer's results go, and what is to be done with them there. */
export interface AnalogRoute {
  readonly to: Place;
  /** where values are written, and what brings them into the place's own order and planes */
  readonly sink: () => { readonly rows: Rows; readonly after: readonly Command[] };
  /** from numbers of a converter to codes, in digital logic */
  readonly requantize: (sums: Rows) => readonly Command[];
}

/**
 * An analog layer: bits straight into the next layer's plane where one comparator makes them, else codes or sums.
 * @param copies of its matrix that are drawn each by itself; none: `weights` serves all positions
 */
export function analogCommands(
  engine: Engine,
  layer: MatrixLayer,
  weights: AnalogWeights,
  copies: readonly AnalogWeights[],
  from: readonly PlaneTerm[],
  route: AnalogRoute,
): readonly Command[] {
  if (copies.length > 0) return replicaCommands(engine, layer, copies, from, route);
  const { to, sink, requantize } = route;
  const positions = positionsIn(layer);
  const none = { sums: null, mask: null, codes: null };
  const command = (results: AnalogResults) =>
    analogCommand(engine, layer, positions, weights, from, results);
  const each = (rows: Rows, bytes: number): Rows =>
    positions === 1 ? rows : { ...rows, stride: layer.outputs * bytes };
  if (layer.requantize.kind === "sum") {
    const { rows, after } = sink();
    return [command({ ...none, sums: each(rows, 4) }), ...after];
  }
  if (weights.decision) {
    const bits = to.dense?.planes.format.kind === "bits" ? to.dense.planes.format.planes : [];
    const isBit = weights.decision.steps === 1 && bits.length === 1;
    // a convolution's rows are pixels with their channels together, those of a matrix stand as ONNX orders them
    const isInOrder = layer.access.kind === "dense" || positions === 1;
    if (isBit && isInOrder && !to.isRead && to.dense?.rows === positions && !to.pixels)
      return [command({ ...none, mask: bits[0] })];
    const { rows, after } = sink();
    return [command({ ...none, codes: each(rows, 2) }), ...after];
  }
  const sums = engine.localRows(positions * layer.outputs * 4);
  return [command({ ...none, sums: each(sums, 4) }), ...requantize(sums)];
}

/** The same with several copies of the matrix, each at positions of its own. */
function replicaCommands(
  engine: Engine,
  layer: MatrixLayer,
  copies: readonly AnalogWeights[],
  from: readonly PlaneTerm[],
  { sink, requantize }: AnalogRoute,
): readonly Command[] {
  const positions = positionsIn(layer);
  const { outputs } = layer;
  const dealt = deal(engine, from, positions, copies.length);
  const rows = dealt.rounds * copies.length;
  const makesCodes = layer.requantize.kind !== "sum" && copies[0].decision !== null;
  const bytes = makesCodes ? 2 : 4;
  const made = engine.localRows(outputs * bytes, rows);
  const products = copies.map((weights, copy) => {
    const own = rowsOfCopy(made, copy, copies.length);
    const results = { sums: makesCodes ? null : own, mask: null, codes: makesCodes ? own : null };
    return engine.passing(() =>
      analogCommand(engine, layer, dealt.rounds, weights, dealt.termsOf(copy), results),
    );
  });
  const whole = wholeSample(made, rows);
  if (layer.requantize.kind !== "sum" && !makesCodes)
    return [...dealt.before, ...products, ...requantize(whole)];
  const { rows: place, after } = sink();
  const move = takeFirst(engine, whole, place, positions * outputs, bytes);
  return [...dealt.before, ...products, move, ...after];
}
