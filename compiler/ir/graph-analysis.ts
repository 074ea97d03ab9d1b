import { Graph as GraphView } from "@dagrejs/graphlib";
import type { Graph, GraphNode, ValueId } from "./graph.ts";

/** How the nodes of a graph hang together. */
export interface GraphAnalysis {
  /** names of the nodes of each part that shares no value with another, in graph order, largest part first */
  readonly components: readonly (readonly string[])[];
  /** names along a longest chain of nodes, first to last: so many steps no parallel execution goes below */
  readonly longestPath: readonly string[];
  /** names of the nodes that no output of the graph depends on */
  readonly unused: readonly string[];
}

/**
 * Parts, longest chain and dead ends of a graph. Every walk is iterative, because graphlib's own algorithms
 * recurse and overflow the stack on chains of some thousand nodes; its graph is the index that they walk on.
 * @param captured values that a node reads from inside its sub-graphs (If, Loop), beside its inputs
 */
export function analyzeGraph(
  graph: Graph,
  captured: (node: GraphNode) => Iterable<ValueId> = () => [],
): GraphAnalysis {
  const view = viewOf(graph, captured);
  const names = (ids: readonly number[]) => ids.map((id) => graph.nodes[id].name);
  return {
    components: componentsOf(view).map(names),
    longestPath: names(longestPathOf(view)),
    unused: names(unusedOf(view, graph)),
  };
}

/** Nodes by their place in the graph, an edge where one reads what another makes. */
function viewOf(graph: Graph, captured: (node: GraphNode) => Iterable<ValueId>): GraphView {
  const view = new GraphView();
  const makers = new Map<ValueId, number>();
  for (const [id, node] of graph.nodes.entries()) {
    view.setNode(String(id));
    for (const input of [...node.inputs, ...captured(node)]) {
      const maker = makers.get(input);
      if (maker !== undefined) view.setEdge(String(maker), String(id));
    }
    for (const output of node.outputs) if (output !== "") makers.set(output, id);
  }
  return view;
}

/** All that is reached from some nodes, in ascending order. */
function reached(from: readonly number[], next: (id: string) => readonly string[]): number[] {
  const seen = new Set(from);
  // a set is walked to its end even while it grows
  for (const id of seen) for (const other of next(String(id))) seen.add(Number(other));
  return [...seen].sort((a, b) => a - b);
}

function componentsOf(view: GraphView): readonly (readonly number[])[] {
  const placed = new Set<number>();
  const parts: number[][] = [];
  for (let id = 0; id < view.nodeCount(); id++) {
    if (placed.has(id)) continue;
    const part = reached([id], (at) => view.neighbors(at) ?? []);
    for (const member of part) placed.add(member);
    parts.push(part);
  }
  return parts.sort((a, b) => b.length - a.length);
}

/** Nodes stand in topological order, so the longest chain that ends in each is known when it is reached. */
function longestPathOf(view: GraphView): readonly number[] {
  const count = view.nodeCount();
  const length = new Int32Array(count);
  const before = new Int32Array(count).fill(-1);
  let last = -1;
  for (let id = 0; id < count; id++) {
    length[id] = 1;
    for (const from of (view.predecessors(String(id)) ?? []).map(Number)) {
      if (length[from] < length[id]) continue;
      length[id] = length[from] + 1;
      before[id] = from;
    }
    if (last < 0 || length[id] > length[last]) last = id;
  }
  const path: number[] = [];
  for (let id = last; id >= 0; id = before[id]) path.push(id);
  return path.reverse();
}

function unusedOf(view: GraphView, graph: Graph): readonly number[] {
  const outputs = new Set(graph.outputs);
  const ends = graph.nodes.flatMap((node, id) =>
    node.outputs.some((output) => outputs.has(output)) ? [id] : [],
  );
  const used = new Set(reached(ends, (id) => view.predecessors(id) ?? []));
  return graph.nodes.flatMap((_, id) => (used.has(id) ? [] : [id]));
}
