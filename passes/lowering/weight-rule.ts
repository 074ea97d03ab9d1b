import type { PassContext } from "../../compiler/define.ts";
import type { Alphabet } from "../../compiler/ir/network.ts";
import type { WeightRange } from "./weight-ranges.ts";
import { weightRangeOf } from "./weight-ranges.ts";

/** How float weights are rounded to an alphabet, `auto` resolved. */
export interface WeightRule {
  readonly range: WeightRange;
  readonly rangeName: string;
  readonly scale: "layer" | "output";
  /** whether the mean that rounding takes from each output is added to its bias */
  readonly correctsBias: boolean;
}

/** levels up to which comparators' networks follow P2's recipe */
const FEW_LEVELS = 16;

/**
 * P2's range and one scale a layer where comparators read few levels, since outputs share their references; else
 * least squares, with a scale for each output where sums are numbers.
 */
export function weightRule(
  { target, options }: Pick<PassContext, "target" | "options">,
  { levels }: Alphabet,
): WeightRule {
  const isCompared = target.technology.readOut !== "digital";
  const isPaper = isCompared && levels.length <= FEW_LEVELS;
  const rangeName =
    options.weightRange !== "auto" ? options.weightRange : isPaper ? "sigma:3.5" : "mse";
  const scale =
    options.weightScale !== "auto" ? options.weightScale : isCompared ? "layer" : "output";
  const corrects = options.biasCorrection === "auto" ? !isPaper : options.biasCorrection === "on";
  return {
    range: weightRangeOf(rangeName),
    rangeName,
    scale,
    correctsBias: corrects && options.calibration !== null,
  };
}
