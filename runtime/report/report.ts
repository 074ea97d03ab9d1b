import type { Claim, ClaimResult, ReadBias } from "../../compiler/define.ts";

/** The reports of xbc as data: what `--json` prints. Other tools depend on these keys. */

/** Mean and spread over trials; `ci95` is Student's t over trial means, Wilson's for a single trial. */
export interface Spread {
  readonly mean: number;
  readonly std: number;
  readonly ci95: readonly [number, number];
  readonly trials: number;
}

export interface CompileReport {
  readonly image: string | null;
  readonly target: string;
  readonly condition: string;
  readonly precision: string;
  readonly source: { readonly file: string; readonly sha256: string };
  readonly layers: readonly LayerReport[];
  readonly bankLimits: {
    readonly wordLines: number;
    readonly bitLines: number;
    readonly sensedBitLines: number;
    readonly boundBy: string;
    readonly margin: number;
  };
  /** voltages of a read and what they risk, where the image says them (S1) */
  readonly readBias: ReadBias | null;
  readonly totals: {
    readonly weights: number;
    readonly cells: number;
    readonly banks: number;
    readonly utilization: number;
    readonly clocks: number;
    readonly interval_s: number;
    readonly latency_s: number;
    /** of the arg max of a last layer by a rising reference, beside the latency of its comparators; 0 where there is none */
    readonly sweepClocks: number;
    readonly sweep_s: number;
    /** read-out channels of all layers: integrators or converters; null where sums are digital */
    readonly channels: number | null;
    readonly conversions: number;
    readonly conversionEnergy_J: number;
    readonly readEnergy_J: number;
    readonly pulses: number;
    readonly programmingTime_s: number;
    readonly programmingEnergy_J: number;
    readonly area_m2: number | null;
  };
  /** what copies of matrices gain and take (`--replicate`); null where none were asked for */
  readonly replication: ReplicationReport | null;
  readonly accuracy: EvaluationReport | null;
  readonly assumptions: readonly string[];
  readonly warnings: readonly string[];
}

export interface ReplicationReport {
  /** the value of `--replicate` */
  readonly asked: string;
  /** those that have several copies */
  readonly layers: readonly {
    readonly name: string;
    readonly replicas: number;
    readonly positions: number;
    /** in which all positions are read, one a copy at once */
    readonly rounds: number;
    readonly clocks: number;
    readonly clocksOfOne: number;
    readonly cells: number;
    readonly cellsOfOne: number;
  }[];
  /** the image's totals with one copy of every matrix */
  readonly one: Pick<
    CompileReport["totals"],
    | "cells"
    | "banks"
    | "clocks"
    | "interval_s"
    | "latency_s"
    | "pulses"
    | "programmingTime_s"
    | "programmingEnergy_J"
    | "area_m2"
  >;
}

export interface LayerReport {
  readonly name: string;
  readonly op: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly positions: number;
  readonly macs: number;
  readonly encoding: string;
  readonly readout: string;
  readonly configuration: string;
  /** why this configuration */
  readonly reason: string;
  readonly presentations: number;
  readonly thresholdRows: number;
  readonly tiles: number;
  /** copies of the matrix (`--replicate`), each read at positions of its own; tiles, banks and cells are those of all */
  readonly replicas: number;
  readonly banks: number;
  readonly cells: number;
  readonly segments: number;
  readonly clocks: number;
  /** as in `totals`: of an arg max by a rising reference, of what reads analog sums, of converters */
  readonly sweepClocks: number;
  readonly channels: number | null;
  readonly conversions: number;
  /** current that the senses of each bank compare with; null where a bank has no such reference */
  readonly senseReferences_A: readonly number[] | null;
}

