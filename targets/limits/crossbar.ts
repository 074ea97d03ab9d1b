import type { LimitsRequest } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { BankLimits } from "../../compiler/ir/bank-limits.ts";
import type { BankShape, CrossbarWires } from "../../compiler/physics/crossbar-bounds.ts";
import {
  largest,
  leakageUse,
  mostLeaking,
  mostSensed,
  mostSensedByDrop,
  squareBank,
  wireDrop,
  wordLineCurrent,
} from "../../compiler/physics/crossbar-bounds.ts";
import { crossbarWires } from "../../compiler/physics/crossbar-device.ts";
import type { SubthresholdCell } from "../../compiler/physics/subthreshold-cell.ts";
import { subthresholdCell } from "../../compiler/physics/subthreshold-cell.ts";
import { formatQuantity } from "../../compiler/units.ts";
import { lowestShares } from "./low-shares.ts";

/** Everything that the bounds of one request ask. */
interface Bounds {
  readonly cell: SubthresholdCell;
  readonly wires: CrossbarWires;
  /** share of LRS among k sensed cells of a word line, in a bank of C bit lines */
  readonly lowShare: (bitLines: number, sensed: number) => number;
  readonly rule: string;
}

/**
 * How large a bank of cells without transistors may be: capacity and parallel read (S2), the current of a word line
 * (S3), and the voltage that the wires take. With `bank`, that array is checked instead.
 * @throws LIMIT with the numbers where the array cannot be read; BAD_TECHNOLOGY
 */
export function crossbarLimits(request: LimitsRequest): BankLimits {
  const { technology, condition, bank } = request;
  refuseSeveralLines(technology);
  const bounds: Bounds = {
    cell: subthresholdCell(technology, condition),
    wires: crossbarWires(technology, condition),
    ...shareRule(request),
  };
  const most = technology.array;
  const shape = bank ?? largestSquare(bounds, Math.min(most.wordLines, most.bitLines));
  if (bank) refuseUnreadable(bounds, bank, technology.name);
  const filled = filledPart(shape, request.matrices);
  const sensed = Math.min(sensedAt(bounds, filled), most.sensedBitLines);
  return {
    ...shape,
    sensedBitLines: sensed,
    ...binding(bounds, shape, bank !== null, most),
    considered: considered(bounds, shape, filled, sensed),
  };
}

/** Digital sums tell one word line's cells apart (S2, S3). @throws BAD_TECHNOLOGY */
function refuseSeveralLines({ name, array }: LimitsRequest["technology"]): void {
  if (array.activeWordLines === 1) return;
  throw new XbcError(
    "BAD_TECHNOLOGY",
    `technology ${name}, array.activeWordLines: needs 1, since cells are sensed one by one and counted, found ${array.activeWordLines}; ` +
      "leave it out, or take a target that sums currents",
  );
}

/** The corner of a bank that the largest of some matrices fills: what lies beyond is unformed and takes no current. */
function filledPart(
  { wordLines, bitLines }: BankShape,
  matrices: LimitsRequest["matrices"],
): BankShape {
  if (matrices.length === 0) return { wordLines, bitLines };
  const inputs = matrices.map(({ codes }) => codes.inputs);
  const cells = matrices.map(({ codes, encoding }) => codes.outputs * encoding.cellsPerWeight);
  return {
    wordLines: Math.min(wordLines, Math.max(...inputs)),
    bitLines: Math.min(bitLines, Math.max(...cells)),
  };
}

/** The word line's current by average data, the worst case, or the data to be placed. @throws BAD_TECHNOLOGY */
function shareRule({ technology, matrices }: LimitsRequest): Pick<Bounds, "lowShare" | "rule"> {
  const rule = technology.conventions.wordLineCurrent;
  switch (rule) {
    case "worst case":
      return { rule: "all cells in LRS", lowShare: () => 1 };
    case "average":
      return { rule: "half of the cells in LRS", lowShare: () => 0.5 };
    case "data":
      return matrices.length === 0
        ? { rule: "half of the cells in LRS", lowShare: () => 0.5 }
        : { rule: "the data", lowShare: lowestShares(matrices) };
    default:
      throw new XbcError(
        "BAD_TECHNOLOGY",
        `technology ${technology.name}, conventions.wordLineCurrent: needs "average", "worst case" or "data", ` +
          `found ${rule === undefined ? "nothing" : `"${rule}"`}; say what the bound of S3 counts`,
      );
  }
}

