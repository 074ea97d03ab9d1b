/** Where the `fitted` parameters of `rram-1t1r` come from: R4's two shares, and R3's factor. */
import type { Technology } from "../define.ts";
import { exp, log } from "../math.ts";
import { valuesOf } from "./condition.ts";
import type { Fitted } from "./fit-pair.ts";
import { type MultilevelLaws, multilevelLaws } from "./multilevel-cell.ts";
import { keptInRange, meanIterations, standardVerify } from "./multilevel-rates.ts";
import { rootOf } from "./quadrature.ts";
import { solveEquations } from "./solve-equations.ts";

/** Every fitted parameter again, by its equations, beside the value of the technology. */
export function fitMultilevel(technology: Technology): readonly Fitted[] {
  const values = valuesOf(technology, technology.defaultCondition);
  const laws = multilevelLaws(values, "spread");
  const [scale_S, tail] = fitRelaxation(laws);
  const limit = fitMovementLimit(laws, values("verifyWait"));
  return [
    {
      parameter: "relaxationScale",
      fitted: scale_S,
      shipped: values("relaxationScale"),
      from: "R4",
    },
    { parameter: "relaxationTail", fitted: tail, shipped: values("relaxationTail"), from: "R4" },
    { parameter: "movementLimit", fitted: limit, shipped: values("movementLimit"), from: "R3" },
  ];
}

/** Two unknowns: 85 % of the lowest of 8 levels and 70 % of the lowest of 15 are in range after 60 s. */
function fitRelaxation(laws: MultilevelLaws): readonly [scale_S: number, tail: number] {
  const kept = (levels: number, scale_S: number, tail: number) =>
    keptInRange(
      { ...laws, levels, relaxation: { ...laws.relaxation, scale_S, tail } },
      0,
      standardVerify,
      60,
    );
  const { scale_S, tail } = laws.relaxation;
  const [a, b] = solveEquations(
    ([s, l]) => [kept(8, exp(s), exp(l)) - 0.85, kept(15, exp(s), exp(l)) - 0.7],
    [log(scale_S), log(tail)],
  );
  return [exp(a), exp(b)];
}

/** Three times the iterations of the standard routine with 8 levels. */
function fitMovementLimit(laws: MultilevelLaws, wait_s: number): number {
  const eight = { ...laws, levels: 8 };
  const standard = meanIterations(eight, standardVerify);
  return rootOf(
    (limit) => 3 - meanIterations(eight, { wait_s, movementLimit: limit }) / standard,
    0.1,
    2,
  );
}
