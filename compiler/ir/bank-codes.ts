import type { EncodingLayout } from "../define/encoding.ts";
import { XbcError } from "../errors.ts";
import { decodeTable, encodeTable, MISSING, NO_CODE } from "./code-tables.ts";
import { UNUSED } from "./image.ts";
import type { LayerPlacement } from "./mapping.ts";
import type { CodeMatrix } from "./network.ts";
import {
  inputsOfPlaces,
  outputAt,
  referenceCells,
  roleOfCell,
  tileOfBank,
  weightsPerWordLine,
} from "./placement.ts";

/** Weights of one output and consecutive inputs whose cells lie at one stride in a bank. */
interface Run {
  readonly output: number;
  readonly firstInput: number;
  readonly count: number;
  readonly firstCell: number;
  readonly stride: number;
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
  const moved = placement.lines && inputsOfPlaces(placement.lines);
  out.fill(UNUSED);
  for (const { output, firstInput, count, firstCell, stride } of runsOfBank(placement, bank)) {
    const row = output * placement.inputs;
    let at = firstCell;
    for (let i = 0; i < count; i++, at += stride) {
      const input = moved ? moved[firstInput + i] : firstInput + i;
      const code = data[row + input];
      const from = (code - minimum) * c;
      if (code < minimum || code > maximum || cells[from] === MISSING) {
        throw notEncodable(placement, output, input, code);
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

/** Levels of the reference cells of a word line; none without a reference. */
function referenceLevels({ reference }: EncodingLayout, wordLine: number): readonly number[] {
  return reference ? reference.patterns[wordLine % reference.patterns.length] : [];
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
  const moved = placement.lines && inputsOfPlaces(placement.lines);
  let cells = 0;
  for (const { output, firstInput, count, firstCell, stride } of runsOfBank(placement, bank)) {
    const row = output * placement.inputs;
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
      if (out !== null) out[row + (moved ? moved[firstInput + i] : firstInput + i)] = code;
    }
    cells += count * c;
  }
  return cells;
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
