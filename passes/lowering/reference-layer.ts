import type { ValueId } from "../../compiler/ir/graph.ts";
import type { CodeRange, LayerId, WindowAccess } from "../../compiler/ir/network.ts";
import type { Domain } from "./domain.ts";
import type { MatrixNode } from "./matrix-node.ts";
import type { CodedWeights } from "./weights.ts";

/** A matrix layer as the reference graph holds it: codes in, exact integer sums out. */
export interface ReferenceLayer {
  readonly id: LayerId;
  readonly op: string;
  /** integer-valued float: the activations' codes, [… x inputs], or [channels, …pixels] of a window */
  readonly codesValue: ValueId;
  /** integer-valued float32 (float64 where |n| may reach 2^24): [… x outputs], or [outputs, …positions] of a window */
  readonly sumValue: ValueId;
  readonly weightsValue: ValueId;
  readonly weights: CodedWeights;
  readonly range: CodeRange;
  readonly scale: Float32Array;
  /** largest |n| */
  readonly bound: number;
  readonly window: WindowAccess | null;
}

export interface MatrixChoice {
  readonly matrix: MatrixNode;
  readonly weights: CodedWeights;
  readonly domain: NonNullable<Domain["codes"]>;
}
