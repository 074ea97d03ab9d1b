import type { MatrixLayer } from "../compiler/ir/network.ts";
import type { Command, Matrix, PackedWeights } from "./kernels/commands.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { planeBytes, within } from "./kernels/rows.ts";

/** Where the results of a matrix go; what is null is not made. */
export type MatrixResults = Pick<Matrix, "sums" | "thresholds" | "sign" | "mask" | "codes">;

/** One matrix a group, each reading its own inputs and writing its own outputs. */
export function groupMatrices(
  layer: MatrixLayer,
  groups: readonly PackedWeights[],
  positions: number,
  terms: readonly PlaneTerm[],
  results: MatrixResults,
): readonly Command[] {
  const perGroup = layer.outputs / groups.length;
  const inputBytes = planeBytes(layer.inputs);
  return groups.map((packed, group): Command => {
    const first = group * perGroup;
    const part = (rows: Rows | null) => rows && within(rows, group * inputBytes);
    return {
      kind: "matrix",
      positions,
      from: terms.map((term) => ({ ...term, sign: part(term.sign), mask: part(term.mask) })),
      weights: packed,
      sums: results.sums && within(results.sums, first * 4),
      thresholds: results.thresholds && {
        ...results.thresholds,
        at: results.thresholds.at + first * 4,
      },
      sign: results.sign,
      mask: results.mask,
      codes: results.codes && {
        ...results.codes,
        rows: within(results.codes.rows, first * 2),
      },
    };
  });
}
