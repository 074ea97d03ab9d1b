/**
 * What bounds a bank of cells without transistors: leakage at the sense (S2), the current of a word line (S3), and
 * the voltage that both wires take. All by ideal currents, in closed form.
 */
import type { SubthresholdCell } from "./subthreshold-cell.ts";

export interface BankShape {
  readonly wordLines: number;
  readonly bitLines: number;
}

/** The wires of a bank and how much of each budget a read may take. */
export interface CrossbarWires {
  readonly wordLineWire_Ohm: number;
  readonly bitLineWire_Ohm: number;
  /** most current of a word line: the metal's current density times its section */
  readonly mostCurrent_A: number;
  /** leakage that still tells the states apart, as a share of I_LRS: at exactly this much it does not (S2) */
  readonly leakageBudget: number;
  /** most voltage that both wires may take, as a share of the read voltage */
  readonly dropBudget: number;
}

/** A rounding below this is no difference: a ratio of 1,000 means 450 lines. */
const ROUNDING = 1e-9;

/** Leakage of `cells` half-selected cells over its budget: readable below 1. */
export const leakageUse = (
  { low_A, halfLow_A }: SubthresholdCell,
  { leakageBudget }: CrossbarWires,
  cells: number,
): number => (cells * halfLow_A) / (leakageBudget * low_A) + ROUNDING;

/** Most half-selected cells whose leakage stays below the budget. */
export const mostLeaking = (cell: SubthresholdCell, wires: CrossbarWires): number =>
  Math.ceil((wires.leakageBudget * cell.low_A) / cell.halfLow_A - ROUNDING * 1000) - 1;

/** Largest square bank by capacity: 2(N − 1)·I_leak < budget·I_LRS. */
export const squareBank = (cell: SubthresholdCell, wires: CrossbarWires): number =>
  Math.floor(mostLeaking(cell, wires) / 2) + 1;

/** S3: I_WL = k(p·I_LRS + (1 − p)·I_HRS) + (C − k)·I_leak, p the share of LRS among the sensed cells. */
export const wordLineCurrent = (
  cell: SubthresholdCell,
  bitLines: number,
  sensed: number,
  lowShare: number,
): number =>
  sensed * (lowShare * cell.low_A + (1 - lowShare) * cell.high_A) +
  (bitLines - sensed) * cell.halfLow_A;

/** Most bit lines of C sensed at once within the word line's current; 0 if not even one. */
export function mostSensed(
  cell: SubthresholdCell,
  wires: CrossbarWires,
  bitLines: number,
  lowShare: number,
): number {
  const each = lowShare * cell.low_A + (1 - lowShare) * cell.high_A - cell.halfLow_A;
  const left = wires.mostCurrent_A - bitLines * cell.halfLow_A;
  return Math.max(0, Math.min(bitLines, Math.floor(left / each + ROUNDING)));
}

/**
 * Voltage that both wires take from the cell that is farthest: its word line feeds k sensed cells at the far end past
 * C − k that leak, its bit line carries an LRS current past R − 1 cells that leak.
 */
export function wireDrop(
  cell: SubthresholdCell,
  wires: CrossbarWires,
  { wordLines: R, bitLines: C }: BankShape,
  sensed: number,
  lowShare: number,
): { readonly wordLine_V: number; readonly bitLine_V: number } {
  const each = lowShare * cell.low_A + (1 - lowShare) * cell.high_A;
  const far = (sensed * (2 * C - sensed + 1)) / 2;
  const near = ((C - sensed) * (C - sensed + 1)) / 2;
  return {
    wordLine_V: wires.wordLineWire_Ohm * (each * far + cell.halfLow_A * near),
    bitLine_V: wires.bitLineWire_Ohm * (cell.low_A * R + (cell.halfLow_A * R * (R - 1)) / 2),
  };
}

/** Most bit lines sensed at once within the budget of the wires' drop; 0 if not even one. */
export function mostSensedByDrop(
  cell: SubthresholdCell,
  wires: CrossbarWires,
  shape: BankShape,
  lowShare: number,
): number {
  const fits = (sensed: number) => {
    const { wordLine_V, bitLine_V } = wireDrop(cell, wires, shape, sensed, lowShare);
    return wordLine_V + bitLine_V <= wires.dropBudget * cell.read_V * (1 + ROUNDING);
  };
  return largest(0, shape.bitLines, (k) => k === 0 || fits(k));
}

/** The largest whole number of a range for which `holds`, which holds up to it and not beyond; `low` must hold. */
export function largest(low: number, high: number, holds: (n: number) => boolean): number {
  let from = low;
  let to = high + 1;
  while (to - from > 1) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) from = middle;
    else to = middle;
  }
  return from;
}
