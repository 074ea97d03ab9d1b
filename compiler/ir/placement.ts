import type { EncodingLayout } from "../define/encoding.ts";
import { internal, XbcError } from "../errors.ts";
import { decodeTable, encodeTable, MISSING, NO_CODE } from "./code-tables.ts";
import { UNUSED } from "./image.ts";
import type { LayerPlacement, Range, Tile } from "./mapping.ts";
import type { CodeMatrix } from "./network.ts";

/** The cells of one weight: adjacent bit lines of one word line. */
export interface WeightCells {
  readonly bank: number;
  readonly wordLine: number;
  /** [cellsPerWeight] */
  readonly bitLines: readonly number[];
}

/** The weight that a cell belongs to, and which of its cells it is. */
export interface CellWeight {
  readonly output: number;
  readonly input: number;
  readonly cell: number;
}

/** Weights of one output and consecutive inputs whose cells lie at one stride in a bank. */
interface Run {
  readonly output: number;
  readonly firstInput: number;
  readonly count: number;
  readonly firstCell: number;
  readonly stride: number;
}

const ceilDivide = (a: number, b: number): number => Math.ceil(a / b);

const part = (index: number, size: number, total: number): Range => ({
  first: index * size,
  count: Math.max(0, Math.min(size, total - index * size)),
});

/** Blocks of inputs and of outputs that a layer is cut into; their product is its number of banks. */
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

const outputsBySlot = new WeakMap<readonly number[], ReadonlyMap<number, number>>();

/** The output that takes a place; null where none does. */
function outputAt({ slots }: LayerPlacement, place: number): number | null {
  if (!slots) return place;
  const known = outputsBySlot.get(slots) ?? new Map(slots.map((slot, output) => [slot, output]));
  outputsBySlot.set(slots, known);
  return known.get(place) ?? null;
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

/** Levels of the reference cells of a word line; none without a reference. */
function referenceLevels({ reference }: EncodingLayout, wordLine: number): readonly number[] {
  return reference ? reference.patterns[wordLine % reference.patterns.length] : [];
}

/**
 * What must hold of a placement before its arithmetic means anything: a sentence that says what does not, or null.
 * One block is at most what a bank holds, and there are as many banks as blocks.
 */
export function placementFault(placement: LayerPlacement): string | null {
  const { configuration, inputs, outputs, banks, bankWordLines, bankBitLines } = placement;
  const { tileInputs, tileOutputs } = placement;
  const { segmentWordLines, alwaysOn } = placement;
  const sizes = { inputs, outputs, banks, bankWordLines, bankBitLines, tileInputs, tileOutputs };
  const counts = { ...sizes, segmentWordLines };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1)
      return `${name} must be a positive integer, found ${value}`;
  }
  if (!Number.isSafeInteger(alwaysOn) || alwaysOn < 0 || alwaysOn >= inputs)
    return `alwaysOn must be below ${inputs}, found ${alwaysOn}`;
  const perLine = weightsPerWordLine(placement);
  const [mostInputs, mostOutputs] = mostOf(configuration, perLine, bankWordLines);
  if (tileInputs > mostInputs) return `tileInputs is at most ${mostInputs}, found ${tileInputs}`;
  if (tileOutputs > mostOutputs)
    return `tileOutputs is at most ${mostOutputs}, found ${tileOutputs}`;
  if (configuration === "sequential-to-parallel" && tileInputs !== mostInputs) {
    return `tileInputs of sequential-to-parallel is ${mostInputs}, found ${tileInputs}`;
  }
  const blocks = blocksOf(placement);
  const needed = blocks.inputs * blocks.outputs;
  if (banks !== needed) return `banks must be ${needed}, found ${banks}`;
  return slotsFault(placement, blocks.outputs * tileOutputs);
}

/** Each output takes a place of its own among those of the layer's banks. */
function slotsFault({ slots, outputs }: LayerPlacement, places: number): string | null {
  if (!slots) return null;
  if (slots.length !== outputs) return `slots must be ${outputs}, found ${slots.length}`;
  const wrong = slots.find((slot) => !isIndex(slot, places));
  if (wrong !== undefined) return `slots must be below ${places}, found ${wrong}`;
  return new Set(slots).size === outputs ? null : "slots must differ";
}

function mostOf(
  configuration: LayerPlacement["configuration"],
  perLine: number,
  wordLines: number,
): readonly [inputs: number, outputs: number] {
  switch (configuration) {
    case "parallel-to-sequential":
      return [perLine, wordLines];
    case "sequential-to-parallel":
      return [perLine * wordLines, 1];
    case "gated":
      return [wordLines, perLine];
  }
}

/**
 * Where a weight lies.
 * @throws INTERNAL if the output or the input is not of the layer
 */
