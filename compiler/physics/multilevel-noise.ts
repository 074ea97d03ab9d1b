import type { NoiseUse, Technology } from "../define.ts";
import { valuesOf } from "./condition.ts";
import { multilevelOf } from "./multilevel-technology.ts";

/** The noise of a condition in life order: programmed and verified, then relaxed. */
export function multilevelNoise(technology: Technology, condition: string): readonly NoiseUse[] {
  const values = valuesOf(technology, condition);
  const { relaxation, layout, ...laws } = multilevelOf(technology, condition);
  const parameters = {
    ...laws,
    equalCentres: layout === "centres" ? 1 : 0,
    relaxationScale_S: relaxation.scale_S,
    relaxationReference_S: relaxation.reference_S,
    relaxationTail: relaxation.tail,
    relaxationFall: relaxation.fall,
    fast_s: relaxation.fast_s,
    slow_s: relaxation.slow_s,
    least_S: relaxation.least_S,
    most_S: relaxation.most_S,
    wait_s: values("verifyWait"),
    movementLimit: values("movementLimit"),
    mostIterations: values("mostIterations"),
  };
  return [
    { model: "program-verify", parameters },
    { model: "relaxation", parameters },
  ];
}
