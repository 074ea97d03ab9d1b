import { XbcError } from "../../compiler/errors.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { Access, MatrixLayer, Presentation, Requantize } from "../../compiler/ir/network.ts";
import { banksOfReplica, replicasOf, roundsOf } from "../../compiler/ir/replicas.ts";
import { positionsOf } from "../../compiler/layer-costs.ts";
import { matrixLayerOf } from "./compile-report.ts";
import { grouped, plural, probability } from "./figures.ts";
import type { Paint } from "./paint.ts";
import type { EvaluationReport } from "./report.ts";
import { pairs } from "./text-table.ts";

/** Why a layer lies as it does: each question with its answer. */
export interface Explanation {
  readonly layer: string;
  readonly reasons: readonly { readonly about: string; readonly reason: string }[];
}

/**
 * Why this encoding, this order, this bank, and what the thresholds do; with an evaluation, where accuracy went.
 * @throws BAD_OPTION for a name that is no matrix layer's, listing those that are
 */
export function explainLayer(
  image: ProgrammingImage,
  name: string,
  accuracy: EvaluationReport | null = null,
): Explanation {
  const placement = image.placements.find((candidate) => candidate.layer === name);
  if (!placement) {
    const known = image.placements.map((candidate) => candidate.layer).join(", ");
    throw new XbcError(
      "BAD_OPTION",
      `option --explain: needs a layer on banks (${known || "there is none"}), found "${name}"`,
    );
  }
  const layer = matrixLayerOf(image, placement);
  const say = (about: string, reason: string) => ({ about, reason });
  return {
    layer: name,
    reasons: [
      say("matrix", matrixReason(layer)),
      say("encoding", encodingReason(image, placement)),
      say("order", `${placement.configuration}; ${placement.reason}`),
      say("banks", bankReason(placement)),
      ...copiesReasons(layer, placement).map((reason) => say("copies", reason)),
      ...image.limits.considered.map(({ limit, bound }) => say("limit", `${limit}: ${bound}`)),
      say(
        "bound by",
        `${image.limits.boundBy}; margin to the next ${image.limits.margin.toPrecision(3)}`,
      ),
      say("presented", presentationReason(layer.presentation)),
      say("thresholds", thresholdReason(layer.requantize)),
      ...errorReasons(accuracy, name).map((reason) => say("errors", reason)),
    ],
  };
}

export function explanationText({ layer, reasons }: Explanation, paint: Paint): string {
  const rows = reasons.map(
    ({ about, reason }, k) => [about === reasons[k - 1]?.about ? "" : about, reason] as const,
  );
  return `${paint.strong(`layer ${layer}`)}\n${pairs(rows)}`;
}

function matrixReason({ op, outputs, inputs, access, activations }: MatrixLayer): string {
  const { minimum, maximum, step } = activations;
  return (
    `${op} of ${grouped(outputs)} outputs x ${grouped(inputs)} inputs, ${accessReason(access)}; ` +
    `input codes ${minimum} to ${maximum} in steps of ${step}`
  );
}

function accessReason(access: Access): string {
  switch (access.kind) {
    case "dense":
      return `applied at ${plural(access.positions, "position")}`;
    case "window":
      return (
        `a window of ${access.kernel.join(" x ")} over ${plural(access.channels, "channel")}, ` +
        `${plural(
          access.output.reduce((size, length) => size * length, 1),
          "position",
        )}, ` +
        `${plural(access.groups, "group")}; padding is masked`
      );
  }
}

function encodingReason({ technology }: ProgrammingImage, { encoding }: LayerPlacement): string {
  const { name, alphabet, cellsPerWeight, convention } = encoding;
  return (
    `${name}: the first of ${technology.encodings.join(", ")} that holds ${alphabet.name} weights; ` +
    `${plural(cellsPerWeight, "cell")} a weight; ${convention}; read-out ${technology.readOut}`
  );
}

function bankReason(placement: LayerPlacement): string {
  const { banks, bankWordLines, bankBitLines, tileInputs, tileOutputs, clocks } = placement;
  return (
    `${plural(banks, "bank")} of ${bankWordLines} word lines x ${bankBitLines} bit lines; a full tile holds ` +
    `${grouped(tileInputs)} inputs x ${plural(tileOutputs, "output")}; ${plural(clocks, "clock")} a presentation`
  );
}

function copiesReasons(layer: MatrixLayer, placement: LayerPlacement): readonly string[] {
  const copies = replicasOf(placement);
  if (copies === 1) return [];
  const positions = positionsOf(layer);
  return [
    `${copies} of the matrix, ${plural(banksOfReplica(placement), "bank")} each; position p is read on copy p mod ${copies}, so that ` +
      `${plural(positions, "position")} take ${plural(roundsOf(positions, copies), "round")}; each copy has devices and reads of its own`,
  ];
}

function presentationReason(presentation: Presentation): string {
  switch (presentation.kind) {
    case "once":
      return "once a position: the input codes go on the lines as they are";
    case "planes":
      return (
        `${plural(presentation.significances.length, "plane")} a position, ${presentation.digits} digits of ` +
        `significance ${presentation.significances.join(", ")}`
      );
    case "stochastic":
      return `${plural(presentation.presentations, "random presentation")} a position, outputs summed (R5)`;
    case "spikes":
      return `${plural(presentation.steps, "time step")} of spikes (S6)`;
  }
}

const never = 2 ** 31 - 1;

function thresholdReason(requantize: Requantize): string {
  switch (requantize.kind) {
    case "sum":
      return "none: the sums leave the layer as they are";
    case "thresholds": {
      const { thresholds, directions } = requantize;
      const finite = Array.from(thresholds).filter((t) => t > -never - 1 && t < never);
      const falling = Array.from(directions).filter((direction) => direction < 0).length;
      const span = finite.length === 0 ? "" : `, from ${lowest(finite)} to ${highest(finite)}`;
      return (
        `${plural(thresholds.length, "integer threshold")} on exact sums${span}, found by bisection on the model's ` +
        `own operators; ${plural(falling, "falling output")}, ` +
        `${plural(thresholds.length - finite.length, "threshold")} that no sum decides`
      );
    }
    case "table":
      return (
        `a table over sums ${requantize.minimum} to ${requantize.maximum}: the chain of operators behind this layer ` +
        "is not monotone"
      );
  }
}

const lowest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));
const highest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

function errorReasons(accuracy: EvaluationReport | null, name: string): readonly string[] {
  const found = accuracy?.layers.find((layer) => layer.name === name);
  if (!found) return [];
  const { type1, type2, type3 } = found.errorTypes;
  return [
    `${probability(found.weightErrorRate)} of the weights read wrong: ±1 as ∓1 ${probability(type1)}, ` +
      `±1 as 0 ${probability(type2)}, 0 as ±1 ${probability(type3)}`,
  ];
}
