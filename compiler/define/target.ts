import type { BankLimits } from "../ir/bank-limits.ts";
import type { Claim } from "./claims.ts";
import type { CostModel } from "./costs.ts";
import type { Encoding } from "./encoding.ts";
import type { Figure, FigureRequest } from "./figures.ts";
import type { LimitsRequest } from "./limits.ts";
import type { NoiseUse } from "./noise.ts";
import type { ProgrammingDescription } from "./programming.ts";
import type { Technology } from "./technology.ts";

export interface Target {
  readonly name: string;
  readonly summary: string;
  readonly technology: Technology;
  readonly laws: TargetLaws;
}

export function defineTarget(target: Target): Target {
  return target;
}

/** A technology with its laws: the definition of a built-in target, or a user's device on top of one. */
export interface TargetSpec {
  readonly name: string;
  readonly technology: Technology;
  readonly condition: string;
  readonly laws: TargetLaws;
  /** those that the technology names, in its order of preference */
  readonly encodings: readonly Encoding[];
}

export interface TargetLaws {
  /**
   * how large a bank may be, how many bit lines are sensed at once, and what bounds both
   * @throws LIMIT with the numbers if the array that is asked for cannot be read
   */
  readonly limits: (request: LimitsRequest) => BankLimits;
  readonly programming: (technology: Technology, condition: string) => ProgrammingDescription;
  /** the noise of a condition, in life order, with bound parameters */
  readonly noise: (technology: Technology, condition: string) => readonly NoiseUse[];
  readonly costs: (technology: Technology, condition: string) => CostModel;
  /** what makes results under a condition meaningless, for users to read */
  readonly cautions?: (technology: Technology, condition: string) => readonly string[];
  /** what a designer compares, in closed form: `xbc explore` sweeps technologies by it */
  readonly figures?: (request: FigureRequest) => Readonly<Record<string, Figure>>;
  /** claims of the source paper, checked by `xbc characterize` */
  readonly claims: readonly Claim[];
}