export function cellsOfWeight(
  placement: LayerPlacement,
  output: number,
  input: number,
): WeightCells {
  if (!isIndex(output, placement.outputs) || !isIndex(input, placement.inputs)) {
    throw internal(
      `placement of ${placement.layer}`,
      `needs output < ${placement.outputs} and input < ${placement.inputs}, found (${output}, ${input})`,
    );
  }
  const blocks = blocksOf(placement);
  const c = placement.encoding.cellsPerWeight;
  const inputBlock = Math.floor(input / placement.tileInputs);
  const place = placement.slots ? placement.slots[output] : output;
  const outputBlock = Math.floor(place / placement.tileOutputs);
  const i = input - inputBlock * placement.tileInputs;
  const o = place - outputBlock * placement.tileOutputs;
  const lines = (first: number): number[] => Array.from({ length: c }, (_, k) => first + k);
  switch (placement.configuration) {
    case "parallel-to-sequential":
      return {
        bank: outputBlock * blocks.inputs + inputBlock,
        wordLine: o,
        bitLines: lines(i * c),
      };
    case "sequential-to-parallel": {
      const n = weightsPerWordLine(placement);
      const bank = place * blocks.inputs + inputBlock;
      return { bank, wordLine: Math.floor(i / n), bitLines: lines((i % n) * c) };
    }
    case "gated":
      return {
        bank: inputBlock * blocks.outputs + outputBlock,
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
  return { output, input: tile.inputs.first + i, cell: bitLine - slot * c };
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

const isIndex = (value: number, count: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < count;

/**
 * The block of weights in a bank, and the lines that it takes; a layer has one tile a bank. Its outputs are places:
 * those of the outputs themselves unless the placement has slots.
 */
export function tileOfBank(placement: LayerPlacement, bank: number): Tile {
  const { layer, tileInputs, tileOutputs } = placement;
  const blocks = blocksOf(placement);
  const c = placement.encoding.cellsPerWeight;
  const make = (inputBlock: number, outputBlock: number) => ({
    inputs: part(inputBlock, tileInputs, placement.inputs),
    outputs: part(outputBlock, tileOutputs, placesOf(placement)),
  });
  switch (placement.configuration) {
    case "parallel-to-sequential": {
      const block = make(bank % blocks.inputs, Math.floor(bank / blocks.inputs));
      return { layer, ...block, bank, ...lines(block.outputs.count, block.inputs.count * c) };
    }
    case "sequential-to-parallel": {
      const block = make(bank % blocks.inputs, Math.floor(bank / blocks.inputs));
      const n = weightsPerWordLine(placement);
      const { count } = block.inputs;
      return { layer, ...block, bank, ...lines(ceilDivide(count, n), Math.min(count, n) * c) };
    }
    case "gated": {
      const block = make(Math.floor(bank / blocks.outputs), bank % blocks.outputs);
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

/** Runs of a bank: weights that follow each other in the matrix and lie at one stride in the bank. */
function* runsOfBank(placement: LayerPlacement, bank: number): Generator<Run> {
  const { inputs, outputs } = tileOfBank(placement, bank);
  const { bankBitLines } = placement;
  const c = placement.encoding.cellsPerWeight;
  if (placement.configuration === "sequential-to-parallel") {
    const n = weightsPerWordLine(placement);
    const output = outputAt(placement, outputs.first);
    if (output === null) return;
    for (let done = 0, w = 0; done < inputs.count; done += n, w++) {
      const count = Math.min(n, inputs.count - done);
      const firstInput = inputs.first + done;
      yield { output, firstInput, count, firstCell: w * bankBitLines, stride: c };
    }
    return;
  }
  const gated = placement.configuration === "gated";
  for (let o = 0; o < outputs.count; o++) {
    const output = outputAt(placement, outputs.first + o);
    if (output === null) continue;
    yield {
      output,
      firstInput: inputs.first,
      count: inputs.count,
      firstCell: gated ? o * c : o * bankBitLines,
      stride: gated ? bankBitLines : c,
    };
  }
}

/**
 * The levels of one bank.
 * @param codes weights of the layer, [outputs x inputs]
 * @param out   [bankWordLines x bankBitLines], overwritten: UNUSED where no weight lies
 * @throws NOT_ENCODABLE if a code is not of the encoding's alphabet
 */
export function fillBank(
  placement: LayerPlacement,
  codes: CodeMatrix,
  bank: number,
  out: Uint8Array,
): void {
  const { minimum, maximum, cells } = encodeTable(placement.encoding);
  const c = placement.encoding.cellsPerWeight;
  const { data } = codes;
  out.fill(UNUSED);
  for (const { output, firstInput, count, firstCell, stride } of runsOfBank(placement, bank)) {
    const first = output * placement.inputs + firstInput;
    let at = firstCell;
    for (let i = 0; i < count; i++, at += stride) {
      const code = data[first + i];
      const from = (code - minimum) * c;
      if (code < minimum || code > maximum || cells[from] === MISSING) {
        throw notEncodable(placement, output, firstInput + i, code);
      }
      for (let k = 0; k < c; k++) out[at + k] = cells[from + k];
    }
  }
  fillReferences(placement, bank, out);
}

/** The reference cells of every used word line, at the end of it. */
function fillReferences(placement: LayerPlacement, bank: number, out: Uint8Array): void {
  const { encoding, bankBitLines } = placement;
  const count = referenceCells(encoding);
  if (count === 0) return;
  const { wordLines } = tileOfBank(placement, bank);
  for (let w = 0; w < wordLines.count; w++)
    out.set(referenceLevels(encoding, w), (w + 1) * bankBitLines - count);
}

function notEncodable(
  placement: LayerPlacement,
  output: number,
  input: number,
  code: number,
): XbcError {
  const { name, alphabet } = placement.encoding;
  const { levels } = alphabet;
  const codes =
    levels.length > 8 ? `${levels[0]} … ${levels[levels.length - 1]}` : levels.join(", ");
  return new XbcError(
    "NOT_ENCODABLE",
    `layer ${placement.layer}, output ${output}, input ${input}: ${name} holds ${codes}, found ${code}; ` +
      "use a precision that the weights fit, or an encoding that holds this code",
  );
}

/**
 * The codes of one bank, back from its levels.
 * @param levels [bankWordLines x bankBitLines]
 * @param out    [outputs x inputs] of the whole layer; the weights of this bank are written
 * @throws BAD_FILE if the cells of a weight stand for no code, naming them
 */
export function readBank(
  placement: LayerPlacement,
  levels: Uint8Array,
  bank: number,
  out: Int8Array | Int16Array,
): void {
  decodeBank(placement, levels, bank, out);
}

/**
 * Checks that a bank holds a code wherever a weight lies, and UNUSED elsewhere.
 * @throws BAD_FILE naming a cell
 */
export function checkBank(placement: LayerPlacement, levels: Uint8Array, bank: number): void {
  const cells =
    decodeBank(placement, levels, bank, null) + checkReferences(placement, levels, bank);
  if (levels.length - countUnused(levels) === cells) return;
  const { bankBitLines } = placement;
  const stray = levels.findIndex(
    (level, i) =>
      level !== UNUSED &&
      roleOfCell(placement, bank, Math.floor(i / bankBitLines), i % bankBitLines) === "unused",
  );
  throw badCells(placement, bank, stray, 1, `needs ${UNUSED}, since no weight lies there`, levels);
}

/** How many reference cells a bank has. @throws BAD_FILE where one holds another level than its pattern */
function checkReferences(placement: LayerPlacement, levels: Uint8Array, bank: number): number {
  const { encoding, bankBitLines } = placement;
  const count = referenceCells(encoding);
  if (count === 0) return 0;
  const { wordLines } = tileOfBank(placement, bank);
  for (let w = 0; w < wordLines.count; w++) {
    const first = (w + 1) * bankBitLines - count;
    const needed = referenceLevels(encoding, w);
    if (needed.some((level, k) => levels[first + k] !== level)) {
      const what = `needs the reference ${needed.join(", ")}`;
      throw badCells(placement, bank, first, count, what, levels);
    }
  }
  return wordLines.count * count;
}

/** UNUSED is the one byte that a 1 carries beyond eight bits. */
function countUnused(levels: Uint8Array): number {
  let unused = 0;
  for (let i = 0; i < levels.length; i++) unused += (levels[i] + 1) >> 8;
  return unused;
}

/** Decodes a bank, into `out` where it is given; returns how many cells its weights have. */
function decodeBank(
  placement: LayerPlacement,
  levels: Uint8Array,
  bank: number,
  out: Int8Array | Int16Array | null,
): number {
  const table = decodeTable(placement.encoding);
  const base = placement.encoding.levelValues.length;
  const c = placement.encoding.cellsPerWeight;
  let cells = 0;
  for (const { output, firstInput, count, firstCell, stride } of runsOfBank(placement, bank)) {
    const first = output * placement.inputs + firstInput;
    let at = firstCell;
    for (let i = 0; i < count; i++, at += stride) {
      let key = 0;
      for (let k = 0; k < c; k++) {
        const level = levels[at + k];
        key = level < base ? key * base + level : Number.NaN;
      }
      const code = (table instanceof Int16Array ? table[key] : table.get(key)) ?? NO_CODE;
      if (code === NO_CODE)
        throw badCells(
          placement,
          bank,
          at,
          c,
          `needs a code of ${placement.encoding.name}`,
          levels,
        );
      if (out !== null) out[first + i] = code;
    }
    cells += count * c;
  }
  return cells;
}

function badCells(
  placement: LayerPlacement,
  bank: number,
  cell: number,
  count: number,
  needed: string,
  levels: Uint8Array,
): XbcError {
  const wordLine = Math.floor(cell / placement.bankBitLines);
  const bitLine = cell % placement.bankBitLines;
  const found = Array.from(levels.subarray(cell, cell + count)).join(", ");
  const where =
    count > 1 ? `bit lines ${bitLine} to ${bitLine + count - 1}` : `bit line ${bitLine}`;
  return new XbcError(
    "BAD_FILE",
    `layer ${placement.layer}, bank ${bank}, word line ${wordLine}, ${where}: ${needed}, ` +
      `found ${count > 1 ? "levels" : "level"} ${found}; compile the image again`,
  );
}
