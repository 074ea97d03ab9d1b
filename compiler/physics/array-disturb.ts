/**
 * What a programming pulse does to every cell of an array, from the voltages of all lines: which cells it
 * forms, SETs or RESETs, whether it meant them or not (H4).
 * A cell lies between its bit line and its source line, behind a transistor on its word line. Source lines
 * run beside the bit lines, one to a pair of them, or beside the word lines.
 */

/** One pulse as it is applied: the lines of the selected cell, and what all others get. */
export interface AppliedPulse {
  readonly bank: number;
  readonly wordLine: number;
  readonly bitLine: number;
  readonly operation: "forming" | "SET" | "RESET";
  readonly wordLine_V: number;
  /** of the selected bit line */
  readonly bitLine_V: number;
  /** of the other bit line of the pair */
  readonly complementBitLine_V: number;
  readonly otherBitLines_V: number;
  /** of the selected source line; the others are grounded */
  readonly sourceLine_V: number;
  readonly duration_s: number;
  readonly complianceCurrent_A: number | null;
}

export interface ArrayModel {
  readonly wordLines: number;
  readonly bitLines: number;
  readonly sourceLine: "per-pair" | "per-row";
  /** voltage across a cell, either way, from which its state may move */
  readonly disturb_V: number;
}

/** A cell's state: 255 unformed, 0 HRS, 1 LRS, as in an image. */
export const UNFORMED = 255;

/** A cell, other than the one selected, that sees enough voltage to move. */
export interface Disturbance {
  readonly pulse: number;
  readonly wordLine: number;
  readonly bitLine: number;
  /** source line to bit line */
  readonly voltage_V: number;
}

export interface ProgrammedArray {
  /** [wordLines x bitLines] */
  readonly states: Uint8Array;
  readonly disturbances: readonly Disturbance[];
}

/** Applies the pulses of one bank, in order, to an unformed array. */
export function applyPulses(array: ArrayModel, pulses: readonly AppliedPulse[]): ProgrammedArray {
  const states = new Uint8Array(array.wordLines * array.bitLines).fill(UNFORMED);
  const disturbances: Disturbance[] = [];
  pulses.forEach((pulse, index) => {
    // the gates of all other word lines are at ground: their cells carry no current
    const w = pulse.wordLine;
    for (let b = 0; b < array.bitLines; b++) {
      const voltage = sourceLineVoltage(array, pulse, b) - bitLineVoltage(pulse, b);
      const isMoved = pulse.wordLine_V > 0 && Math.abs(voltage) >= array.disturb_V;
      if (!isMoved) continue;
      const cell = w * array.bitLines + b;
      states[cell] = stateAfter(states[cell], voltage, pulse);
      if (b !== pulse.bitLine) {
        disturbances.push({ pulse: index, wordLine: w, bitLine: b, voltage_V: voltage });
      }
    }
  });
  return { states, disturbances };
}

function bitLineVoltage(pulse: AppliedPulse, bitLine: number): number {
  if (bitLine === pulse.bitLine) return pulse.bitLine_V;
  // bit lines 2p and 2p + 1 are a pair
  if (bitLine === (pulse.bitLine ^ 1)) return pulse.complementBitLine_V;
  return pulse.otherBitLines_V;
}

function sourceLineVoltage(array: ArrayModel, pulse: AppliedPulse, bitLine: number): number {
  const isSelected = array.sourceLine === "per-row" || bitLine >> 1 === pulse.bitLine >> 1;
  return isSelected ? pulse.sourceLine_V : 0;
}

/** The source line above the bit line SETs (or forms, in a forming pulse); below it RESETs what is formed. */
function stateAfter(state: number, voltage: number, pulse: AppliedPulse): number {
  if (voltage > 0) return state === UNFORMED && pulse.operation !== "forming" ? state : 1;
  return state === UNFORMED ? state : 0;
}
