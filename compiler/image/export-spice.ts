import { XbcError } from "../errors.ts";
import type { Die } from "../ir/die.ts";
import type { ProgrammingImage } from "../ir/image.ts";
import { UNUSED } from "../ir/image.ts";
import { isIndex, referenceCells, tileOfBank } from "../ir/placement.ts";
import { type PlacedLayer, placedLayer, placedLayers } from "./find-layer.ts";
import { bitLinesNetlist } from "./spice-bit-lines.ts";
import { halfSelectNetlist } from "./spice-half-select.ts";
import { textChunks } from "./text-chunks.ts";

/** Which read of which bank is to be simulated. */
export interface SpiceRequest {
  /** null: the image's only layer on banks */
  readonly layer: string | null;
  readonly bank: number;
  /** that are on; null: all that hold weights, or the first where one is read at a time */
  readonly wordLines: readonly number[] | null;
  /** that are read; null: all that hold weights or references, or those that are sensed at once */
  readonly bitLines: readonly number[] | null;
  /** conductances of a die; null, or NaN: a cell conducts what its level aims at */
  readonly die: Die | null;
}

/** One bank as its read sees it. */
export interface SpiceBank {
  readonly bankWordLines: number;
  readonly bankBitLines: number;
  readonly usedWordLines: number;
  readonly wordLines: readonly number[];
  readonly bitLines: readonly number[];
  readonly level: (wordLine: number, bitLine: number) => number;
  /** siemens at the read voltage; 0 where no weight uses the cell */
  readonly conductance_S: (wordLine: number, bitLine: number) => number;
}

/**
 * The netlist of one bank's read, with its wires, decoders and cells, as ngspice runs it with `ngspice -b`.
 * @throws BAD_OPTION for a layer, bank or line that is not there; UNSUPPORTED where cells are read without a current
 */
export function exportSpice(
  image: ProgrammingImage,
  request: SpiceRequest,
): AsyncGenerator<string> {
  const placed = layerOf(image, request.layer);
  return textChunks(netlistOf(image, placed, request));
}

async function* netlistOf(
  image: ProgrammingImage,
  placed: PlacedLayer,
  request: SpiceRequest,
): AsyncGenerator<string> {
  const circuit = circuitOf(image);
  const bank = await bankOf(image, placed, request, circuit.atOnce);
  const cells = request.die === null ? "what their levels aim at" : "as the die was measured";
  const title = `${image.target}, layer ${placed.layer.id}, bank ${request.bank}: ${circuit.name}`;
  yield `* ${oneLine(title)}\n`;
  yield `* word lines ${ranges(bank.wordLines)} on, bit lines ${ranges(bank.bitLines)}; cells conduct ${cells}\n`;
  for (const line of circuit.netlist(bank)) yield `${line}\n`;
}

interface Circuit {
  readonly name: string;
  /** lines on and bit lines read where none are named; null: as many as are used */
  readonly atOnce: { readonly wordLines: number; readonly bitLines: number } | null;
  readonly netlist: (bank: SpiceBank) => readonly string[];
}

/** @throws UNSUPPORTED */
function circuitOf(image: ProgrammingImage): Circuit {
  const { technology, condition } = image;
  const halfSelect = image.noise.find(({ model }) => model === "half-select");
  if (halfSelect)
    return {
      name: "a V/2 read, cells I = I0 sinh(V/V0)",
      atOnce: { wordLines: 1, bitLines: technology.array.sensedBitLines },
      netlist: (bank) => halfSelectNetlist(bank, halfSelect.parameters),
    };
  const value = (name: string): number | undefined =>
    (technology.conditions[condition]?.parameters[name] ?? technology.parameters[name])?.value;
  const read_V = value("readVoltage");
  if (technology.array.inputsOn !== "word lines" || read_V === undefined)
    throw new XbcError(
      "UNSUPPORTED",
      `--format spice: needs cells that are read by a current through wires, found ${image.target}, whose precharged pairs ` +
        "have no wires in the model; take csv or npz for its cells",
    );
  const wire_Ohm = value("wireResistance") ?? 0;
  return {
    name: "bit lines behind their decoders",
    atOnce: null,
    netlist: (bank) =>
      bitLinesNetlist(bank, {
        read_V,
        decoder_Ohm: value("decoderResistance") ?? 0,
        first_Ohm: value("firstWireResistance") ?? wire_Ohm,
        wire_Ohm,
      }),
  };
}

/** @throws BAD_OPTION */
function layerOf(image: ProgrammingImage, name: string | null): PlacedLayer {
  if (name !== null) return placedLayer(image, name);
  const [only, ...more] = placedLayers(image);
  if (only && more.length === 0) return only;
  const names = placedLayers(image).map(({ layer }) => layer.id);
  throw new XbcError(
    "BAD_OPTION",
    `--format spice: needs --layer, one of ${names.slice(0, 20).join(", ")}; a netlist is that of one bank`,
  );
}

async function bankOf(
  image: ProgrammingImage,
  { layer, placement, cells }: PlacedLayer,
  { bank, die, ...asked }: SpiceRequest,
  atOnce: Circuit["atOnce"],
): Promise<SpiceBank> {
  if (!isIndex(bank, cells.banks))
    throw new XbcError(
      "BAD_OPTION",
      `--bank ${bank}: needs a bank below the ${cells.banks} of layer ${layer.id}`,
    );
  const levels = await cells.levels(bank);
  const tile = tileOfBank(placement, bank);
  const first = cells.bitLines - referenceCells(placement.encoding);
  const used = {
    wordLines: upTo(tile.wordLines.count),
    bitLines: [...upTo(tile.bitLines.count), ...upTo(cells.bitLines).slice(first)],
  };
  const own = {
    wordLines: atOnce ? used.wordLines.slice(0, atOnce.wordLines) : used.wordLines,
    bitLines: atOnce ? used.bitLines.slice(0, atOnce.bitLines) : used.bitLines,
  };
  const size = cells.wordLines * cells.bitLines;
  const measured = die?.layers.get(layer.id)?.subarray(bank * size, (bank + 1) * size);
  const aims = new Map(image.programming.levels.map(({ level, range }) => [level, range.aim_S]));
  const at = (w: number, b: number) => w * cells.bitLines + b;
  return {
    bankWordLines: cells.wordLines,
    bankBitLines: cells.bitLines,
    usedWordLines: tile.wordLines.count,
    wordLines: linesOf("--word-lines", asked.wordLines, own.wordLines, tile.wordLines.count),
    bitLines: linesOf("--bit-lines", asked.bitLines, own.bitLines, cells.bitLines),
    level: (w, b) => levels[at(w, b)],
    conductance_S: (w, b) => {
      const level = levels[at(w, b)];
      if (level === UNUSED) return 0;
      const found = measured?.[at(w, b)] ?? Number.NaN;
      return Number.isNaN(found) ? (aims.get(level) ?? 0) : Math.max(found, 0);
    },
  };
}

function linesOf(
  option: string,
  asked: readonly number[] | null,
  otherwise: readonly number[],
  count: number,
): readonly number[] {
  const strange = asked?.find((line) => !isIndex(line, count));
  if (strange === undefined) return asked ?? otherwise;
  throw new XbcError(
    "BAD_OPTION",
    `${option} ${strange}: needs lines below ${count}, which is what the bank has in use`,
  );
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, k) => k);

/** A name may hold line ends, which would be commands to the simulator. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]/gu, " ");

/** `0-31, 40` */
function ranges(lines: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const line of lines) {
    const last = runs[runs.length - 1];
    if (last && last[1] + 1 === line) last[1] = line;
    else runs.push([line, line]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(", ");
}
