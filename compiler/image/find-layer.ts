import { XbcError } from "../errors.ts";
import type { LayerCells, ProgrammingImage } from "../ir/image.ts";
import type { LayerPlacement } from "../ir/mapping.ts";
import type { MatrixLayer } from "../ir/network.ts";
import { nearNames } from "../schema/near-names.ts";

/** A layer on banks, with where and what its cells are. */
export interface PlacedLayer {
  readonly layer: MatrixLayer;
  readonly placement: LayerPlacement;
  readonly cells: LayerCells;
}

/** The layers of an image that lie on banks, in its order. */
export function placedLayers(image: ProgrammingImage): readonly PlacedLayer[] {
  return image.layers.flatMap((layer) => {
    if (layer.kind !== "matrix") return [];
    const placement = image.placements.find((candidate) => candidate.layer === layer.id);
    const cells = image.cells.find((candidate) => candidate.layer === layer.id);
    return placement && cells ? [{ layer, placement, cells }] : [];
  });
}

/** @throws BAD_OPTION if no layer on banks has this name, with those that come near it */
export function placedLayer(image: ProgrammingImage, name: string): PlacedLayer {
  const all = placedLayers(image);
  const found = all.find(({ layer }) => layer.id === name);
  if (found) return found;
  const names = all.map(({ layer }) => layer.id);
  const near = nearNames(name, names);
  throw new XbcError(
    "BAD_OPTION",
    `layer ${name}: needs one of ${(near.length > 0 ? near : names.slice(0, 20)).join(", ")}, found no such layer on banks; xbc inspect lists them`,
  );
}

/** A level's name in an image, `unused` for 255. */
export function levelName(image: ProgrammingImage, level: number): string {
  const found = image.programming.levels.find((candidate) => candidate.level === level);
  return found?.name ?? (level === 255 ? "unused" : `level ${level}`);
}

/** Real value of a code of one output. */
export function weightValue({ layer }: PlacedLayer, output: number, code: number): number {
  return code * layer.scale[layer.scale.length === 1 ? 0 : output];
}
