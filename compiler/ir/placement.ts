import type { EncodingLayout } from "../define/encoding.ts";
import { internal } from "../errors.ts";
import type { LayerPlacement, Range, Tile } from "./mapping.ts";
import { banksOfReplica, replicasOf } from "./replicas.ts";

/** The cells of one weight, in one copy of its matrix: adjacent bit lines of one word line. */
export interface WeightCells {
  readonly bank: number;
  readonly wordLine: number;
  /** [cellsPerWeight] */
  readonly bitLines: readonly number[];
}

/** The weight that a cell belongs to, in whichever copy of the matrix, and which of its cells it is. */
export interface CellWeight {
  readonly output: number;
  readonly input: number;
  readonly cell: number;
}

const ceilDivide = (a: number, b: number): number => Math.ceil(a / b);

const part = (index: number, size: number, total: number): Range => ({
  first: index * size,
  count: Math.max(0, Math.min(size, total - index * size)),
});

/** Blocks of inputs and of outputs that a layer is cut into; their product is the number of banks of one copy. */
export function blocksOf(placement: LayerPlacement): { inputs: number; outputs: number } {
  return {
    inputs: ceilDivide(placement.inputs, placement.tileInputs),
    outputs: ceilDivide(placement.outputs, placement.tileOutputs),
  };
}

/** Reference cells of a word line: the last ones of its bank. */
export const referenceCells = ({ reference }: EncodingLayout): number =>
  reference?.significance.length ?? 0;

/** Weights that a word line of so many cells holds side by side. */
export const weightsOfLine = (bitLines: number, encoding: EncodingLayout): number =>
  Math.floor((bitLines - referenceCells(encoding)) / encoding.cellsPerWeight);

/** Places for outputs up to the last one that is taken; without slots of their own, the outputs. */
export const placesOf = ({ slots, outputs }: LayerPlacement): number =>
  slots ? slots.reduce((most, slot) => Math.max(most, slot + 1), 0) : outputs;

/** The placement with an output at every place, spare ones included: a cell tells its place as its output. */
export const everyPlace = (placement: LayerPlacement): LayerPlacement => ({
  ...placement,
  outputs: blocksOf(placement).outputs * placement.tileOutputs,
  slots: null,
});

const outputsBySlot = new WeakMap<readonly number[], ReadonlyMap<number, number>>();

/** The output that takes a place; null where none does. */
export function outputAt({ slots }: LayerPlacement, place: number): number | null {
  if (!slots) return place;
  const known = outputsBySlot.get(slots) ?? new Map(slots.map((slot, output) => [slot, output]));
  outputsBySlot.set(slots, known);
  return known.get(place) ?? null;
}

const inputsByLine = new WeakMap<readonly number[], Int32Array>();

/** The input that takes a place along the inputs. */
export function inputAt({ lines }: Pick<LayerPlacement, "lines">, place: number): number {
  return lines ? inputsOfPlaces(lines)[place] : place;
}

/** By place the input that takes it. */
export function inputsOfPlaces(lines: readonly number[]): Int32Array {
  const known = inputsByLine.get(lines);
  if (known) return known;
  const inputs = new Int32Array(lines.length);
  lines.forEach((place, input) => {
    inputs[place] = input;
  });
  inputsByLine.set(lines, inputs);
  return inputs;
}

/** Weights that one word line of a bank holds side by side. */
export function weightsPerWordLine(placement: LayerPlacement): number {
  return weightsOfLine(placement.bankBitLines, placement.encoding);
}

/** What a cell is for: part of a weight, of a threshold or bias on an always-on line, or of the reference. */
export type CellRole = "weight" | "always-on" | "reference" | "unused";

/** @throws INTERNAL if there is no such cell */
export function roleOfCell(
  placement: LayerPlacement,
  bank: number,
  wordLine: number,
  bitLine: number,
): CellRole {
  const weight = weightOfCell(placement, bank, wordLine, bitLine);
  if (weight) return weight.input >= placement.inputs - placement.alwaysOn ? "always-on" : "weight";
  const { wordLines } = tileOfBank(placement, bank);
  return wordLine < wordLines.count &&
    bitLine >= placement.bankBitLines - referenceCells(placement.encoding)
    ? "reference"
    : "unused";
}

/**
 * Where a weight lies in a copy of its matrix.
 * @throws INTERNAL if the output, the input or the copy is not of the layer
 */
