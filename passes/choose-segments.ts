import { decisionClocks, sensedGroups, sweepSteps } from "../compiler/analog-costs.ts";
import type { PassContext, ProgrammingDescription, Technology } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { internal, XbcError } from "../compiler/errors.ts";
import type { LayerPlacement, MappedNetwork } from "../compiler/ir/mapping.ts";
import type { MatrixLayer } from "../compiler/ir/network.ts";
import { valuesOf } from "../compiler/physics/condition.ts";
import { inputsOverData } from "./lowering/analog-inputs.ts";
import type { LargestSums } from "./lowering/decoder-drop.ts";
import { FINEST, largestSums, segmentSizes } from "./lowering/decoder-drop.ts";

export default definePass({
  name: "choose-segments",
  summary:
    "Choose how many word lines are read together, so that the decoder drop stays within its limit",
  from: "mapped",
  to: "mapped",
  meaning: "exact",
  run: async (mapped, context) => {
    const { technology } = mapped.target;
    if (technology.array.inputsOn !== "word lines" || technology.array.activeWordLines < 2)
      return mapped;
    const placements: LayerPlacement[] = [];
    for (const [index, placement] of mapped.placements.entries()) {
      context.progress("segments", index, mapped.placements.length);
      placements.push(await segmented(mapped, placement, context));
    }
    return { ...mapped, placements };
  },
});

interface Choice {
  readonly wordLines: number;
  readonly reason: string;
}

async function segmented(
  mapped: MappedNetwork,
  placement: LayerPlacement,
  context: PassContext,
): Promise<LayerPlacement> {
  const layer = matrixOf(mapped, placement);
  const asked = context.options.segment;
  if (asked !== null && asked > placement.bankWordLines) {
    throw new XbcError(
      "BAD_OPTION",
      `--segment ${asked}: needs at most the ${placement.bankWordLines} word lines of a bank; give fewer`,
    );
  }
  const { conventions } = mapped.target.technology;
  const chosen =
    conventions.segments === "decoder drop"
      ? await byDecoderDrop(mapped, placement, context)
      : { wordLines: placement.bankWordLines, reason: "word lines of a bank are read together" };
  const wordLines = asked ?? chosen.wordLines;
  const reason =
    asked === null ? chosen.reason : `segments of ${asked}, asked for (${chosen.reason})`;
  return {
    ...placement,
    segmentWordLines: wordLines,
    clocks: clocksOf(
      { ...placement, segmentWordLines: wordLines },
      layer,
      mapped.target.technology,
    ),
    reason: `${placement.reason}; ${reason}${sweepText(layer, placement, mapped.target.technology)}`,
  };
}

/** @throws INTERNAL if a placement belongs to no matrix layer */
function matrixOf({ network }: MappedNetwork, placement: LayerPlacement): MatrixLayer {
  const found = network.layers.find(({ id }) => id === placement.layer);
  if (found?.kind !== "matrix") throw internal("choose-segments", `no layer ${placement.layer}`);
  return found;
}

/**
 * P5: so many clocks for each group of bit lines that are sensed at once and segment, and for its decision; reference groups are read once a
 * pattern beside the others. Arrays of one layer are read at once.
 */
function clocksOf(placement: LayerPlacement, layer: MatrixLayer, technology: Technology): number {
  const read = technology.parameters.readClocks?.value ?? 1;
  const decision = decisionClocks(layer, technology);
  const { tileInputs, inputs, segmentWordLines } = placement;
  const segments = Math.ceil(Math.min(tileInputs, inputs) / segmentWordLines);
  return sensedGroups(placement, technology) * (read * segments + decision);
}

/** An arg max by a rising reference takes one clock a step, beside the clocks of ten comparators (P10). */
function sweepText(layer: MatrixLayer, placement: LayerPlacement, technology: Technology): string {
  if (layer.readOut.kind !== "sweep") return "";
  const steps = sweepSteps(placement, layer);
  const clock_s = technology.parameters.readTime?.value ?? 0;
  const time = clock_s > 0 ? `, ${(1e6 * clock_s * steps).toFixed(0)} µs` : "";
  return `; the arg max by a rising reference takes up to ${steps} clocks more (one a step of a code${time}), the reading of the comparators none`;
}

const millivolt = (volts: number): string => `${(1000 * volts).toFixed(1)} mV`;

async function byDecoderDrop(
  mapped: MappedNetwork,
  placement: LayerPlacement,
  context: PassContext,
): Promise<Choice> {
  const { target } = mapped;
  const values = valuesOf(target.technology, target.condition);
  const decoder = values("decoderResistance");
  const read = values("readVoltage");
  const limit_V = values("decoderDropLimit") * read;
  const programming = target.laws.programming(target.technology, target.condition);
  const drop = (siemens: number) => siemens * read * decoder;
  const sizes = segmentSizes(placement.bankWordLines);
  const bound = largestBelow(sizes, (size) => drop(size * lrsOf(programming)), limit_V);
  const always = `every cell LRS and every input on would allow ${bound}`;
  const answers = await inputsOverData(mapped, placement, context);
  if (!answers)
    return {
      wordLines: bound,
      reason: `segments of ${bound}: ${always}; no calibration data says more`,
    };
  const sumsOf = (tried: readonly number[]): LargestSums =>
    largestSums(placement, answers, programming, tried);
  const coarse = sizes.filter((size) => size >= FINEST || sizes.length === 1);
  const sums = sumsOf(coarse);
  const worst =
    ({ weights, references }: LargestSums) =>
    (size: number) =>
      drop(Math.max(weights.get(size) ?? 0, references.get(size) ?? 0));
  const isWithin = coarse.some((size) => worst(sums)(size) <= limit_V);
  const wordLines = isWithin
    ? largestBelow(coarse, worst(sums), limit_V)
    : largestBelow(sizes, worst(sumsOf(sizes)), limit_V);
  const shown = coarse.map(
    (size) =>
      `${size}: ${millivolt(drop(sums.weights.get(size) ?? 0))} weights, ${millivolt(drop(sums.references.get(size) ?? 0))} references`,
  );
  return {
    wordLines,
    reason:
      `segments of ${wordLines}: largest decoder drop over the calibration data, limit ${millivolt(limit_V)}: ${shown.join("; ")}; ` +
      `${otherReferences(placement, sums, wordLines, drop)}${always}`,
  };
}

/** What reference cells in the other layout would drop at the chosen segment. */
function otherReferences(
  { encoding }: LayerPlacement,
  { otherLayout }: LargestSums,
  wordLines: number,
  drop: (siemens: number) => number,
): string {
  const found = otherLayout.get(wordLines);
  if (!encoding.reference || found === undefined) return "";
  const name = encoding.reference.patterns.length > 1 ? "straight" : "alternating";
  return `${name} references (--set referenceLayout=${name}): ${millivolt(drop(found))} at ${wordLines}; `;
}

/** Conductance of the level that conducts most. */
const lrsOf = ({ levels }: ProgrammingDescription): number =>
  levels.reduce((top, { range }) => Math.max(top, range.aim_S), 0);

function largestBelow(
  sizes: readonly number[],
  drop_V: (size: number) => number,
  limit_V: number,
): number {
  return sizes.find((size) => drop_V(size) <= limit_V) ?? sizes[sizes.length - 1];
}
