import type { EncodingLayout } from "../compiler/define.ts";
import { internal } from "../compiler/errors.ts";
import { replicaCheck } from "../compiler/image/check-replicas.ts";
import type { ProgrammingImage } from "../compiler/ir/image.ts";
import { UNUSED } from "../compiler/ir/image.ts";
import type { LayerPlacement } from "../compiler/ir/mapping.ts";
import type { WindowAccess } from "../compiler/ir/network.ts";
import { everyPlace, weightOfCell } from "../compiler/ir/placement.ts";
import { kernelDigits } from "./kernel-digits.ts";
import { kernelOrder } from "./layout.ts";

/** digit of a sense whose cells hold no weight */
const NO_DIGIT = 2;

/** The cells of one layer as stored, and what each sense reads there without noise. */
export interface StoredLayer {
  readonly placement: LayerPlacement;
  /** position among the image's matrix layers: part of every key of a random draw */
  readonly index: number;
  /** true where its inputs are spikes */
  readonly isSpiking: boolean;
  /** [banks x wordLines x bitLines] */
  readonly levels: Uint8Array;
  /** senses of one bank */
  readonly perBank: number;
  /** [banks x senses] −1, 0, +1, or 2 where unused */
  readonly digits: Int8Array;
  /**
   * [banks x wordLines] the first weight of a word line as output·inputs + input, −1 where it holds none; where outputs side by
   * side have moved, the output is a place
   */
  readonly lines: Int32Array;
  /** [places] the output that takes each place, −1 for none; null where outputs side by side lie in order */
  readonly outputsOfPlaces: Int32Array | null;
  /** [inputs] place among a window's bits of each input, null where it is its own: the kernels read tap by tap */
  readonly order: Int32Array | null;
  /** outputs in so many groups, which read channels of their own */
  readonly groups: number;
  /**
   * the same by sense of a weight as kernels hold them, [outputs x inputs] each, inputs in the kernels' order; of one copy of
   * the matrix, since all hold the same
   */
  readonly slices: readonly Int8Array[];
  /** readings of one copy that are 0 */
  readonly zeros: number;
}

/** The digit that each sense of a weight reads for each code, [codes][senses]. */
export function digitsOfCodes(layout: EncodingLayout): readonly (readonly number[])[] {
  return layout.alphabet.levels.map((code, k) =>
    layout.senses.map(({ cells, significance }) => {
      if (layout.senses.length === 1) return code / significance;
      const value = cells.reduce(
        (sum, c) => sum + layout.significance[c] * layout.levelValues[layout.patterns[k][c]],
        0,
      );
      return value / significance;
    }),
  );
}

/**
 * Reads the cells of a layer out of an image.
 * @throws BAD_FILE if copies of its matrix differ: noise-free sums are computed once for all of them
 */
export async function loadStoredLayer(
  image: ProgrammingImage,
  index: number,
): Promise<StoredLayer> {
  const placement = image.placements[index];
  const cells = image.cells[index];
  const levels = await cells.range(0, cells.banks);
  checkReplicas(placement, levels);
  const perLine =
    Math.floor(cells.bitLines / placement.encoding.cellsPerWeight) *
    placement.encoding.senses.length;
  const perBank = perLine * cells.wordLines;
  const digits = new Int8Array(cells.banks * perBank);
  const readBank = digitReader(placement);
  const size = cells.wordLines * cells.bitLines;
  for (let bank = 0; bank < cells.banks; bank++) {
    const found = readBank(
      levels.subarray(bank * size, (bank + 1) * size),
      digits.subarray(bank * perBank, (bank + 1) * perBank),
    );
    if (!found)
      throw internal(
        "senses",
        `layer ${placement.layer}, bank ${bank}: holds a pattern that is no code`,
      );
  }
  const lines = lineTable(placement);
  const access = accessOf(image, placement);
  const order = access && kernelOrder(access);
  const groups = access?.groups ?? 1;
  const outputsOfPlaces = movedOutputs(placement);
  const slices = sliceDigits(placement, digits, perBank, lines, outputsOfPlaces, order);
  const isBit = kernelDigits(placement.encoding).isBit;
  const zeros = isBit ? 0 : slices.reduce((sum, slice) => sum + countZeros(slice), 0);
  const matrix = image.layers.find((layer) => layer.id === placement.layer);
  const isSpiking = matrix?.kind === "matrix" && matrix.presentation.kind === "spikes";
  return {
    placement,
    index,
    isSpiking,
    levels,
    perBank,
    digits,
    lines,
    outputsOfPlaces,
    order,
    groups,
    slices,
    zeros,
  };
}

/** @throws BAD_FILE naming the first bank that does not hold what the one of the first copy holds */
function checkReplicas(placement: LayerPlacement, levels: Uint8Array): void {
  const { banks, bankWordLines, bankBitLines, layer } = placement;
  const check = replicaCheck(placement, `layer ${layer}`);
  const size = bankWordLines * bankBitLines;
  for (let bank = 0; bank < banks; bank++)
    check(levels.subarray(bank * size, (bank + 1) * size), bank);
}

