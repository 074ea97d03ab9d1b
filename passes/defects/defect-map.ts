import type { PassContext } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import { encodedName } from "../../compiler/image/entry-names.ts";
import { levelBorders } from "../../compiler/image/level-borders.ts";
import type { LayerPlacement, MappedNetwork } from "../../compiler/ir/mapping.ts";
import { toNumbers } from "../../compiler/ir/tensor.ts";
import { type StuckWeight, stuckWeightsByPlace } from "./stuck-weights.ts";

/**
 * The stuck weights of every place of a layer, as `--defects` tells them; null where it tells nothing of the layer.
 * @throws BAD_FILE for a map of other banks, or one that tells most cells: a die, not its defects
 */
export function stuckWeightsOf(
  { target }: MappedNetwork,
  placement: LayerPlacement,
  { options }: PassContext,
): readonly (readonly StuckWeight[])[] | null {
  const values = options.defects ? mapOf(placement, options.defects) : null;
  if (!values) return null;
  const { technology, condition, laws } = target;
  const { levelOf } = levelBorders(laws.programming(technology, condition));
  return stuckWeightsByPlace(placement, values, levelOf);
}

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
