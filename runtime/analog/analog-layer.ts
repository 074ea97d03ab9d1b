import { internal } from "../../compiler/errors.ts";
import type { ProgrammingImage } from "../../compiler/ir/image.ts";
import type { LayerPlacement } from "../../compiler/ir/mapping.ts";
import type { MatrixLayer } from "../../compiler/ir/network.ts";
import { inputsOfPlaces, referenceCells } from "../../compiler/ir/placement.ts";
import { banksOfReplica } from "../../compiler/ir/replicas.ts";
import type { AnalogLayout } from "../kernels/analog-command.ts";
import { BLOCK_LINES, cellsOf } from "../kernels/analog-command.ts";
import { kernelOrder } from "../layout.ts";
import { groupsOf } from "../places.ts";

/** A layer whose bit lines are summed in the analog domain: its cells, and how the kernel holds them. */
export interface AnalogLayer {
  readonly layer: MatrixLayer;
  readonly placement: LayerPlacement;
  /** position among the image's matrix layers: part of every key of a random draw */
  readonly index: number;
  /** [banks x wordLines x bitLines] */
  readonly levels: Uint8Array;
  readonly layout: AnalogLayout;
  /** [inputs] bit of a plane that gates each word line, null where they stand in order */
  readonly order: Int32Array | null;
}

/** The analog layer at a placement; null where sums are digital. */
export async function loadAnalogLayer(
  image: ProgrammingImage,
  index: number,
): Promise<AnalogLayer | null> {
  const placement = image.placements[index];
  const layer = image.layers.find((other) => other.id === placement.layer);
  if (layer?.kind !== "matrix") throw internal("analog", `no matrix layer ${placement.layer}`);
  if (layer.readOut.kind === "digital") return null;
  const cells = image.cells[index];
  const levels = await cells.range(0, cells.banks);
  const order = movedOrder(
    placement,
    layer.inputs,
    layer.access.kind === "window" ? kernelOrder(layer.access) : null,
  );
  return { layer, placement, index, levels, order, layout: layoutOf(layer, placement) };
}

/** Which bit of a plane gates each word line, where inputs have moved along them as well. */
function movedOrder(
  { lines }: LayerPlacement,
  inputs: number,
  order: Int32Array | null,
): Int32Array | null {
  if (!lines) return order;
  const moved = inputsOfPlaces(lines);
  return Int32Array.from({ length: inputs }, (_, line) =>
    order ? order[moved[line]] : moved[line],
  );
}

function layoutOf(layer: MatrixLayer, placement: LayerPlacement): AnalogLayout {
  const { encoding, tileOutputs, outputs, tileInputs, segmentWordLines } = placement;
  const perWeight = encoding.cellsPerWeight;
  const firstReference = Math.min(outputs, tileOutputs) * perWeight;
  const references = referenceCells(encoding);
  return {
    inputs: layer.inputs,
    lines: placement.inputs,
    outputs,
    tileLines: tileInputs,
    tileOutputs,
    segment: segmentWordLines,
    blocks: Math.ceil((firstReference + references) / BLOCK_LINES),
    perWeight,
    firstReference,
    references,
    groups: groupsOf(layer),
  };
}

/** Significances of the bit lines of a weight, then of the reference. */
export function mixOf({ placement }: AnalogLayer): Float32Array {
  const { significance, reference } = placement.encoding;
  return Float32Array.from([...significance, ...(reference?.significance ?? [])]);
}

/**
 * Values of cells in the kernel's order: for each array its bit lines in blocks of 16, those of references right
 * behind those of weights.
 * @param bank    [wordLines x bitLines] values of the cells of a bank
 * @param replica which copy of the matrix
 */
export function kernelCells(
  { placement, layout }: AnalogLayer,
  bank: (bank: number) => Float32Array,
  replica: number,
): Float32Array {
  const { bankWordLines, bankBitLines } = placement;
  const banks = banksOfReplica(placement);
  const { tileLines, blocks, firstReference, references } = layout;
  const { columns, weightLine } = linesOf(placement, layout);
  const out = new Float32Array(cellsOf(layout));
  const used = firstReference + references;
  for (let k = 0; k < banks; k++) {
    const values = bank(replica * banks + k);
    for (let b = 0; b < used; b++) {
      const from =
        b < firstReference
          ? weightLine(k % columns, b)
          : bankBitLines - references + b - firstReference;
      if (from < 0) continue;
      const block = Math.floor(b / BLOCK_LINES);
      const to = (k * blocks + block) * tileLines * BLOCK_LINES + (b % BLOCK_LINES);
      for (let w = 0; w < Math.min(tileLines, bankWordLines); w++)
        out[to + w * BLOCK_LINES] = values[w * bankBitLines + from];
    }
  }
  return out;
}

/** Arrays side by side, and on which bit line of one the line lies that the kernel reads as its b-th; −1 for none. */
function linesOf(
  { slots }: LayerPlacement,
  { perWeight, tileOutputs, outputs }: AnalogLayout,
): { readonly columns: number; readonly weightLine: (column: number, b: number) => number } {
  const columns = Math.ceil(outputs / tileOutputs);
  const weightLine = (column: number, b: number): number => {
    if (!slots) return b;
    const output = column * tileOutputs + Math.floor(b / perWeight);
    if (output >= outputs) return -1;
    return (slots[output] - column * tileOutputs) * perWeight + (b % perWeight);
  };
  return { columns, weightLine };
}