function accessOf(image: ProgrammingImage, { layer }: LayerPlacement): WindowAccess | null {
  const found = image.layers.find((candidate) => candidate.id === layer);
  return found?.kind === "matrix" && found.access.kind === "window" ? found.access : null;
}

/** Writes the digits that a bank's levels mean; false where a weight's levels are no code of the alphabet. */
export function digitReader({
  encoding,
  bankWordLines,
  bankBitLines,
}: LayerPlacement): (levels: Uint8Array, out: Int8Array) => boolean {
  const { cellsPerWeight: c, senses, patterns, levelValues } = encoding;
  const base = levelValues.length;
  const table = new Int8Array(base ** c * senses.length).fill(NO_DIGIT);
  digitsOfCodes(encoding).forEach((digits, k) => {
    const at = patterns[k].reduce((sum, level) => sum * base + level, 0);
    digits.forEach((digit, s) => {
      table[at * senses.length + s] = digit;
    });
  });
  const perLine = Math.floor(bankBitLines / c);
  return (levels, out) => {
    for (let w = 0, to = 0; w < bankWordLines; w++) {
      for (let p = 0, cell = w * bankBitLines; p < perLine; p++, cell += c, to += senses.length) {
        if (levels[cell] === UNUSED) {
          out.fill(NO_DIGIT, to, to + senses.length);
          continue;
        }
        let at = 0;
        for (let k = 0; k < c; k++) at = at * base + levels[cell + k];
        for (let s = 0; s < senses.length; s++)
          out[to + s] = table[at * senses.length + s] ?? NO_DIGIT;
        if (out[to] === NO_DIGIT) return false;
      }
    }
    return true;
  };
}

/** How far apart two neighbouring weights of a word line are in [outputs x inputs]. */
const lineStride = ({ configuration, inputs }: LayerPlacement): number =>
  configuration === "gated" ? inputs : 1;

/** Outputs by place where they lie side by side on word lines and have moved. */
function movedOutputs(placement: LayerPlacement): Int32Array | null {
  const { slots, configuration } = placement;
  if (!slots || configuration !== "gated") return null;
  const places = new Int32Array(everyPlace(placement).outputs).fill(-1);
  slots.forEach((place, output) => {
    places[place] = output;
  });
  return places;
}

function lineTable(placement: LayerPlacement): Int32Array {
  const { banks, bankWordLines, inputs } = placement;
  const table = placement.configuration === "gated" ? everyPlace(placement) : placement;
  return Int32Array.from({ length: banks * bankWordLines }, (_, line) => {
    const found = weightOfCell(table, Math.floor(line / bankWordLines), line % bankWordLines, 0);
    return found ? found.output * inputs + found.input : -1;
  });
}

/** Which weight a sense belongs to, as output·inputs + input in the kernels' order; the sense must hold one. */
export function weightFinder({
  placement,
  perBank,
  lines,
  outputsOfPlaces,
  order,
}: StoredLayer): (sense: number) => number {
  const { inputs } = placement;
  const perLine = perBank / placement.bankWordLines;
  const count = placement.encoding.senses.length;
  const stride = lineStride(placement);
  return (sense) => {
    const line = Math.floor(sense / perLine);
    const placed = lines[line] + stride * Math.floor((sense - line * perLine) / count);
    const weight = outputsOfPlaces ? ownWeight(placed, inputs, outputsOfPlaces) : placed;
    if (!order) return weight;
    const output = Math.floor(weight / inputs);
    return output * inputs + order[weight - output * inputs];
  };
}

/** A weight of a place as a weight of the output there; −1 where none is. */
function ownWeight(placed: number, inputs: number, outputsOfPlaces: Int32Array): number {
  const place = Math.floor(placed / inputs);
  const output = outputsOfPlaces[place];
  return output < 0 ? -1 : placed + (output - place) * inputs;
}

/** Digits of one slice of every weight, [outputs x inputs]. */
function sliceDigits(
  placement: LayerPlacement,
  digits: Int8Array,
  perBank: number,
  lines: Int32Array,
  outputsOfPlaces: Int32Array | null,
  order: Int32Array | null,
): readonly Int8Array[] {
  const { encoding, inputs, outputs, bankWordLines } = placement;
  const { digit } = kernelDigits(encoding);
  const slices = encoding.senses.map(() => new Int8Array(outputs * inputs));
  const perLine = perBank / bankWordLines;
  const count = encoding.senses.length;
  const stride = lineStride(placement);
  lines.forEach((first, line) => {
    if (first < 0) return;
    const base = line * perLine;
    for (let a = 0, placed = first; a < perLine; a += count, placed += stride) {
      if (digits[base + a] === NO_DIGIT) {
        if (outputsOfPlaces) continue;
        break;
      }
      const weight = outputsOfPlaces ? ownWeight(placed, inputs, outputsOfPlaces) : placed;
      const input = weight % inputs;
      const to = order ? weight - input + order[input] : weight;
      for (let s = 0; s < count; s++) slices[s][to] = digit(digits[base + a + s]);
    }
  });
  return slices;
}

function countZeros(digits: Int8Array): number {
  let zeros = 0;
  for (const digit of digits) if (digit === 0) zeros++;
  return zeros;
}