export function cellsOfWeight(
  placement: LayerPlacement,
  output: number,
  input: number,
  replica = 0,
): WeightCells {
  const replicas = replicasOf(placement);
  if (
    !isIndex(output, placement.outputs) ||
    !isIndex(input, placement.inputs) ||
    !isIndex(replica, replicas)
  ) {
    throw internal(
      `placement of ${placement.layer}`,
      `needs output < ${placement.outputs}, input < ${placement.inputs} and copy < ${replicas}, ` +
        `found (${output}, ${input}, ${replica})`,
    );
  }
  const firstBank = replica * banksOfReplica(placement);
  const blocks = blocksOf(placement);
  const c = placement.encoding.cellsPerWeight;
  const along = placement.lines ? placement.lines[input] : input;
  const inputBlock = Math.floor(along / placement.tileInputs);
  const place = placement.slots ? placement.slots[output] : output;
  const outputBlock = Math.floor(place / placement.tileOutputs);
  const i = along - inputBlock * placement.tileInputs;
  const o = place - outputBlock * placement.tileOutputs;
  const lines = (first: number): number[] => Array.from({ length: c }, (_, k) => first + k);
  switch (placement.configuration) {
    case "parallel-to-sequential":
      return {
        bank: firstBank + outputBlock * blocks.inputs + inputBlock,
        wordLine: o,
        bitLines: lines(i * c),
      };
    case "sequential-to-parallel": {
      const n = weightsPerWordLine(placement);
      const bank = firstBank + place * blocks.inputs + inputBlock;
      return { bank, wordLine: Math.floor(i / n), bitLines: lines((i % n) * c) };
    }
    case "gated":
      return {
        bank: firstBank + inputBlock * blocks.outputs + outputBlock,
        wordLine: i,
        bitLines: lines(o * c),
      };
  }
}

/** The weight that a cell belongs to; null where no weight uses it, or where there is no such cell. */
export function weightOfCell(
  placement: LayerPlacement,
  bank: number,
  wordLine: number,
  bitLine: number,
): CellWeight | null {
  const { bankWordLines, bankBitLines } = placement;
  if (!isIndex(bank, placement.banks) || !isIndex(wordLine, bankWordLines)) return null;
  if (!isIndex(bitLine, bankBitLines)) return null;
  const c = placement.encoding.cellsPerWeight;
  const slot = Math.floor(bitLine / c);
  if (slot >= weightsPerWordLine(placement)) return null;
  const tile = tileOfBank(placement, bank);
  const [i, o] = offsets(placement, wordLine, slot);
  if (o >= tile.outputs.count || i >= tile.inputs.count) return null;
  const output = outputAt(placement, tile.outputs.first + o);
  if (output === null) return null;
  return { output, input: inputAt(placement, tile.inputs.first + i), cell: bitLine - slot * c };
}

/** Input and output within a bank of the weight at a slot of a word line; Infinity where there is none. */
function offsets(
  placement: LayerPlacement,
  wordLine: number,
  slot: number,
): readonly [input: number, output: number] {
  switch (placement.configuration) {
    case "parallel-to-sequential":
      return [slot, wordLine];
    case "sequential-to-parallel": {
      const n = weightsPerWordLine(placement);
      return [slot < n ? wordLine * n + slot : Number.POSITIVE_INFINITY, 0];
    }
    case "gated":
      return [wordLine, slot];
  }
}

export const isIndex = (value: number, count: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < count;

/**
 * The block of weights in a bank, and the lines that it takes; a layer has one tile a bank. Its outputs are places:
 * those of the outputs themselves unless the placement has slots.
 */
export function tileOfBank(placement: LayerPlacement, bank: number): Tile {
  const { layer, tileInputs, tileOutputs } = placement;
  const blocks = blocksOf(placement);
  const c = placement.encoding.cellsPerWeight;
  const own = bank % banksOfReplica(placement);
  const make = (inputBlock: number, outputBlock: number) => ({
    inputs: part(inputBlock, tileInputs, placement.inputs),
    outputs: part(outputBlock, tileOutputs, placesOf(placement)),
  });
  switch (placement.configuration) {
    case "parallel-to-sequential": {
      const block = make(own % blocks.inputs, Math.floor(own / blocks.inputs));
      return { layer, ...block, bank, ...lines(block.outputs.count, block.inputs.count * c) };
    }
    case "sequential-to-parallel": {
      const block = make(own % blocks.inputs, Math.floor(own / blocks.inputs));
      const n = weightsPerWordLine(placement);
      const { count } = block.inputs;
      return { layer, ...block, bank, ...lines(ceilDivide(count, n), Math.min(count, n) * c) };
    }
    case "gated": {
      const block = make(Math.floor(own / blocks.outputs), own % blocks.outputs);
      return { layer, ...block, bank, ...lines(block.inputs.count, block.outputs.count * c) };
    }
  }
}

const lines = (wordLines: number, bitLines: number) => ({
  wordLines: { first: 0, count: wordLines },
  bitLines: { first: 0, count: bitLines },
});

/** The tiles of a layer, in the order of its banks. */
export function* tiles(placement: LayerPlacement): Generator<Tile> {
  for (let bank = 0; bank < placement.banks; bank++) yield tileOfBank(placement, bank);
}
