import type { Graph, GraphNode } from "../../compiler/ir/graph.ts";
import type { Domain } from "./domain.ts";

export interface RuleContext {
  readonly graph: Graph;
  readonly of: (index: number) => Domain;
  readonly scalar: (index: number) => number | null;
}

/** The domain of what an operator gives, from those of its operands; null where nothing is known. */
export type Rule = (node: GraphNode, context: RuleContext) => Domain | null;
