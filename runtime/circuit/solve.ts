import { XbcError } from "../../compiler/errors.ts";
import { circuits } from "./all.generated.ts";
import type { ProblemDocument } from "./problem.ts";

/** An answer's keys are those of its kind (docs/command-line.md). */
export type CircuitAnswer = Readonly<Record<string, unknown>>;

/**
 * Solves one circuit problem, or a list of them into a list of answers in the same order.
 * @throws BAD_INPUT naming the problem and the field, or for an empty list
 */
export function solve(document: unknown): CircuitAnswer | readonly CircuitAnswer[] {
  if (!Array.isArray(document)) return solveOne(document);
  if (document.length === 0) {
    throw new XbcError(
      "BAD_INPUT",
      "needs a problem or a list of them, found an empty list; see docs/command-line.md",
    );
  }
  return document.map((problem: unknown, index) => {
    try {
      return solveOne(problem);
    } catch (error) {
      if (!(error instanceof XbcError)) throw error;
      throw new XbcError(error.code, `problem ${index}: ${error.message}`);
    }
  });
}

function solveOne(document: unknown): CircuitAnswer {
  const names = circuits.map(({ kind }) => kind).join(", ");
  if (!isProblem(document)) {
    throw new XbcError(
      "BAD_INPUT",
      `needs a problem { "kind": one of ${names}, … }, found ${JSON.stringify(document)?.slice(0, 40)}; see docs/command-line.md`,
    );
  }
  const found = circuits.find(({ kind }) => kind === document.kind);
  if (!found) {
    throw new XbcError(
      "BAD_INPUT",
      `problem, kind: needs one of ${names}, found ${JSON.stringify(document.kind) ?? "nothing"}; see docs/command-line.md`,
    );
  }
  return found.solve(document);
}

const isProblem = (document: unknown): document is ProblemDocument =>
  typeof document === "object" && document !== null && !Array.isArray(document);
