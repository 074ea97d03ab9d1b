import type { ProgrammingImage } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { MatrixLayer } from "../ir/network.ts";
import { placementFault } from "../ir/placement-fault.ts";
import { replicasOf } from "../ir/replicas.ts";
import type { Need } from "./check-range.ts";
import { positionsOf } from "./loop-counts.ts";

/** One placement and one set of cells for each matrix layer, in their order, of its size and its alphabet. */
export function checkPlacements(image: ProgrammingImage, need: Need): void {
  const matrices = image.layers.filter((layer): layer is MatrixLayer => layer.kind === "matrix");
  const { placements, cells } = image;
  const order = (list: readonly { readonly layer: string }[]) =>
    list.map(({ layer }) => layer).join(", ");
  const names = matrices.map(({ id }) => id).join(", ");
  need(
    order(placements) === names,
    "placements",
    `one for each matrix layer: ${names}`,
    order(placements),
  );
  need(order(cells) === names, "cells", `one for each matrix layer: ${names}`, order(cells));
  const banks = placements.reduce((sum, placement) => sum + placement.banks, 0);
  need(banks <= mostBanks, "placements", `at most ${mostBanks} banks`, banks);
  placements.forEach((placement, k) => {
    checkPlacement(placement, matrices[k], need);
    const fits = cells[k].banks === placement.banks;
    need(fits, `layer ${placement.layer}`, `${placement.banks} banks of cells`, cells[k].banks);
  });
}

function checkPlacement(placement: LayerPlacement, layer: MatrixLayer, need: Need): void {
  const where = `layer ${layer.id}, placement`;
  const fault = placementFault(placement);
  need(fault === null, where, "a placement that fits its banks", fault);
  const inputs = layer.inputs + layer.alwaysOn;
  need(placement.inputs === inputs, where, `${inputs} inputs`, placement.inputs);
  const { alwaysOn } = placement;
  need(alwaysOn === layer.alwaysOn, where, `${layer.alwaysOn} always-on inputs`, alwaysOn);
  need(placement.outputs === layer.outputs, where, `${layer.outputs} outputs`, placement.outputs);
  const replicas = replicasOf(placement);
  const positions = positionsOf(layer.access);
  need(replicas <= positions, where, `at most a copy for each of ${positions} positions`, replicas);
  const cells = placement.bankWordLines * placement.bankBitLines;
  need(cells <= mostBankCells, where, `banks of at most ${mostBankCells} cells`, cells);
  const held = new Set(placement.encoding.alphabet.levels);
  const { levels } = layer.alphabet;
  need(
    levels.every((level) => held.has(level)),
    where,
    `an encoding that holds ${layer.alphabet.name}`,
    placement.encoding.name,
  );
}

/** most banks of an image: 10^8 weights in banks of 8 x 8 cells are fewer */
export const mostBanks = 2 ** 24;

/** most cells of one bank */
export const mostBankCells = 2 ** 30;
