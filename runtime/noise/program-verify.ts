import { defineNoise, type NoisePlace, type ProgrammedBank } from "../../compiler/define.ts";
import { UNUSED } from "../../compiler/ir/image.ts";
import type { MultilevelLaws } from "../../compiler/physics/multilevel-cell.ts";
import type { Verify } from "../../compiler/physics/multilevel-rates.ts";
import { type CellOutcome, verifySimulation } from "../../compiler/physics/verify-simulation.ts";
import { deriveKey } from "../../compiler/random.ts";
import { multilevelParameterUnits, readMultilevel, underRoutine } from "./multilevel-parameters.ts";

/**
 * Conductances as program and verify leaves them (R3), simulated pulse by pulse on every cell: within the range of
 * the level, unless the cell did not pass. Level 0 is the low-conductance state, which one RESET gives.
 */
export default defineNoise({
  name: "program-verify",
  summary: "Where within its level's range program and verify leaves a cell",
  acts: "program",
  parameters: multilevelParameterUnits,
  // every SET lands on its aim
  underRoutine,
  ideal: (parameters) => ({ ...parameters, setSpread_S: 0, lcsSpread: 0 }),
  program: (levels, parameters, place) => {
    const { laws, verify, mostIterations } = readMultilevel("program-verify", parameters);
    return simulateBank(levels, laws, verify, mostIterations, place).conductances_S;
  },
  simulate: (levels, parameters, place, routine) => {
    const { laws } = readMultilevel("program-verify", parameters);
    return simulateBank(levels, laws, routine, routine.mostIterations, place);
  },
});

function simulateBank(
  levels: Uint8Array,
  laws: MultilevelLaws,
  verify: Verify,
  mostIterations: number,
  place: NoisePlace,
): ProgrammedBank {
  const conductances_S = new Float32Array(levels.length);
  const iterations = new Uint32Array(levels.length);
  const converged = new Uint8Array(levels.length);
  eachOutcome(levels, laws, verify, mostIterations, place, (cell, outcome) => {
    conductances_S[cell] = outcome.conductance_S;
    iterations[cell] = outcome.iterations;
    converged[cell] = outcome.passed ? 1 : 0;
  });
  return { conductances_S, iterations, converged };
}

/** The outcome of every used cell of a bank; the object is reused from one to the next. */
export function eachOutcome(
  levels: Uint8Array,
  laws: MultilevelLaws,
  verify: Verify,
  mostIterations: number,
  { seed, trial, layer, bank }: NoisePlace,
  visit: (cell: number, outcome: CellOutcome) => void,
): void {
  const key = deriveKey(seed, "program-verify", trial, layer);
  const simulate = verifySimulation(laws, verify, mostIterations, key);
  const outcome: CellOutcome = { iterations: 0, passed: false, conductance_S: 0, normal: 0 };
  for (let c = 0; c < levels.length; c++) {
    if (levels[c] === UNUSED) continue;
    simulate(levels[c], bank, c, outcome);
    visit(c, outcome);
  }
}
