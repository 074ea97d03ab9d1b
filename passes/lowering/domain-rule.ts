import type { Graph, GraphNode } from "../../compiler/ir/graph.ts";
import type { Domain } from "./domain.ts";

export interface RuleContext {
  readonly graph: Graph;
  readonly of: (index: number) => Domain;
  readonly scalar: (index: number) => number | null;
}

export type Rule = (node: GraphNode, context: RuleContext) => Domain | null;
