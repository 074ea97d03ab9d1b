import type { BankLimits } from "../ir/bank-limits.ts";
import type { Technology } from "./technology.ts";

/** A technology at which figures are asked, the bank that its limits give, and a network of dense layers. */
export interface FigureRequest {
  readonly technology: Technology;
  readonly condition: string;
  readonly limits: BankLimits;
  readonly layers: readonly { readonly inputs: number; readonly outputs: number }[];
}

/** A number that a designer compares: whether more or less of it is better, null where it only informs. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly better: "most" | "least" | null;
  readonly description: string;
}
