import { assumedParameters } from "../compiler/assumptions.ts";
import type { TargetSpec } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import { pause } from "./pause.ts";
import type { CharacterizeReport } from "./report/report.ts";

export interface CharacterizeOptions {
  /** null: every condition that a claim names */
  readonly condition?: string | null;
  /** cells drawn for each claim, at least 10^6 */
  readonly samples?: number;
  readonly seed?: number;
  readonly progress?: (stage: string, done: number, total: number) => void;
}

const FEWEST = 1_000_000;

/**
 * A device model beside the claims of its papers: each rate by quadrature, and drawn again as a check.
 * @throws BAD_OPTION for fewer than 10^6 samples, or a condition without claims
 */
export async function characterize(
  target: TargetSpec,
  options: CharacterizeOptions = {},
): Promise<CharacterizeReport> {
  const samples = options.samples ?? FEWEST;
  const seed = options.seed ?? 1;
  const condition = options.condition ?? null;
  if (samples < FEWEST)
    throw new XbcError("BAD_OPTION", `--samples ${samples}: needs at least ${FEWEST}`);
  const claims = target.laws.claims.filter(
    (claim) => condition === null || claim.condition === condition,
  );
  if (claims.length === 0) {
    const named = [...new Set(target.laws.claims.map((claim) => claim.condition))].join(", ");
    throw new XbcError(
      "BAD_OPTION",
      `--condition ${condition}: no claim is made for it; needs one of ${named}`,
    );
  }
  const rows: CharacterizeReport["claims"][number][] = [];
  for (const [index, claim] of claims.entries()) {
    options.progress?.(claim.id, index, claims.length);
    await pause();
    const { id, condition: at, quantity, claimed } = claim;
    rows.push({
      id,
      condition: at,
      quantity,
      claimed,
      ...claim.evaluate(target.technology, { seed, samples }),
    });
  }
  options.progress?.("claims", claims.length, claims.length);
  const assumptions = assumedParameters(target.technology.parameters);
  return { target: target.name, condition, samples, seed, claims: rows, assumptions };
}
