import type { CostModel } from "../define/costs.ts";
import type { EncodingLayout } from "../define/encoding.ts";
import type { NoiseUse } from "../define/noise.ts";
import type { ProgrammingDescription } from "../define/programming.ts";
import type { Technology } from "../define/technology.ts";
import type { BankLimits } from "./bank-limits.ts";
import type { LayerPlacement } from "./mapping.ts";
import type {
  Buffer,
  BufferId,
  Layer,
  LayerId,
  NetworkInput,
  NetworkOutput,
  ReferenceWeight,
} from "./network.ts";
import type { StepTable } from "./schedule.ts";

/** level of a cell that no weight uses: left unformed */
export const UNUSED = 255;

/** The banks of one layer, read one at a time; never all in memory. */
export interface LayerCells {
  readonly layer: LayerId;
  readonly banks: number;
  readonly wordLines: number;
  readonly bitLines: number;
  /** [wordLines x bitLines] level of each cell, 0 conducts least, 255 unused */
  readonly levels: (bank: number) => Promise<Uint8Array>;
  /** banks first … first + count − 1 in one array; the fast way over all of them */
  readonly range: (first: number, count: number) => Promise<Uint8Array>;
}

export interface ImageLayerCosts {
  readonly layer: LayerId;
  readonly weights: number;
  readonly macs: number;
  /** cells that hold a weight, and all cells of the layer's banks */
  readonly cells: number;
  readonly capacity: number;
  readonly tiles: number;
  readonly segments: number;
  /** clocks of one inference: presentations x positions x clocks of one; sums of bit planes in an integrator are compared once */
  readonly clocks: number;
  /** synapses sensed in one inference, masked ones included */
  readonly synapsesRead: number;
  /** analog read-outs: integrators or converters that work at the same time, of weights and of references */
  readonly channels?: number;
  /** of an arg max by a rising reference, beside `clocks`: the most that it takes */
  readonly sweepClocks?: number;
  /** behind converters: numbers that an inference makes */
  readonly conversions?: number;
}

export interface SourceModel {
  readonly file: string;
  readonly sha256: string;
}

/**
 * All that a run needs, and all that a run may use: no ONNX file, no float weights. An image that was just
 * compiled and one that was read from a file are the same thing.
 */
export interface ProgrammingImage {
  readonly format: "xbc-image";
  readonly version: 1;
  readonly generator: string;
  readonly source: SourceModel;
  readonly target: string;
  readonly condition: string;
  readonly precision: string;
  /** the complete resolved technology, with units and sources */
  readonly technology: Technology;
  readonly programming: ProgrammingDescription;
  /** noise models with their bound parameters, in life order, for the chosen condition */
  readonly noise: readonly NoiseUse[];
  /** a weak condition beside it: name and noise, for the headline table */
  readonly weak: { readonly condition: string; readonly noise: readonly NoiseUse[] } | null;
  readonly limits: BankLimits;
  /** what a read takes in time and energy, and a cell in area */
  readonly costModel: CostModel;
  readonly inputs: readonly NetworkInput[];
  readonly outputs: readonly NetworkOutput[];
  readonly buffers: ReadonlyMap<BufferId, Buffer>;
  readonly layers: readonly Layer[];
  readonly placements: readonly LayerPlacement[];
  readonly encodings: readonly EncodingLayout[];
  readonly steps: StepTable;
  readonly cells: readonly LayerCells[];
  readonly costs: readonly ImageLayerCosts[];
  /** seed of drawn inputs (stochastic presentations) */
  readonly seed: number;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly assumptions: readonly string[];
  readonly warnings: readonly string[];
  /** accuracy of the float model at compile time, if it was measured */
  readonly baseline: {
    readonly metric: string;
    readonly value: number;
    readonly samples: number;
  } | null;
  /** the reference graph without the weights of matrix layers, as ONNX bytes; weights are decoded from the cells */
  readonly reference: Uint8Array;
  readonly referenceWeights: ReadonlyMap<LayerId, ReferenceWeight>;
}
