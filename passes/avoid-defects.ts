import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { encodedName } from "../compiler/image/entry-names.ts";
import { levelBorders } from "../compiler/image/level-borders.ts";
import type { LayerPlacement, MappedNetwork } from "../compiler/ir/mapping.ts";
import type { CodeMatrix } from "../compiler/ir/network.ts";
import { placesOf } from "../compiler/ir/placement.ts";
import { toNumbers } from "../compiler/ir/tensor.ts";
import { assignOutputs } from "./defects/assign.ts";
import { conflictsOf, type DefectiveCell, defectsByPlace } from "./defects/conflicts.ts";

export default definePass({
  name: "avoid-defects",
  summary:
    "Put each output where the stuck cells of a die agree with its weights, or on spare lines",
  from: "mapped",
  to: "mapped",
  meaning: "exact",
  run: async (mapped, context) => {
    const { defects } = context.options;
    if (!defects) return mapped;
    const placements = mapped.placements.map((placement) => {
      const conductances = mapOf(placement, defects);
      return conductances ? avoid(mapped, placement, conductances, context) : placement;
    });
    return { ...mapped, placements };
  },
});

/** @throws BAD_FILE for a map of other banks, or one that tells most cells: a die, not its defects */
function mapOf(
  placement: LayerPlacement,
  defects: NonNullable<PassContext["options"]["defects"]>,
): Float32Array | null {
  const key = `${encodedName(placement.layer)}.conductance_S`;
  const found = defects.get(key);
  if (!found) return null;
  const shape = [placement.banks, placement.bankWordLines, placement.bankBitLines];
  const refuse = (needed: string, what: string): never => {
    throw new XbcError(
      "BAD_FILE",
      `--defects, array ${key}: needs ${needed}, found ${what}; xbc verify IMAGE --readback DIE --map MAP writes one`,
    );
  };
  if (found.shape.join() !== shape.join())
    return refuse(`the banks of this layer, ${shape.join(" x ")}`, found.shape.join(" x "));
  const values = Float32Array.from(toNumbers(found));
  const told = values.reduce((sum, g) => sum + (Number.isNaN(g) ? 0 : 1), 0);
  if (told > values.length / 2)
    return refuse("stuck cells alone, NaN elsewhere", `${told} of ${values.length} cells`);
  return values;
}

function avoid(
  mapped: MappedNetwork,
  placement: LayerPlacement,
  conductances: Float32Array,
  context: PassContext,
): LayerPlacement {
  const codes = mapped.network.weights.get(placement.layer);
  if (!codes) return placement;
  if (placement.configuration === "gated") {
    throw new XbcError(
      "UNSUPPORTED",
      `--defects, layer ${placement.layer}: outputs are moved where they lie on word lines or in banks of their own (2t2r), ` +
        `found outputs on the bit lines of ${mapped.target.name}; leave --defects out`,
    );
  }
  const { technology, condition, laws } = mapped.target;
  const borders = levelBorders(laws.programming(technology, condition));
  const places = defectsByPlace(placement, conductances, borders.levelOf);
  const before = conflictCount(placement, codes, places, null);
  const slots = assignOutputs(codes.outputs, places.length, (output, place) =>
    conflictsOf(placement, codes, output, places[place]),
  );
  const moved = { ...placement, slots };
  const after = conflictCount(placement, codes, places, slots);
  if (after >= before) return placement;
  const taken = placesOf(moved);
  const clocks =
    placement.configuration === "parallel-to-sequential"
      ? Math.min(taken, placement.tileOutputs)
      : placement.clocks;
  const spare = slots.filter((slot) => slot >= placement.outputs).length;
  const stuck = places.reduce((sum, cells) => sum + cells.length, 0);
  context.warn(
    `layer ${placement.layer}: of ${stuck} stuck cells ${before} disagreed with their weights, ${after} do after ` +
      `moving outputs; ${spare} outputs on spare lines, ${clocks} clocks instead of ${placement.clocks}`,
  );
  return { ...moved, clocks };
}

function conflictCount(
  placement: LayerPlacement,
  codes: CodeMatrix,
  places: readonly (readonly DefectiveCell[])[],
  slots: readonly number[] | null,
): number {
  let sum = 0;
  for (let o = 0; o < codes.outputs; o++)
    sum += conflictsOf(placement, codes, o, places[slots ? slots[o] : o]);
  return sum;
}
