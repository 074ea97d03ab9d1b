import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type {
  Buffer,
  BufferId,
  Layer,
  MatrixLayer,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import type { Planes } from "./activations.ts";
import { planesOf } from "./activations.ts";
import type { Rows } from "./kernels/commands.ts";
import type { Engine } from "./kernels/engine.ts";

/** Where a buffer lies in engine memory for one batch. */
export interface Place {
  readonly buffer: Buffer;
  /** codes as int16, sums as int32 */
  readonly values: Rows;
  readonly planes: Planes | null;
  /** rows that the matrix layer reading it takes a sample's codes as */
  readonly positions: number;
}

/** A run of layers that one engine call computes, or one float subgraph. */
export type Phase =
  | { readonly kind: "kernels"; readonly layers: readonly Exclude<Layer, SubgraphLayer>[] }
  | { readonly kind: "subgraph"; readonly layer: SubgraphLayer };

export function phasesOf(layers: readonly Layer[]): readonly Phase[] {
  const phases: Phase[] = [];
  let open: Exclude<Layer, SubgraphLayer>[] = [];
  for (const layer of layers) {
    if (layer.kind !== "subgraph") {
      open.push(layer);
      continue;
    }
    if (open.length > 0) phases.push({ kind: "kernels", layers: open });
    open = [];
    phases.push({ kind: "subgraph", layer });
  }
  if (open.length > 0) phases.push({ kind: "kernels", layers: open });
  return phases;
}

/** Bytes of one value; floats are not kept in engine memory, only the planes that are drawn of them. */
const bytesOf = { codes: 2, sums: 4, float: 0 } as const;

/** Codes, sums and planes of every buffer that kernels fill; local to a chunk where one phase makes and reads them, unless all are kept. */
export function placeBuffers(
  image: ProgrammingImage,
  engine: Engine,
  capacity: number,
  keep: boolean,
): ReadonlyMap<BufferId, Place> {
  const places = new Map<BufferId, Place>();
  const phases = phasesOf(image.layers);
  const phaseOf = (id: BufferId) =>
    phases.findIndex(
      (phase) => phase.kind === "kernels" && phase.layers.some((layer) => layer.to === id),
    );
  for (const [id, buffer] of image.buffers) {
    const stochastic = image.layers.find(
      (layer) =>
        layer.kind === "matrix" && layer.from === id && layer.presentation.kind === "stochastic",
    );
    if (buffer.kind === "float" && stochastic?.kind !== "matrix") continue;
    const made = phaseOf(id);
    const readers = image.layers.filter((layer) =>
      layer.kind === "subgraph" ? layer.from.includes(id) : layer.from === id,
    );
    const isOutput = image.outputs.some((output) => output.buffer === id);
    const local =
      !keep &&
      !isOutput &&
      made >= 0 &&
      readers.every((layer) => phaseOfLayer(phases, layer) === made);
    const elements = sizeOf(buffer.shape);
    const rows = (stride: number): Rows =>
      local ? engine.localRows(stride) : engine.rows(stride, capacity);
    const matrix = readers.find((layer) => layer.kind === "matrix");
    const positions = matrix ? positionsIn(matrix) : 1;
    const planeRows = (stride: number): Rows =>
      local ? engine.localRows(stride, positions) : engine.rows(stride, capacity, positions);
    const planes =
      matrix && buffer.kind !== "sums"
        ? planesOf(matrix.activations, matrix.presentation, elements / positions, planeRows)
        : null;
    places.set(id, { buffer, values: rows(elements * bytesOf[buffer.kind]), planes, positions });
  }
  return places;
}

function phaseOfLayer(phases: readonly Phase[], layer: Layer): number {
  return phases.findIndex(
    (phase) => phase.kind === "kernels" && phase.layers.some((other) => other === layer),
  );
}

export function positionsIn(layer: MatrixLayer): number {
  if (layer.access.kind !== "dense")
    throw internal("runner", `layer ${layer.id}: windows are not run yet`);
  return layer.access.positions;
}
