import { internal } from "../compiler/errors.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import type {
  Buffer,
  BufferId,
  Layer,
  LayerId,
  MatrixLayer,
  SubgraphLayer,
} from "../compiler/ir/network.ts";
import { readsOf } from "../compiler/ir/network.ts";
import { sizeOf } from "../compiler/ir/tensor.ts";
import { positionsOfWindow } from "../compiler/ir/window.ts";
import type { Planes } from "./activations.ts";
import { planesOf } from "./activations.ts";
import type { Engine } from "./kernels/engine.ts";
import type { PlaneTerm, Rows } from "./kernels/rows.ts";
import { windowBytes } from "./kernels/rows.ts";
import type { Layout, WindowPlanes } from "./layout.ts";
import { inputLayout, windowPlanes } from "./layout.ts";

/** Bit planes of a buffer, as a matrix layer or its windows read them: so many rows a sample. */
export interface Packing {
  readonly planes: Planes;
  readonly rows: number;
}

/** Where a buffer lies in engine memory for one batch. */
export interface Place {
  readonly buffer: Buffer;
  /** codes as int16, sums as int32 */
  readonly values: Rows;
  readonly layout: Layout;
  /** whether anything but planes is read of it */
  readonly isRead: boolean;
  /** rows of inputs, for a matrix on the last axis */
  readonly dense: Packing | null;
  /** rows of pixels along the last axis, the channels of each together, for windows */
  readonly pixels: Packing | null;
}

export interface Places {
  readonly of: ReadonlyMap<BufferId, Place>;
  /** by layer: planes of its windows */
  readonly windows: ReadonlyMap<LayerId, WindowPlanes>;
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
): Places {
  const of = new Map<BufferId, Place>();
  const windows = new Map<LayerId, WindowPlanes>();
  const phases = phasesOf(image.layers);
  for (const [id, buffer] of image.buffers) {
    const readers = image.layers.filter((layer) => readsOf(layer).includes(id));
    const matrices = readers.filter((layer) => layer.kind === "matrix");
    const isDrawn = matrices.some(({ presentation }) => presentation.kind === "stochastic");
    if (buffer.kind === "float" && !isDrawn) continue;
    const isOutput = image.outputs.some((output) => output.buffer === id);
    const local = !keep && !isOutput && isOfOnePhase(id, phases, readers);
    const rows: RowMaker = (stride, each = 1) =>
      local ? engine.localRows(stride, each) : engine.rows(stride, capacity, each);
    const layout = layoutFor(readers);
    const [dense] = matrices.filter(({ access }) => access.kind === "dense");
    const [windowed] = matrices.filter(({ access }) => access.kind === "window");
    const pixels = windowed && pixelPacking(windowed, rows);
    of.set(id, {
      buffer,
      values: rows(sizeOf(buffer.shape) * bytesOf[buffer.kind]),
      layout,
      isRead: isOutput || readers.some((layer) => layer.kind !== "matrix"),
      dense: dense ? densePacking(dense, sizeOf(buffer.shape), rows) : null,
      pixels: pixels ?? null,
    });
    for (const layer of matrices) {
      if (layer.access.kind !== "window" || !pixels) continue;
      const positions = positionsIn(layer);
      const planes = windowPlanes(pixels.planes, layer, layer.access, (s) => rows(s, positions));
      windows.set(layer.id, planes);
    }
  }
  return { of, windows };
}

type RowMaker = (stride: number, each?: number) => Rows;

/** Windows read pixel by pixel; all else as ONNX orders values. */
function layoutFor(readers: readonly Layer[]): Layout {
  for (const layer of readers) {
    if (layer.kind === "matrix" && layer.access.kind === "window") return inputLayout(layer.access);
    if (layer.kind === "digital" && layer.op === "pool") return inputLayout(layer.window);
  }
  return null;
}

function densePacking(layer: MatrixLayer, elements: number, rows: RowMaker): Packing {
  const { activations, presentation } = layer;
  const positions = positionsIn(layer);
  const each = (stride: number) => rows(stride, positions);
  return {
    planes: planesOf(activations, presentation, elements / positions, each),
    rows: positions,
  };
}

function pixelPacking(
  { activations, presentation, access }: MatrixLayer,
  rows: RowMaker,
): Packing | null {
  if (access.kind !== "window") return null;
  const { channels, pixels } = inputLayout(access);
  const width = access.input[access.input.length - 1];
  const lines = pixels / width;
  const each = (stride: number) => rows(stride, lines);
  return { planes: planesOf(activations, presentation, width * channels, each), rows: lines };
}

function isOfOnePhase(id: BufferId, phases: readonly Phase[], readers: readonly Layer[]): boolean {
  const made = phases.findIndex(
    (phase) => phase.kind === "kernels" && phase.layers.some((layer) => layer.to === id),
  );
  return made >= 0 && readers.every((layer) => phaseOfLayer(phases, layer) === made);
}

function phaseOfLayer(phases: readonly Phase[], layer: Layer): number {
  return phases.findIndex(
    (phase) => phase.kind === "kernels" && phase.layers.some((other) => other === layer),
  );
}

export const positionsIn = ({ access }: MatrixLayer): number =>
  access.kind === "dense" ? access.positions : positionsOfWindow(access);

/** Groups whose outputs read channels of their own. */
export const groupsOf = ({ access }: MatrixLayer): number =>
  access.kind === "dense" ? 1 : access.groups;

/** The planes that a matrix layer reads, a row for each of its positions. @throws INTERNAL where there are none */
export function termsOf({ of, windows }: Places, layer: MatrixLayer): readonly PlaneTerm[] {
  const terms = windows.get(layer.id)?.terms ?? of.get(layer.from)?.dense?.planes.terms;
  if (!terms) throw internal("runner", `layer ${layer.id} lacks planes`);
  return terms;
}

/** Bytes that the planes of all matrix layers take for one sample, at most. */
export function planeBytesOf(layers: readonly Layer[]): number {
  return layers.reduce((sum, layer) => {
    if (layer.kind !== "matrix") return sum;
    const { presentation } = layer;
    const planes = presentation.kind === "planes" ? presentation.significances.length + 1 : 2;
    return sum + planes * positionsIn(layer) * windowBytes(layer.inputs, groupsOf(layer));
  }, 0);
}
