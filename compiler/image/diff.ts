import type { Pulse } from "../define.ts";
import { type ProgrammingImage, UNUSED } from "../ir/image.ts";
import { bankGroups } from "./bank-groups.ts";
import { type PlacedLayer, placedLayers } from "./find-layer.ts";
import { pulsesOfCell, pulsesOfLevel } from "./pulses.ts";

/** A cell whose level differs from one image to the other; 255 is unused. */
export interface ChangedCell {
  readonly layer: string;
  readonly bank: number;
  readonly wordLine: number;
  readonly bitLine: number;
  readonly from: number;
  readonly to: number;
}

export interface PulseCounts {
  readonly forming: number;
  readonly set: number;
  readonly reset: number;
}

export interface LayerDiff {
  readonly layer: string;
  /** `moved`: its banks have another size or number, so that all of its cells are programmed anew */
  readonly change: "same" | "changed" | "added" | "removed" | "moved";
  /** cells of the later image's banks (of the earlier one's, where the layer is removed) */
  readonly cells: number;
  readonly changed: number;
  /** from the earlier image to the later one */
  readonly pulses: PulseCounts;
  /** cells that were formed and are not used any more: they stay as they are */
  readonly abandoned: number;
  /** the first of the changed cells */
  readonly first: readonly ChangedCell[];
}

export interface ImageDiff {
  /** no cell differs */
  readonly same: boolean;
  readonly layers: readonly LayerDiff[];
  readonly changed: number;
  readonly pulses: PulseCounts;
}

/** how many changed cells a report names; `changedCells` gives all */
const named = 20;

/** What it takes to bring arrays that hold image `a` to image `b`. */
export async function diffImages(a: ProgrammingImage, b: ProgrammingImage): Promise<ImageDiff> {
  const layers: LayerDiff[] = [];
  for (const pair of pairs(a, b)) layers.push(await diffLayer(pair, b));
  const total = (of: (layer: LayerDiff) => number) =>
    layers.reduce((sum, layer) => sum + of(layer), 0);
  const changed = total((layer) => layer.changed);
  return {
    same: changed === 0,
    layers,
    changed,
    pulses: {
      forming: total(({ pulses }) => pulses.forming),
      set: total(({ pulses }) => pulses.set),
      reset: total(({ pulses }) => pulses.reset),
    },
  };
}

/** Every cell that differs, layer by layer, in the order of banks and lines. */
export async function* changedCells(
  a: ProgrammingImage,
  b: ProgrammingImage,
): AsyncGenerator<ChangedCell> {
  for (const pair of pairs(a, b)) yield* changesOf(pair);
}

interface Pair {
  readonly name: string;
  readonly before: PlacedLayer | null;
  readonly after: PlacedLayer | null;
}

function pairs(a: ProgrammingImage, b: ProgrammingImage): readonly Pair[] {
  const before = new Map(placedLayers(a).map((placed) => [placed.layer.id, placed]));
  const after = new Map(placedLayers(b).map((placed) => [placed.layer.id, placed]));
  return [...new Set([...before.keys(), ...after.keys()])].map((name) => ({
    name,
    before: before.get(name) ?? null,
    after: after.get(name) ?? null,
  }));
}

const sizeOf = ({ cells }: PlacedLayer): string =>
  [cells.banks, cells.wordLines, cells.bitLines].join("x");

function changeOf({ before, after }: Pair): Exclude<LayerDiff["change"], "same"> {
  if (before === null) return "added";
  if (after === null) return "removed";
  return sizeOf(before) === sizeOf(after) ? "changed" : "moved";
}

async function diffLayer(pair: Pair, image: ProgrammingImage): Promise<LayerDiff> {
  const change = changeOf(pair);
  const { cells } = pair.after ?? pair.before ?? { cells: null };
  const counts = { forming: 0, set: 0, reset: 0 };
  const first: ChangedCell[] = [];
  let changed = 0;
  let abandoned = 0;
  for await (const cell of changesOf(pair)) {
    changed++;
    if (first.length < named) first.push(cell);
    if (cell.to === UNUSED) abandoned++;
    const { programming } = image;
    const fresh = cell.from === UNUSED;
    const pulses = fresh ? pulsesOfCell(programming, cell.to) : pulsesOfLevel(programming, cell.to);
    for (const pulse of pulses) counts[countOf(pulse)]++;
  }
  return {
    layer: pair.name,
    change: change === "changed" && changed === 0 ? "same" : change,
    cells: cells === null ? 0 : cells.banks * cells.wordLines * cells.bitLines,
    changed,
    pulses: counts,
    abandoned,
    first,
  };
}

function countOf({ operation }: Pulse): keyof PulseCounts {
  switch (operation) {
    case "forming":
      return "forming";
    case "SET":
      return "set";
    case "RESET":
      return "reset";
  }
}

async function* changesOf(pair: Pair): AsyncGenerator<ChangedCell> {
  const { before, after, name } = pair;
  const change = changeOf(pair);
  if (change === "changed" && before && after) {
    const old = bankGroups(before.cells);
    for await (const { bank, levels } of bankGroups(after.cells)) {
      const next = await old.next();
      if (!next.done)
        yield* differences(name, bank, next.value.levels, levels, after.cells.bitLines);
    }
    return;
  }
  // other arrays: what lay in the old ones is left there, the new ones are fresh
  if (after === null) {
    yield* against(name, before, "from");
    return;
  }
  yield* against(name, after, "to");
}

/** A layer against fresh cells. */
async function* against(
  name: string,
  placed: PlacedLayer | null,
  side: "from" | "to",
): AsyncGenerator<ChangedCell> {
  if (placed === null) return;
  const { bitLines, wordLines } = placed.cells;
  const fresh = new Uint8Array(wordLines * bitLines).fill(UNUSED);
  for await (const { bank, levels } of bankGroups(placed.cells)) {
    yield* side === "to"
      ? differences(name, bank, fresh, levels, bitLines)
      : differences(name, bank, levels, fresh, bitLines);
  }
}

function* differences(
  layer: string,
  bank: number,
  from: Uint8Array,
  to: Uint8Array,
  bitLines: number,
): Generator<ChangedCell> {
  for (let cell = 0; cell < to.length; cell++) {
    if (from[cell] === to[cell]) continue;
    const wordLine = Math.floor(cell / bitLines);
    yield {
      layer,
      bank,
      wordLine,
      bitLine: cell - wordLine * bitLines,
      from: from[cell],
      to: to[cell],
    };
  }
}