/** Most bit lines sensed at once: the largest k whose current and drop fit. */
function sensedAt(bounds: Bounds, shape: BankShape): number {
  return Math.min(sensedByCurrent(bounds, shape), sensedByDrop(bounds, shape));
}

/** What keeps more bit lines from being sensed at once. */
function sensedBy(bounds: Bounds, shape: BankShape, sensed: number): string {
  if (sensed === sensedByDrop(bounds, shape) && sensed < shape.bitLines) return "IR drop";
  if (sensed === sensedByCurrent(bounds, shape) && sensed < shape.bitLines)
    return "the word line's current";
  return "the array";
}

function sensedByCurrent({ cell, wires, lowShare }: Bounds, { bitLines }: BankShape): number {
  return largest(
    0,
    bitLines,
    (k) =>
      k === 0 ||
      wordLineCurrent(cell, bitLines, k, lowShare(bitLines, k)) <=
        wires.mostCurrent_A * (1 + ROUNDED),
  );
}

function sensedByDrop({ cell, wires, lowShare }: Bounds, shape: BankShape): number {
  return largest(
    0,
    shape.bitLines,
    (k) => k === 0 || mostSensedByDrop(cell, wires, shape, lowShare(shape.bitLines, k)) >= k,
  );
}

const square = (lines: number): BankShape => ({ wordLines: lines, bitLines: lines });

/** Squares that each limit allows, by itself. */
function squares(bounds: Bounds): readonly (readonly [limit: string, lines: number])[] {
  const { cell, wires } = bounds;
  const most = 2 ** 16;
  return [
    ["leakage, capacity (S2)", squareBank(cell, wires)],
    ["leakage in a parallel read (S2)", mostLeaking(cell, wires) + 1],
    [
      "word-line current (S3)",
      largest(0, most, (n) => n === 0 || mostSensed(cell, wires, n, 1) >= 1),
    ],
    [
      "IR drop along both lines",
      largest(0, most, (n) => n === 0 || mostSensedByDrop(cell, wires, square(n), 1) >= 1),
    ],
  ];
}

/** @throws LIMIT saying with numbers why not even one cell can be read */
function largestSquare(bounds: Bounds, most: number): BankShape {
  const lines = Math.min(most, ...squares(bounds).map(([, n]) => n));
  if (lines >= 1) return square(lines);
  throw new XbcError(
    "LIMIT",
    `bank of one cell: cannot be read: ${unreadable(bounds, square(1)) ?? "no leakage fits"}; change the technology with --set`,
  );
}

function binding(
  bounds: Bounds,
  shape: BankShape,
  isAsked: boolean,
  most: BankShape,
): Pick<BankLimits, "boundBy" | "margin"> {
  const found: (readonly [string, number])[] = [...squares(bounds)];
  if (isAsked) {
    const [nearest, margin] = nearestBound(bounds, shape);
    return { boundBy: `the array that exists, then by ${nearest}`, margin };
  }
  found.push(["the array described", Math.min(most.wordLines, most.bitLines)]);
  found.sort((a, b) => a[1] - b[1]);
  return { boundBy: found[0][0], margin: found[1][1] / found[0][1] };
}

/** Of an array that exists: the physical bound that it comes closest to, and how many times that is what it takes. */
function nearestBound({ cell, wires }: Bounds, shape: BankShape): readonly [string, number] {
  const { wordLines, bitLines } = shape;
  const { wordLine_V, bitLine_V } = wireDrop(cell, wires, shape, 1, 1);
  const uses: readonly (readonly [string, number])[] = [
    ["leakage, capacity (S2)", leakageUse(cell, wires, wordLines + bitLines - 2)],
    ["word-line current (S3)", wordLineCurrent(cell, bitLines, 1, 1) / wires.mostCurrent_A],
    ["IR drop along both lines", (wordLine_V + bitLine_V) / (wires.dropBudget * cell.read_V)],
  ];
  const [name, use] = uses.reduce((most, next) => (next[1] > most[1] ? next : most));
  return [name, use > ROUNDED ? 1 / use : 1e9];
}

const ROUNDED = 1e-9;

