/**
 * A read in the V/2 scheme, fast: what reaches the sense from each cell of a bank, by ideal currents through wires
 * and half-selected cells (S1; device-models.md, section 4). `runtime/circuit/half-select` is the full answer.
 */
import type { NoiseUse } from "../define.ts";
import { exp } from "../math.ts";
import { meanFactor, type SubthresholdCell, senseLevel } from "./subthreshold-cell.ts";

/** What a read needs to know, as an image carries it. */
export interface HalfSelectRead {
  readonly read_V: number;
  /** medians by level, HRS then LRS: selected, and half-selected */
  readonly currents_A: readonly [high: number, low: number];
  readonly halfSelected_A: readonly [high: number, low: number];
  /** mean over median, by level */
  readonly means: readonly [high: number, low: number];
  /** an e-fold of current, by level */
  readonly slopes_V: readonly [high: number, low: number];
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  /** above the leakage that is expected, where the sense tells the states apart */
  readonly senseLevel_A: number;
  /** true: the reference follows each bit line's own expected leakage; false: their mean over the bank */
  readonly perBitLine: boolean;
}

/** The parameters of the noise model `half-select`. */
export function halfSelectParameters(
  cell: SubthresholdCell,
  wires: { readonly wordLineWire_Ohm: number; readonly bitLineWire_Ohm: number },
  perBitLine: boolean,
): NoiseUse["parameters"] {
  return {
    read_V: cell.read_V,
    low_A: cell.low_A,
    high_A: cell.high_A,
    halfLow_A: cell.halfLow_A,
    halfHigh_A: cell.halfHigh_A,
    lowMean: meanFactor(cell.lowSpread),
    highMean: meanFactor(cell.highSpread),
    lowSlope_V: cell.lowSlope_V,
    highSlope_V: cell.highSlope_V,
    wordLineWire_Ohm: wires.wordLineWire_Ohm,
    bitLineWire_Ohm: wires.bitLineWire_Ohm,
    senseLevel_A: senseLevel(cell),
    perBitLine: perBitLine ? 1 : 0,
  };
}

export function halfSelectRead(value: (name: string) => number): HalfSelectRead {
  return {
    read_V: value("read_V"),
    currents_A: [value("high_A"), value("low_A")],
    halfSelected_A: [value("halfHigh_A"), value("halfLow_A")],
    means: [value("highMean"), value("lowMean")],
    slopes_V: [value("highSlope_V"), value("lowSlope_V")],
    wordLineWire_Ohm: value("wordLineWire_Ohm"),
    bitLineWire_Ohm: value("bitLineWire_Ohm"),
    senseLevel_A: value("senseLevel_A"),
    perBitLine: value("perBitLine") !== 0,
  };
}

/** A bank: levels 0 HRS, 1 LRS, others unused. */
export interface BankOfCells {
  readonly wordLines: number;
  readonly bitLines: number;
  /** [wordLines x bitLines] */
  readonly levels: Uint8Array;
}

/**
 * The sense reference of each bit line: the sense level plus the leakage that its cells give by their median and
 * spread, of its own cells or of the bank's mean bit line. One cell of a bit line is selected and does not leak.
 * @returns [bitLines] amperes, 0 where no cell is used
 */
export function senseReferences(read: HalfSelectRead, bank: BankOfCells): Float64Array {
  const { wordLines, bitLines, levels } = bank;
  const expected = read.halfSelected_A.map((half, level) => half * read.means[level]);
  const leakage = new Float64Array(bitLines);
  const used = new Int32Array(bitLines);
  for (let w = 0, at = 0; w < wordLines; w++) {
    for (let b = 0; b < bitLines; b++, at++) {
      if (levels[at] > 1) continue;
      leakage[b] += expected[levels[at]];
      used[b]++;
    }
  }
  let sum = 0;
  let lines = 0;
  for (let b = 0; b < bitLines; b++) {
    if (used[b] === 0) continue;
    leakage[b] *= (used[b] - 1) / used[b];
    sum += leakage[b];
    lines++;
  }
  const mean = lines === 0 ? 0 : sum / lines;
  return leakage.map((own, b) =>
    used[b] === 0 ? 0 : read.senseLevel_A + (read.perBitLine ? own : mean),
  );
}

