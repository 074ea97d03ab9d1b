import type { LayerPlacement } from "../ir/mapping.ts";
import { banksOfReplica, replicaOfBank, replicasOf } from "../ir/replicas.ts";
import { damaged } from "./damaged.ts";

/**
 * Checks banks in any order: those of every copy of a matrix must hold what those of the copy hold that came first.
 * @param where the file and the layer, for errors
 * @returns throws BAD_FILE naming a cell of a copy that differs; keeps one copy of the banks in memory
 */
export function replicaCheck(
  placement: LayerPlacement,
  where: string,
): (levels: Uint8Array, bank: number) => void {
  if (replicasOf(placement) === 1) return () => {};
  const each = banksOfReplica(placement);
  const known = new Map<number, { readonly bank: number; readonly levels: Uint8Array }>();
  return (levels, bank) => {
    const before = known.get(bank % each);
    if (!before) {
      known.set(bank % each, { bank, levels: levels.slice() });
      return;
    }
    const cell = levels.findIndex((level, c) => level !== before.levels[c]);
    if (cell < 0) return;
    const { bankBitLines } = placement;
    throw damaged(
      `${where}, bank ${bank}, word line ${Math.floor(cell / bankBitLines)}, bit line ${cell % bankBitLines}`,
      `needs level ${before.levels[cell]} as bank ${before.bank} holds it, since copy ${replicaOfBank(placement, bank)} of the ` +
        `matrix must hold what copy ${replicaOfBank(placement, before.bank)} holds, found ${levels[cell]}`,
    );
  };
}
