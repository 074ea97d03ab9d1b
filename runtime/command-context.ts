import type { BufferId } from "../compiler/ir/network.ts";
import type { Tensor } from "../compiler/ir/tensor.ts";
import type { InputRows } from "./input.ts";
import type { ThresholdTable } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";
import type { LayerWeights } from "./layer-weights.ts";
import type { Place, Places } from "./places.ts";

/** What the commands of a layer are made from, beside the layer. */
export interface CommandContext {
  readonly places: Places;
  readonly placeOf: (id: BufferId) => Place;
  readonly thresholds: ReadonlyMap<string, ThresholdTable>;
  readonly weights: ReadonlyMap<string, LayerWeights>;
  readonly engine: Engine;
  readonly sampleBase: number;
  /** u32[samples] their numbers instead, where they do not follow each other */
  readonly sampleList: number | null;
  readonly uploaded: ReadonlyMap<BufferId, Uploaded>;
  readonly floats: ReadonlyMap<BufferId, Tensor>;
}

/** An input in engine memory. */
export interface Uploaded {
  readonly rows: InputRows;
  readonly at: number;
}

export function uploadInputs(
  inputs: ReadonlyMap<BufferId, InputRows>,
  engine: Engine,
): ReadonlyMap<BufferId, Uploaded> {
  return new Map([...inputs].map(([id, rows]) => [id, { rows, at: engine.upload(rows.data) }]));
}
