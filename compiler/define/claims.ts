import type { Technology } from "./technology.ts";

/** One claim of a paper, and what the device model gives for it. */
export interface Claim {
  readonly id: string;
  readonly condition: string;
  readonly quantity: string;
  readonly claimed: string;
  /** by quadrature (exact), and by sampling with a 95 % interval */
  readonly evaluate: (
    technology: Technology,
    options: { readonly seed: number; readonly samples: number },
  ) => ClaimResult;
}

export interface ClaimResult {
  readonly value: number;
  readonly sampled: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly samples: number;
    readonly method: string;
  } | null;
  readonly met: boolean;
  /** empty when met: by how much it is missed */
  readonly missedBy: string;
  readonly note: string;
}
