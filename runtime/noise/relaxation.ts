import { defineNoise } from "../../compiler/define.ts";
import {
  levelRanges,
  moved,
  movementAt,
  relaxationScale,
} from "../../compiler/physics/multilevel-cell.ts";
import { multilevelParameterUnits, readMultilevel, underRoutine } from "./multilevel-parameters.ts";
import { eachOutcome } from "./program-verify.ts";

/**
 * Relaxation of filaments after programming (R4): fast within seconds, then slow in log time for the few cells whose
 * normal x is large. x belongs to the programming that a cell's verify passed, so that a routine that waits keeps
 * the cells that move least. Time counts from the last pulse, and a verify that waits has ended only after its wait.
 */
export default defineNoise({
  name: "relaxation",
  summary: "Conductances that move after programming, few cells far and most hardly",
  acts: "age",
  parameters: multilevelParameterUnits,
  underRoutine,
  ideal: (parameters) => ({ ...parameters, relaxationScale_S: 0 }),
  age: (conductances_S, levels, parameters, place) => {
    const { laws, verify, mostIterations } = readMultilevel("relaxation", parameters);
    if (laws.relaxation.scale_S === 0) return conductances_S.slice();
    const { least_S, most_S } = laws.relaxation;
    const time = movementAt(laws.relaxation, Math.max(place.elapsed_s, verify.wait_s));
    const scales = levelRanges(laws).map(({ aim_S }) => relaxationScale(laws, aim_S));
    const out = conductances_S.slice();
    eachOutcome(levels, laws, verify, mostIterations, place, (cell, { normal }) => {
      // the low-conductance state does not relax
      if (levels[cell] === 0) return;
      const g = conductances_S[cell] + scales[levels[cell] - 1] * moved(time, normal);
      out[cell] = Math.min(most_S, Math.max(least_S, g));
    });
    return out;
  },
});
