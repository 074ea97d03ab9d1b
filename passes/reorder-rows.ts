import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import type { LayerPlacement, MappedNetwork } from "../compiler/ir/mapping.ts";
import { valuesOf } from "../compiler/physics/condition.ts";
import { inputsOverData } from "./lowering/analog-inputs.ts";
import type { LayerInputs } from "./lowering/decoder-drop.ts";
import { FINEST, largestSums, segmentSizes } from "./lowering/decoder-drop.ts";
import { spreadRows } from "./lowering/spread-rows.ts";

export default definePass({
  name: "reorder-rows",
  summary: "--reorder-rows: spread inputs that are on together over read segments",
  from: "mapped",
  to: "mapped",
  meaning: "exact",
  run: async (mapped, context) => {
    if (!context.options.reorderRows) return mapped;
    const { technology } = mapped.target;
    if (technology.conventions.segments !== "decoder drop") {
      context.warn(
        `--reorder-rows changes nothing: the read segments of ${technology.name} are not bound by a decoder's drop`,
      );
      return mapped;
    }
    const placements: LayerPlacement[] = [];
    for (const [index, placement] of mapped.placements.entries()) {
      context.progress("rows", index, mapped.placements.length);
      placements.push(await reordered(mapped, placement, context));
    }
    return { ...mapped, placements };
  },
});

/** The placement with its rows spread, where that lowers the largest drop of some segment and raises none. */
async function reordered(
  mapped: MappedNetwork,
  placement: LayerPlacement,
  context: PassContext,
): Promise<LayerPlacement> {
  const data = await inputsOverData(mapped, placement, context);
  if (!data) {
    context.warn(
      `--reorder-rows, layer ${placement.layer}: needs what the layer reads over calibration data, found none; its rows stay as they are`,
    );
    return placement;
  }
  const lines = spreadRows(data, placement, FINEST);
  const moved = { ...placement, lines };
  const sizes = segmentSizes(placement.bankWordLines).filter((size) => size >= FINEST);
  const before = drops(mapped, placement, data, sizes);
  const after = drops(mapped, moved, data, sizes);
  const told = sizes
    .map((size, k) => `${size}: ${millivolt(before[k])} to ${millivolt(after[k])}`)
    .join("; ");
  if (!after.some((drop, k) => drop < before[k]) || after.some((drop, k) => drop > before[k])) {
    context.warn(
      `--reorder-rows, layer ${placement.layer}: rows stay as they are, since spreading them raises a drop (${told})`,
    );
    return placement;
  }
  return {
    ...moved,
    reason: `${placement.reason}; rows reordered, largest decoder drop ${told}`,
  };
}

const millivolt = (volts: number): string => `${(1000 * volts).toFixed(1)} mV`;

/** Largest decoder drop on any bit line, by size of segment, in volts (P4). */
function drops(
  { target }: MappedNetwork,
  placement: LayerPlacement,
  data: LayerInputs,
  sizes: readonly number[],
): readonly number[] {
  const values = valuesOf(target.technology, target.condition);
  const programming = target.laws.programming(target.technology, target.condition);
  const { weights, references } = largestSums(placement, data, programming, sizes);
  const volts = values("readVoltage") * values("decoderResistance");
  return sizes.map((size) => volts * Math.max(weights.get(size) ?? 0, references.get(size) ?? 0));
}
