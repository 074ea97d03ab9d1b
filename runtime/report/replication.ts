import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import { banksOfReplica, replicasOf, roundsOf } from "../../compiler/ir/replicas.ts";
import { layerClocks, positionsOf } from "../../compiler/layer-costs.ts";
import { matrixLayerOf } from "./compile-report.ts";
import { timingOf } from "./cost-model.ts";
import { programmingTotals } from "./programming-totals.ts";
import type { ReplicationReport } from "./report.ts";

/**
 * What copies of matrices gain and take: each layer that has some, and the whole image with one copy of everything.
 * @param levels of each layer's cells, all copies together: how many stand at each level
 * @returns null where `--replicate` was not asked for, and no layer has copies
 */
export function replicationReport(
  image: ProgrammingImage,
  levels: readonly Float64Array[],
): ReplicationReport | null {
  const { placements, options } = image;
  const asked = options.replicate;
  if (asked === undefined && placements.every((placement) => replicasOf(placement) === 1))
    return null;
  const singles = placements.map(single);
  const costs = image.costs.map((cost, k) => ({
    ...cost,
    clocks: layerClocks(singles[k], matrixLayerOf(image, placements[k]), image.technology),
    cells: cost.cells / replicasOf(placements[k]),
    capacity: cost.capacity / replicasOf(placements[k]),
  }));
  const sum = (of: (cost: (typeof costs)[number]) => number) =>
    costs.reduce((total, cost) => total + of(cost), 0);
  const counts = new Float64Array(256);
  levels.forEach((own, k) => {
    own.forEach((count, level) => {
      counts[level] += count / replicasOf(placements[k]);
    });
  });
  const programming = programmingTotals(counts, image.programming);
  const { cellArea_m2 } = image.costModel;
  return {
    asked: String(asked ?? "not recorded"),
    layers: placements.flatMap((placement, k) => {
      const replicas = replicasOf(placement);
      if (replicas === 1) return [];
      const positions = positionsOf(matrixLayerOf(image, placement));
      return [
        {
          name: placement.layer,
          replicas,
          positions,
          rounds: roundsOf(positions, replicas),
          clocks: image.costs[k].clocks,
          clocksOfOne: costs[k].clocks,
          cells: image.costs[k].cells,
          cellsOfOne: costs[k].cells,
        },
      ];
    }),
    one: {
      cells: sum(({ cells }) => cells),
      banks: singles.reduce((total, { banks }) => total + banks, 0),
      ...timingOf({ costModel: image.costModel, placements: singles, costs }),
      pulses: programming.pulses,
      programmingTime_s: programming.time_s,
      programmingEnergy_J: programming.energy_J,
      area_m2: cellArea_m2 === null ? null : cellArea_m2 * sum(({ capacity }) => capacity),
    },
  };
}

/** The placement with one copy of its matrix. */
function single(placement: LayerPlacement): LayerPlacement {
  const { replicas, ...others } = placement;
  return replicas === undefined ? placement : { ...others, banks: banksOfReplica(placement) };
}
