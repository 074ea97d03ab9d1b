import { XbcError } from "../errors.ts";
import type { ValueId } from "../ir/graph.ts";

/** What ordering needs to know of a node. */
export interface Ordered {
  readonly label: string;
  readonly reads: Iterable<ValueId>;
  readonly makes: readonly ValueId[];
}

/**
 * Nodes with every producer before its consumers, otherwise in the order given (Kahn's algorithm,
 * iterative, so that a chain may be of any length).
 * @throws BAD_MODEL naming the nodes of a cycle
 */
export function topologicalOrder<N extends Ordered>(nodes: readonly N[]): readonly N[] {
  const maker = new Map<ValueId, number>();
  nodes.forEach((node, index) => {
    for (const value of node.makes) maker.set(value, index);
  });
  const waiting = new Int32Array(nodes.length);
  const users: number[][] = nodes.map(() => []);
  nodes.forEach((node, index) => {
    for (const value of node.reads) {
      const from = maker.get(value);
      if (from === undefined) continue;
      users[from].push(index);
      waiting[index] += 1;
    }
  });
  if (
    nodes.every((node, index) => [...node.reads].every((value) => (maker.get(value) ?? -1) < index))
  ) {
    return nodes;
  }
  const ready = nodes.flatMap((_, index) => (waiting[index] === 0 ? [index] : []));
  for (let next = 0; next < ready.length; next++) {
    for (const user of users[ready[next]]) {
      waiting[user] -= 1;
      if (waiting[user] === 0) ready.push(user);
    }
  }
  if (ready.length === nodes.length) return ready.map((index) => nodes[index]);
  throw cycle(nodes, users, waiting);
}

/** Nodes that wait and that others wait for; at most eight are named. */
function cycle(
  nodes: readonly Ordered[],
  users: readonly number[][],
  waiting: Int32Array,
): XbcError {
  const inside = new Set(nodes.flatMap((_, index) => (waiting[index] > 0 ? [index] : [])));
  const open = new Map(
    [...inside].map((index) => [index, users[index].filter((user) => inside.has(user)).length]),
  );
  const leaves = [...inside].filter((index) => open.get(index) === 0);
  const makers = new Map<number, number[]>();
  for (const index of inside) {
    for (const user of users[index]) {
      const list = makers.get(user);
      if (list) list.push(index);
      else makers.set(user, [index]);
    }
  }
  for (let leaf = leaves.pop(); leaf !== undefined; leaf = leaves.pop()) {
    inside.delete(leaf);
    for (const maker of makers.get(leaf) ?? []) {
      const left = (open.get(maker) ?? 0) - 1;
      open.set(maker, left);
      if (left === 0) leaves.push(maker);
    }
  }
  const names = [...inside].slice(0, 8).map((index) => `"${nodes[index].label}"`);
  return new XbcError(
    "BAD_MODEL",
    `graph: needs nodes without a cycle, found one through ${names.join(", ")}${inside.size > 8 ? " …" : ""}; export the model again`,
  );
}
