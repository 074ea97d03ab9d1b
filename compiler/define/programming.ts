/** How a bank is programmed, described once per level; `export --format pulses` expands it. */
export interface ProgrammingDescription {
  readonly forming: Pulse | null;
  readonly levels: readonly LevelProgramming[];
  /** how the pulses of a level are given; the first is the default */
  readonly routines: readonly ProgrammingRoutine[];
  /** lines that are not selected, in words and as a rule that the array model of the tests applies */
  readonly unselected: {
    /** `half voltage`: midway between the selected word line and bit line (S1) */
    readonly wordLines: "grounded" | "half voltage";
    readonly bitLines: "grounded" | "follow source line" | "half voltage";
    readonly complement: "follows source line" | "none";
  };
  readonly sourceLine: "per-pair" | "per-row" | "none";
  /** lines of a read, where they are part of what programs a bank's periphery (S1); null: by the sense amplifier */
  readonly readBias: ReadBias | null;
  readonly energySource: string;
}

/** What brings a formed cell to a level, and which conductances count as that level. */
export interface LevelProgramming {
  readonly level: number;
  readonly name: string;
  readonly pulses: readonly Pulse[];
  /** what a verify accepts, from low to high; without one, up to the borders with the neighbouring levels */
  readonly range: { readonly low_S: number; readonly aim_S: number; readonly high_S: number };
}

/** One pulse: voltages of the lines of the cell that is programmed, in the order they are applied. */
export interface Pulse {
  readonly operation: "forming" | "SET" | "RESET";
  readonly wordLine_V: number;
  readonly bitLine_V: number;
  /** null where cells have no source line (1S1R) */
  readonly sourceLine_V: number | null;
  readonly complianceCurrent_A: number | null;
  readonly duration_s: number;
  /** a ramp's rate, for forming */
  readonly ramp_V_per_s: number | null;
  readonly energy_J: number;
}

/**
 * A program that brings cells to their levels. `once`: the pulses of the level, no check. `verify`: the pulses, then
 * reads at once and after a wait, until the cell is in range (and has moved no more than the limit), at most so
 * often; a cell that is not is RESET first (R3).
 */
export type ProgrammingRoutine =
  | { readonly kind: "once"; readonly name: string }
  | {
      readonly kind: "verify";
      readonly name: string;
      readonly wait_s: number;
      /** most that a cell may move during the wait, in units of its relaxation; null: only the range counts */
      readonly movementLimit: number | null;
      readonly mostIterations: number;
      /** a cell that does not pass is brought back by this pulse before the next */
      readonly retry: Pulse;
      readonly readTime_s: number;
      readonly readEnergy_J: number;
    };

export type VerifyRoutine = Extract<ProgrammingRoutine, { readonly kind: "verify" }>;

/** Voltages of a read: one selected word line, the bit lines that are sensed, and all others. */
export interface ReadBias {
  readonly wordLine_V: number;
  readonly bitLine_V: number;
  readonly unselected_V: number;
  readonly duration_s: number;
  /** chance that a read switches a cell of its level that conducts most */
  readonly switching: number;
  readonly note: string;
}
