import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type { LayerPlacement, MappedNetwork } from "../compiler/ir/mapping.ts";
import type { CodeMatrix } from "../compiler/ir/network.ts";
import { blocksOf, placesOf } from "../compiler/ir/placement.ts";
import { assignOutputs } from "./defects/assign.ts";
import { stuckWeightsOf } from "./defects/defect-map.ts";
import { type Settled, settler } from "./defects/settle.ts";
import { FREE, type StuckWeight } from "./defects/stuck-weights.ts";

export default definePass({
  name: "avoid-defects",
  summary:
    "Put each output where the stuck cells of a die agree with its weights, or on spare lines",
  from: "mapped",
  to: "mapped",
  meaning: "exact",
  run: async (mapped, context) => {
    if (!context.options.defects) return mapped;
    const placements: LayerPlacement[] = [];
    for (const [index, placement] of mapped.placements.entries()) {
      context.progress("defects", index, mapped.placements.length);
      const places = stuckWeightsOf(mapped, placement, context);
      const codes = mapped.network.weights.get(placement.layer);
      placements.push(
        places && codes ? avoid(mapped, placement, codes, places, context) : placement,
      );
    }
    return { ...mapped, placements };
  },
});

function avoid(
  mapped: MappedNetwork,
  placement: LayerPlacement,
  codes: CodeMatrix,
  places: readonly (readonly StuckWeight[])[],
  context: PassContext,
): LayerPlacement {
  const settle = settler(placement.encoding);
  const slots = placeOutputs(placement, places, (output, place) => {
    const beyond = Math.max(0, place - placement.outputs + 1);
    return errorOf(codes, settle, output, places[place]) + FARTHER * beyond;
  });
  const before = conflictsOf(placement, codes, places);
  const moved = { ...placement, slots };
  const after = conflictsOf(moved, codes, places);
  if (totalOf(moved, codes, places, settle) >= totalOf(placement, codes, places, settle))
    return placement;
  const spare = slots.filter((slot) => slot >= placement.outputs).length;
  const clocks = clocksOf(moved, mapped.target.technology.array.sensedBitLines);
  context.warn(
    `layer ${placement.layer}: of ${stuckCells(places)} stuck cells ${before} disagreed with their weights, ${after} do after ` +
      `moving outputs; ${spare} outputs on spare lines, ${clocks} clocks instead of ${placement.clocks}`,
  );
  return { ...moved, clocks };
}

/** what a spare line costs beside squares of codes: of lines that are as good the nearest is taken, since all up to it are read */
const FARTHER = 1e-3;

/** Outputs on bit lines stay in their array, which has inputs, a reference and read-out channels of its own. */
function placeOutputs(
  placement: LayerPlacement,
  places: readonly (readonly StuckWeight[])[],
  cost: (output: number, place: number) => number,
): readonly number[] {
  const { outputs, tileOutputs, configuration } = placement;
  if (configuration !== "gated") return assignOutputs(outputs, places.length, cost);
  return Array.from({ length: blocksOf(placement).outputs }, (_, block) => {
    const first = block * tileOutputs;
    const own = assignOutputs(Math.min(tileOutputs, outputs - first), tileOutputs, (o, p) =>
      cost(first + o, first + p),
    );
    return own.map((place) => first + place);
  }).flat();
}

/** Spare lines that are taken are lines that are read. */
function clocksOf(placement: LayerPlacement, sensedBitLines: number): number {
  const { configuration, tileOutputs, encoding, outputs, clocks } = placement;
  const taken = Math.min(placesOf(placement), tileOutputs);
  if (configuration === "parallel-to-sequential") return taken;
  if (configuration === "sequential-to-parallel") return clocks;
  const groups = (places: number) => Math.ceil((places * encoding.cellsPerWeight) / sensedBitLines);
  return (clocks / groups(Math.min(outputs, tileOutputs))) * groups(taken);
}

type Settle = (held: readonly number[], wanted: number) => Settled;

function errorOf(
  codes: CodeMatrix,
  settle: Settle,
  output: number,
  place: readonly StuckWeight[],
): number {
  const first = output * codes.inputs;
  let error = 0;
  for (const { input, held } of place) error += settle(held, codes.data[first + input]).error;
  return error;
}

/** Sum of the squares of what weights are off at their places. */
function totalOf(
  { slots, outputs }: LayerPlacement,
  codes: CodeMatrix,
  places: readonly (readonly StuckWeight[])[],
  settle: Settle,
): number {
  let sum = 0;
  for (let o = 0; o < outputs; o++) sum += errorOf(codes, settle, o, places[slots ? slots[o] : o]);
  return sum;
}

const stuckCells = (places: readonly (readonly StuckWeight[])[]): number =>
  places.reduce(
    (sum, place) =>
      sum + place.reduce((own, { held }) => own + held.filter((level) => level !== FREE).length, 0),
    0,
  );

/** Cells that are stuck at another level than their weights' codes have. */
function conflictsOf(
  { slots, outputs, encoding }: LayerPlacement,
  codes: CodeMatrix,
  places: readonly (readonly StuckWeight[])[],
): number {
  const patterns = new Map(encoding.alphabet.levels.map((code, k) => [code, encoding.patterns[k]]));
  let sum = 0;
  for (let o = 0; o < outputs; o++) {
    for (const { input, held } of places[slots ? slots[o] : o]) {
      const pattern = patterns.get(codes.data[o * codes.inputs + input]) ?? [];
      sum += held.filter((level, c) => level !== FREE && level !== pattern[c]).length;
    }
  }
  return sum;
}
