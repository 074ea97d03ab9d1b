import { XbcError } from "../errors.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import type { CellRole } from "../ir/placement.ts";
import { cellsOfWeight, roleOfCell, weightOfCell } from "../ir/placement.ts";
import { replicaOfBank, replicasOf } from "../ir/replicas.ts";
import { levelName, type PlacedLayer, placedLayer, weightValue } from "./find-layer.ts";
import { codeOfLevels } from "./level-codes.ts";
import { type PulseRow, pairedCells, pulseAt, pulsesOfCell } from "./pulses.ts";

/** Where one copy of a weight sits, and what its cells hold. */
export interface ReplicaLocation {
  readonly bank: number;
  readonly wordLine: number;
  readonly bitLines: readonly number[];
  readonly levels: readonly number[];
}

/** Where a weight sits, what its cells hold, and what programs them. */
export interface WeightLocation {
  readonly layer: string;
  readonly output: number;
  readonly input: number;
  readonly encoding: string;
  /** the copy of the matrix that all else tells of, from 0 */
  readonly replica: number;
  /** every copy of the weight, this one among them; copy r is read at the positions p of which p mod copies is r */
  readonly replicas: readonly ReplicaLocation[];
  readonly bank: number;
  readonly wordLine: number;
  /** [cellsPerWeight], with the level of each and its name */
  readonly bitLines: readonly number[];
  readonly levels: readonly number[];
  readonly levelNames: readonly string[];
  /** what each cell adds to the code, per unit of its level's value */
  readonly significance: readonly number[];
  readonly code: number;
  /** real value: code times the scale of its output */
  readonly weight: number;
  /** in the order in which they are given: every cell is formed, then each is brought to its level */
  readonly pulses: readonly PulseRow[];
}

/** What a cell holds, and the weight that it is part of. */
export interface CellLocation {
  readonly layer: string;
  readonly bank: number;
  readonly wordLine: number;
  readonly bitLine: number;
  readonly level: number;
  readonly levelName: string;
  /** what it is for: part of a weight, of a threshold or bias on an always-on line, of the reference, or unused */
  readonly role: CellRole;
  /** which cell of its weight it is; null where no weight uses it */
  readonly cell: number | null;
  readonly weight: WeightLocation | null;
}

/**
 * Where the weight of an output and an input sits; `input` is the row-major index into the ONNX weight of one output.
 * @throws BAD_OPTION if the layer, the output or the input is not there
 */
export async function locateWeight(
  image: ProgrammingImage,
  layer: string,
  output: number,
  input: number,
): Promise<WeightLocation> {
  const placed = placedLayer(image, layer);
  const { placement } = placed;
  requireIndex(layer, "output", output, placement.outputs);
  requireIndex(layer, "input", input, placement.inputs);
  return weightIn(image, placed, output, input, 0);
}

/** Every copy of a weight, with the levels of its cells. */
async function replicasOfWeight(
  { placement, cells }: PlacedLayer,
  output: number,
  input: number,
): Promise<readonly ReplicaLocation[]> {
  const found: ReplicaLocation[] = [];
  for (let replica = 0; replica < replicasOf(placement); replica++) {
    const place = cellsOfWeight(placement, output, input, replica);
    const first = place.wordLine * cells.bitLines + place.bitLines[0];
    const levels = (await cells.levels(place.bank)).subarray(first, first + place.bitLines.length);
    found.push({ ...place, levels: Array.from(levels) });
  }
  return found;
}

async function weightIn(
  image: ProgrammingImage,
  placed: PlacedLayer,
  output: number,
  input: number,
  replica: number,
): Promise<WeightLocation> {
  const { programming } = image;
  const { layer, placement } = placed;
  const { encoding } = placement;
  const replicas = await replicasOfWeight(placed, output, input);
  const { bank, wordLine, bitLines, levels } = replicas[replica];
  const code = codeOfLevels(placement, Uint8Array.from(levels), bank, wordLine, bitLines[0]);
  const paired = pairedCells(encoding);
  const pulses = bitLines.flatMap((bitLine, k) =>
    pulsesOfCell(programming, levels[k]).map((pulse) =>
      pulseAt(programming, pulse, { bank, wordLine, bitLine }, paired[k]),
    ),
  );
  const forming = pulses.filter(({ operation }) => operation === "forming");
  return {
    layer: layer.id,
    output,
    input,
    encoding: encoding.name,
    replica,
    replicas,
    bank,
    wordLine,
    bitLines,
    levels,
    levelNames: levels.map((level) => levelName(image, level)),
    significance: encoding.significance,
    code,
    weight: weightValue(placed, output, code),
    pulses: [...forming, ...pulses.filter(({ operation }) => operation !== "forming")],
  };
}

/**
 * What a cell holds, and of which weight it is.
 * @throws BAD_OPTION if the layer or the cell is not there
 */
export async function locateCell(
  image: ProgrammingImage,
  layer: string,
  bank: number,
  wordLine: number,
  bitLine: number,
): Promise<CellLocation> {
  const placed = placedLayer(image, layer);
  const { placement, cells } = placed;
  requireIndex(layer, "bank", bank, cells.banks);
  requireIndex(layer, "word line", wordLine, cells.wordLines);
  requireIndex(layer, "bit line", bitLine, cells.bitLines);
  const levels = await cells.levels(bank);
  const level = levels[wordLine * cells.bitLines + bitLine];
  const owner = weightOfCell(placement, bank, wordLine, bitLine);
  return {
    layer,
    bank,
    wordLine,
    bitLine,
    level,
    levelName: levelName(image, level),
    role: roleOfCell(placement, bank, wordLine, bitLine),
    cell: owner?.cell ?? null,
    weight:
      owner &&
      (await weightIn(image, placed, owner.output, owner.input, replicaOfBank(placement, bank))),
  };
}

function requireIndex(layer: string, what: string, value: number, count: number): void {
  if (Number.isInteger(value) && value >= 0 && value < count) return;
  throw new XbcError(
    "BAD_OPTION",
    `layer ${layer}: needs ${what} 0 to ${count - 1}, found ${value}; indices count from 0`,
  );
}
