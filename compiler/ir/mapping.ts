import type { EncodingLayout } from "../define/encoding.ts";
import type { TargetSpec } from "../define/target.ts";
import type { BankLimits } from "./bank-limits.ts";
import type { LayerId, QuantizedNetwork } from "./network.ts";

/** first … first + count − 1 */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/** A block of one weight matrix, placed in one bank. */
export interface Tile {
  readonly layer: LayerId;
  readonly inputs: Range;
  readonly outputs: Range;
  /** within the layer, from 0 */
  readonly bank: number;
  readonly wordLines: Range;
  readonly bitLines: Range;
}

/**
 * How one layer's matrix lies in its banks. Weight (o, i) is found by arithmetic (`placement.ts`), so that a
 * layer of 10^8 weights needs no table.
 * `parallel-to-sequential` (H3): a bank holds a block of outputs x inputs; all of a layer's banks read one line a clock.
 * `sequential-to-parallel` (H3): a bank holds one output, its inputs wrapped over the word lines.
 * `gated`: inputs on word lines, outputs on bit lines (1S1R, PCM, RRAM).
 */
export interface LayerPlacement {
  readonly layer: LayerId;
  readonly encoding: EncodingLayout;
  readonly configuration: "parallel-to-sequential" | "sequential-to-parallel" | "gated";
  /** why this configuration, in a sentence */
  readonly reason: string;
  /** of all copies of the matrix */
  readonly banks: number;
  /** copies of the matrix, each read at positions of its own (`replicas.ts`); one where it is left out */
  readonly replicas?: number;
  readonly bankWordLines: number;
  readonly bankBitLines: number;
  /** of the layer, always-on ones included, which come last */
  readonly inputs: number;
  readonly alwaysOn: number;
  readonly outputs: number;
  /** by output: which of the places for outputs it takes, so that cells are avoided; null: each its own */
  readonly slots: readonly number[] | null;
  /** by input: which of the places along word lines it takes, so that currents spread; null: each its own */
  readonly lines: readonly number[] | null;
  /** inputs (and outputs) of one full tile */
  readonly tileInputs: number;
  readonly tileOutputs: number;
  /** word lines that are read together, the read segment */
  readonly segmentWordLines: number;
  /** clocks of one presentation of one position */
  readonly clocks: number;
}

/** Cells that stand otherwise than in their code's usual pattern, since cells of their weight are stuck. */
export interface OtherPatterns {
  /** ascending, within [banks x wordLines x bitLines] */
  readonly cells: Float64Array;
  /** of each of them */
  readonly levels: Uint8Array;
}

export interface MappedNetwork {
  readonly network: QuantizedNetwork;
  readonly target: TargetSpec;
  readonly limits: BankLimits;
  readonly placements: readonly LayerPlacement[];
  /** by layer; none where every code has its usual pattern */
  readonly otherPatterns: ReadonlyMap<LayerId, OtherPatterns>;
}
