import type { Access, Layer, Presentation } from "../ir/network.ts";
import { sizeOf } from "../ir/tensor.ts";
import type { LoopCounts } from "./manifest.ts";

/** How often the schedule of each matrix layer runs for one inference. */
export function loopCounts(layers: readonly Layer[]): readonly LoopCounts[] {
  return layers.flatMap((layer) =>
    layer.kind === "matrix"
      ? [
          {
            layer: layer.id,
            positions: positionsOf(layer.access),
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
