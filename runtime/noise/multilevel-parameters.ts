import type { ProgrammingRoutine } from "../../compiler/define.ts";
import { internal } from "../../compiler/errors.ts";
import type { MultilevelLaws } from "../../compiler/physics/multilevel-cell.ts";
import type { Verify } from "../../compiler/physics/multilevel-rates.ts";

type Numbers = Readonly<Record<string, number>>;

/** What `program-verify` and `relaxation` take, with units. */
export const multilevelParameterUnits = {
  levels: { unit: "1", description: "conducting levels above the low-conductance state" },
  lowest_S: { unit: "S", description: "lower end of the conducting levels" },
  highest_S: { unit: "S", description: "upper end of the conducting levels" },
  guard: { unit: "1", description: "share of a range's pitch left out at both ends" },
  equalCentres: { unit: "1", description: "1: aims equally far apart; 0: ranges equal in √G" },
  lcs_S: { unit: "S", description: "median of the low-conductance state" },
  lcsSpread: { unit: "ln", description: "its spread" },
  setSpread_S: { unit: "S", description: "σ of one SET at the reference conductance" },
  setReference_S: { unit: "S", description: "reference conductance of the SET's spread" },
  relaxationScale_S: { unit: "S", description: "s at the reference conductance of relaxation" },
  relaxationReference_S: { unit: "S", description: "reference conductance of relaxation" },
  relaxationTail: { unit: "1", description: "λ: slow movement, of x³ a decade" },
  relaxationFall: { unit: "1", description: "m: fall of all cells a decade" },
  fast_s: { unit: "s", description: "τ: time of the fast movement" },
  slow_s: { unit: "s", description: "T_1: onset of the slow movement" },
  least_S: { unit: "S", description: "no cell conducts less" },
  most_S: { unit: "S", description: "no cell conducts more" },
  wait_s: { unit: "s", description: "between the reads of a verify; 0: one read" },
  movementLimit: { unit: "1", description: "q: most movement during the wait, in s; 0: no limit" },
  mostIterations: { unit: "1", description: "after so many a cell is left as it is" },
} as const;

/** The same parameters with the verify of a routine. */
export function underRoutine(parameters: Numbers, routine: ProgrammingRoutine): Numbers {
  if (routine.kind === "once") return parameters;
  const { wait_s, movementLimit, mostIterations } = routine;
  return { ...parameters, wait_s, movementLimit: movementLimit ?? 0, mostIterations };
}

/** The laws and the verify of a model's parameters. @throws INTERNAL if one is missing */
export function readMultilevel(
  model: string,
  parameters: Numbers,
): { readonly laws: MultilevelLaws; readonly verify: Verify; readonly mostIterations: number } {
  const get = (name: keyof typeof multilevelParameterUnits): number => {
    const value = parameters[name];
    if (value === undefined) throw internal(`noise ${model}`, `has no parameter ${name}`);
    return value;
  };
  return {
    laws: {
      levels: get("levels"),
      lowest_S: get("lowest_S"),
      highest_S: get("highest_S"),
      guard: get("guard"),
      layout: get("equalCentres") === 1 ? "centres" : "spread",
      lcs_S: get("lcs_S"),
      lcsSpread: get("lcsSpread"),
      setSpread_S: get("setSpread_S"),
      setReference_S: get("setReference_S"),
      relaxation: {
        scale_S: get("relaxationScale_S"),
        reference_S: get("relaxationReference_S"),
        tail: get("relaxationTail"),
        fall: get("relaxationFall"),
        fast_s: get("fast_s"),
        slow_s: get("slow_s"),
        least_S: get("least_S"),
        most_S: get("most_S"),
      },
    },
    verify: {
      wait_s: get("wait_s"),
      movementLimit: get("movementLimit") === 0 ? null : get("movementLimit"),
    },
    mostIterations: get("mostIterations"),
  };
}
