/** What a read costs, as data in the image; every figure names what it rests on. */
export interface CostModel {
  readonly clock_s: number;
  /** where a ternary read takes another time (L1); null: clock_s */
  readonly ternaryClock_s: number | null;
  readonly pipelineClocks: number;
  /** energy of a converter a step: one of B bits takes 2^B times as much; absent: none is known */
  readonly conversionStep_J?: number;
  readonly read: ReadCost;
  readonly cellArea_m2: number | null;
  readonly sources: readonly string[];
}

/**
 * Energy of a read. `per-synapse`: of every weight sensed (H13). `by-current`: V·I·t of the cells of each word
 * line that is read, and of the half-selected cells beside them (S5, S6); currents by level, means over the spread.
 */
export type ReadCost =
  | { readonly kind: "per-synapse"; readonly energy_J: number }
  | {
      readonly kind: "by-current";
      readonly read_V: number;
      readonly pulse_s: number;
      readonly currents_A: readonly number[];
      readonly halfSelected_A: readonly number[];
    };