/** @throws LIMIT naming what an array exceeds, with the numbers */
function refuseUnreadable(bounds: Bounds, bank: BankShape, name: string): void {
  const why = unreadable(bounds, bank);
  if (why === null) return;
  const { wordLines: lines } = largestSquare(bounds, 2 ** 16);
  throw new XbcError(
    "LIMIT",
    `bank ${bank.wordLines}x${bank.bitLines} on ${name}: cannot be read: ${why}; the largest square that can is ${lines}x${lines}; ` +
      "give a smaller --bank, or change the technology with --set",
  );
}

/** What keeps an array from being read, with the numbers; null where nothing does. */
function unreadable(bounds: Bounds, bank: BankShape): string | null {
  const { cell, wires } = bounds;
  const { wordLines, bitLines } = bank;
  const amps = (current: number) => formatQuantity(current, "A", 3);
  const volts = (voltage: number) => formatQuantity(voltage, "V", 3);
  if (!(wires.leakageBudget > 0))
    return `leakageBudget is ${wires.leakageBudget}, needs to be above 0 for any leakage to fit`;
  const all = wordLines + bitLines - 2;
  if (leakageUse(cell, wires, all) >= 1 + ROUNDED)
    return (
      `${all} half-selected cells leak ${amps(all * cell.halfLow_A)}, needs below ` +
      `${wires.leakageBudget} of I_LRS ${amps(cell.low_A)} = ${amps(wires.leakageBudget * cell.low_A)}`
    );
  if (sensedByCurrent(bounds, bank) < 1)
    return `a word line that senses one cell takes ${amps(wordLineCurrent(cell, bitLines, 1, 1))}, its metal carries ${amps(wires.mostCurrent_A)} by currentDensity`;
  if (sensedByDrop(bounds, bank) < 1) {
    const { wordLine_V, bitLine_V } = wireDrop(cell, wires, bank, 1, 1);
    return (
      `its wires take ${volts(wordLine_V + bitLine_V)} from the farthest cell, needs at most ` +
      `${volts(wires.dropBudget * cell.read_V)}, dropBudget ${wires.dropBudget} of V_read`
    );
  }
  return null;
}

function considered(
  bounds: Bounds,
  shape: BankShape,
  filled: BankShape,
  sensed: number,
): BankLimits["considered"] {
  const { cell, wires, lowShare, rule } = bounds;
  const { wordLines, bitLines } = shape;
  const percent = (use: number) => `${(100 * use).toPrecision(3)} % of its budget`;
  const share = lowShare(filled.bitLines, Math.max(1, sensed));
  const drop = wireDrop(cell, wires, filled, sensed, share);
  const by = (p: number) => mostSensed(cell, wires, filled.bitLines, p);
  return [
    ...squares(bounds).map(([limit, lines]) => ({
      limit,
      bound: lines >= 2 ** 16 ? "no bound below 65536 lines" : `a square of ${lines} lines`,
    })),
    {
      limit: "leakage of this bank (S2)",
      bound:
        `${wordLines + bitLines - 2} cells, ${percent(leakageUse(cell, wires, wordLines + bitLines - 2))}; ` +
        `a sensed bit line collects ${percent(leakageUse(cell, wires, wordLines - 1))} of ${wires.leakageBudget}·I_LRS`,
    },
    {
      limit: "bit lines sensed at once (S3)",
      bound:
        `${sensed}, bound by ${sensedBy(bounds, filled, sensed)}, by ${rule}: ${formatQuantity(wordLineCurrent(cell, filled.bitLines, sensed, share), "A", 3)} of ` +
        `${formatQuantity(wires.mostCurrent_A, "A", 3)} a word line; ${by(0.5)} with half of the cells in LRS, ${by(1)} with all; ` +
        `IR drop alone allows ${sensedByDrop(bounds, filled)}`,
    },
    {
      limit: "IR drop of the lines in use",
      bound:
        `${formatQuantity(drop.wordLine_V, "V", 3)} along the word line and ${formatQuantity(drop.bitLine_V, "V", 3)} along the bit line ` +
        `of ${formatQuantity(wires.dropBudget * cell.read_V, "V", 3)} allowed`,
    },
    {
      limit: "switching during a read",
      bound: `P = ${cell.switching.toExponential(2)} for an LRS cell at ${formatQuantity(cell.read_V, "V", 3)}`,
    },
  ];
}