/**
 * The current that each cell's sense sees when its word line is read, `sensed` bit lines of it at once.
 * @param cells_A [wordLines x bitLines] what each cell conducts at the full read voltage, 0 where unused
 * @returns [wordLines x bitLines] amperes
 */
export function sensedCurrents(
  read: HalfSelectRead,
  bank: BankOfCells,
  cells_A: Float64Array,
  sensed: number,
): Float64Array {
  const { wordLines, bitLines, levels } = bank;
  const half = halfCurrents(read, levels, cells_A);
  const along = bitLineDrops(read, bank, half);
  const out = new Float64Array(cells_A.length);
  const line = new Float64Array(bitLines);
  for (let w = 0; w < wordLines; w++) {
    const first = w * bitLines;
    const row = half.subarray(first, first + bitLines);
    const base = wordLineDrops(read.wordLineWire_Ohm, row);
    for (let group = 0; group < bitLines; group += sensed) {
      const end = Math.min(group + sensed, bitLines);
      line.set(cells_A.subarray(first + group, first + end), group);
      // drops by currents that already fall: the second pass is within a per cent of the circuit
      for (let pass = 0; pass < 2; pass++) {
        const drops = groupDrops(read.wordLineWire_Ohm, line, row, group, end);
        for (let b = group; b < end; b++) {
          const at = first + b;
          if (levels[at] > 1) continue;
          const bitLine = along.leak[at] + read.bitLineWire_Ohm * (wordLines - w) * line[b];
          const drop = base[b] + drops[b - group] + bitLine;
          line[b] = cells_A[at] * exp(-drop / read.slopes_V[levels[at]]);
        }
      }
      for (let b = group; b < end; b++) out[first + b] = line[b] + along.total[b] - row[b];
    }
  }
  return out;
}

/** What each cell leaks at half the read voltage: it spreads as its selected current does. */
function halfCurrents(read: HalfSelectRead, levels: Uint8Array, cells_A: Float64Array) {
  const share = read.halfSelected_A.map((half, level) => half / read.currents_A[level]);
  return cells_A.map((current, at) => (levels[at] > 1 ? 0 : current * share[levels[at]]));
}

/** Leakage of each bit line, and the voltage that it takes between each cell and the sense past the last row. */
function bitLineDrops(
  { bitLineWire_Ohm }: HalfSelectRead,
  { wordLines, bitLines }: BankOfCells,
  half: Float64Array,
) {
  const total = new Float64Array(bitLines);
  const leak = new Float64Array(half.length);
  const above = new Float64Array(bitLines);
  for (let at = 0; at < half.length; at++) total[at % bitLines] += half[at];
  const below = new Float64Array(bitLines);
  // from the sense upwards: every segment carries what leaks above it
  for (let w = wordLines - 1; w >= 0; w--) {
    for (let b = 0; b < bitLines; b++) {
      const at = w * bitLines + b;
      below[b] += bitLineWire_Ohm * (total[b] - above[b]);
      // the cell itself is selected: its own leakage does not flow
      leak[at] = below[b] - bitLineWire_Ohm * (wordLines - w) * half[at];
      above[b] += half[at];
    }
  }
  return { total, leak };
}

/** The voltage that leakage alone takes between the driver, on column 0's side, and each cell of a word line. */
function wordLineDrops(wire_Ohm: number, row: Float64Array): Float64Array {
  const drops = new Float64Array(row.length);
  let beyond = 0;
  for (let b = 0; b < row.length; b++) beyond += row[b];
  let drop = 0;
  for (let b = 0; b < row.length; b++) {
    drop += wire_Ohm * beyond;
    drops[b] = drop;
    beyond -= row[b];
  }
  return drops;
}

/** What the sensed cells of a group take more than leaking ones would, at each of them. */
function groupDrops(
  wire_Ohm: number,
  currents: Float64Array,
  row: Float64Array,
  group: number,
  end: number,
): Float64Array {
  const drops = new Float64Array(end - group);
  let beyond = 0;
  for (let b = group; b < end; b++) beyond += currents[b] - row[b];
  let drop = wire_Ohm * beyond * group;
  for (let b = group; b < end; b++) {
    drop += wire_Ohm * beyond;
    drops[b - group] = drop;
    beyond -= currents[b] - row[b];
  }
  return drops;
}
