import type { ProgrammingImage } from "../ir/image.ts";
import type { Access, LayerId, Presentation } from "../ir/network.ts";
import { replicasOf } from "../ir/replicas.ts";
import { sizeOf } from "../ir/tensor.ts";
import type { LoopCounts } from "./manifest.ts";

/** How often the schedule of each matrix layer runs for one inference. */
export function loopCounts({
  layers,
  placements,
}: Pick<ProgrammingImage, "layers" | "placements">): readonly LoopCounts[] {
  const replicas = new Map(placements.map((placement) => [placement.layer, replicasOf(placement)]));
  const several = (id: LayerId) => {
    const count = replicas.get(id) ?? 1;
    return count > 1 ? { replicas: count } : {};
  };
  return layers.flatMap((layer) =>
    layer.kind === "matrix"
      ? [
          {
            layer: layer.id,
            positions: positionsOf(layer.access),
            ...several(layer.id),
            ...repetitions(layer.presentation),
          },
        ]
      : [],
  );
}

/** Places of one sample at which a layer's matrix is applied. */
export function positionsOf(access: Access): number {
  return access.kind === "dense" ? access.positions : sizeOf(access.output);
}

function repetitions(presentation: Presentation): { planes: number; repeats: number } {
  switch (presentation.kind) {
    case "once":
      return { planes: 1, repeats: 1 };
    case "planes":
      return { planes: presentation.significances.length, repeats: 1 };
    case "stochastic":
      return { planes: 1, repeats: presentation.presentations };
    // its positions are the steps
    case "spikes":
      return { planes: 1, repeats: 1 };
  }
}