export interface EvaluationReport {
  readonly samples: number;
  readonly metric: string;
  readonly baseline: { readonly accuracy: number } | null;
  readonly mapped: { readonly accuracy: number };
  /** the same last layer read by one comparator an output, lowest index first; null where it is read otherwise */
  readonly comparators: {
    readonly accuracy: number;
    readonly none: number;
    readonly several: number;
  } | null;
  readonly noisy:
    | (Spread & { readonly condition: string; readonly perTrial: readonly number[] })
    | null;
  /** the same under the technology's weak condition */
  readonly weak:
    | (Spread & { readonly condition: string; readonly perTrial: readonly number[] })
    | null;
  readonly ablation: readonly {
    readonly effects: readonly string[];
    readonly mean: number;
    readonly std: number;
  }[];
  readonly overTime: readonly {
    readonly elapsed_s: number;
    readonly mean: number;
    readonly std: number;
  }[];
  readonly overBer: readonly (Spread & {
    readonly ber: number | Readonly<Record<string, number>>;
  })[];
  readonly layers: readonly {
    readonly name: string;
    /** share of weights that a read finds at another code, by mean over trials */
    readonly weightErrorRate: number;
    /** of stored ±1, read as ∓1; of stored ±1, read as 0; of stored 0, read as ±1 (L5) */
    readonly errorTypes: { readonly type1: number; readonly type2: number; readonly type3: number };
    readonly signalToNoise_dB: number | null;
  }[];
  readonly energy: {
    readonly perInference_J: number;
    /** synapses sensed in one inference: as scheduled, or, where masked inputs are not read, by mean over samples */
    readonly synapsesRead: number;
    /** true: synapses of masked inputs are sensed with the others, without read current; false: left out (1S1R) */
    readonly maskedAreRead: boolean;
    /** synapses that are scheduled and whose input is masked */
    readonly synapsesMasked: number | null;
    /** presentations of inputs that are not masked, in one inference: spikes, where inputs are spikes (S6) */
    readonly presented: readonly {
      readonly layer: string;
      readonly inputs: number;
      readonly perInference: number;
      readonly perInput: number;
    }[];
    /** over the inputs of all layers: spikes per neuron and inference (S6) */
    readonly presentedPerInput: number;
  };
  readonly interval_s: number;
  readonly latency_s: number;
  readonly seed: number;
  readonly noise: readonly {
    readonly model: string;
    readonly parameters: Readonly<Record<string, number>>;
  }[];
  readonly assumptions: readonly string[];
}

/** One die programmed by a routine: what it took and what came out. */
export interface ProgramReport {
  readonly target: string;
  readonly condition: string;
  readonly routine: string;
  readonly seed: number;
  readonly trial: number;
  readonly elapsed_s: number;
  readonly cells: number;
  /** SETs (or RESETs to the lowest level) of all cells */
  readonly iterations: number;
  readonly iterationsPerCell: number;
  /** most iterations of a cell */
  readonly rounds: number;
  readonly pulses: number;
  readonly reads: number;
  readonly time_s: ProgrammingShares;
  readonly energy_J: ProgrammingShares;
  /** share of cells that passed their verify and are not stuck */
  readonly yield: number;
  /** share of cells that read as their level at the end, and that lie within its range */
  readonly atLevel: number;
  readonly inRange: number;
  readonly levels: readonly {
    readonly level: number;
    readonly name: string;
    readonly low_S: number;
    readonly aim_S: number;
    readonly high_S: number;
    readonly cells: number;
    readonly iterationsPerCell: number;
  }[];
  readonly failures: number;
  /** the first of them */
  readonly failed: readonly {
    readonly layer: string;
    readonly bank: number;
    readonly wordLine: number;
    readonly bitLine: number;
    readonly level: number;
    readonly conductance_S: number;
  }[];
  /** what becomes of a cell that does not pass */
  readonly rule: string;
  readonly assumptions: readonly string[];
}

/** Time or energy by what takes it; `waits` for times alone. */
export interface ProgrammingShares {
  readonly forming: number;
  readonly pulses: number;
  readonly reads: number;
  readonly waits?: number;
  readonly total: number;
}

/** A read-back array beside its image. */
export interface ReadbackReport {
  readonly cells: number;
  readonly measured: number;
  /** cells within what a verify of their level accepts */
  readonly inRange: number;
  readonly elapsed_s: number;
  /** cells that read as another level */
  readonly wrong: number;
  readonly byLevel: readonly {
    readonly level: number;
    readonly name: string;
    readonly wrong: number;
  }[];
  /** worst first, at most 1000 */
  readonly worst: readonly {
    readonly layer: string;
    readonly bank: number;
    readonly wordLine: number;
    readonly bitLine: number;
    /** the weight that the cell belongs to; −1 for a cell of no weight */
    readonly output: number;
    readonly input: number;
    readonly level: number;
    readonly reads: number;
    readonly conductance_S: number;
    /** how far beyond the border of its level, as a ratio of conductances */
    readonly beyond: number;
  }[];
}

/** What `verify` did, check by check; it passes when all of them do. */
export interface VerifyReport {
  readonly passed: boolean;
  /** with `--readback`: the array beside the image */
  readonly readback: ReadbackReport | null;
  readonly checks: readonly {
    readonly name: string;
    readonly passed: boolean;
    /** decisions that quantization and mapping changed: told, not judged */
    readonly differing?: number;
    /** what was compared, over how many, and what differs */
    readonly detail: string;
  }[];
}

/** A device model beside the claims of its source papers. */
export interface CharacterizeReport {
  readonly target: string;
  /** null: every condition that a claim names */
  readonly condition: string | null;
  readonly samples: number;
  readonly seed: number;
  readonly claims: readonly ClaimReport[];
  readonly assumptions: readonly string[];
}

/** A claim, and what the model gives for it: by quadrature, and by Monte Carlo with its 95 % interval. */
export type ClaimReport = Omit<Claim, "evaluate"> & ClaimResult;
