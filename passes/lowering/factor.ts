import { XbcError } from "../../compiler/errors.ts";
import type { Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import { intsAttribute } from "../../compiler/ir/graph.ts";
import type { WindowShape } from "../../compiler/ir/network.ts";
import { sizeOf } from "../../compiler/ir/tensor.ts";
import { inferValues } from "../../compiler/onnx/infer.ts";
import { subgraph } from "../../compiler/onnx/serialize.ts";
import { traceChain } from "./chain.ts";
import { windowOf } from "./window-nodes.ts";

/**
 * A chain on [channels, …pixels] as a function of one element of a channel, followed by what only pools or
 * reshapes: chain(x) = moves(body(x)), where each pooling takes the largest or the smallest as `directions` say.
 */
export interface FactoredChain {
  /** on [n, channels, 1, …] */
  readonly body: Graph;
  /** [channels] whether the body rises (1) or falls (−1) with its element, 0: constant, 2: not known */
  readonly directions: Int8Array;
  readonly pools: readonly Pooling[];
  /** behind the poolings: to[i] = from[order[i]], null where the order is kept */
  readonly order: Int32Array | null;
}

export interface Pooling {
  readonly window: WindowShape;
  /** [channels] 1: the largest, −1: the smallest */
  readonly directions: Int8Array;
}

/**
 * Takes a chain apart. A max-pool moves behind the operators that follow it, since the largest of f(x) is f of the
 * largest x where f rises, and f of the smallest where it falls.
 * @returns null where elements of a channel are treated differently, or an operator between is not monotone
 */
export function factorChain(body: Graph, source: ValueId, output: ValueId): FactoredChain | null {
  const shape = body.values.get(source)?.shape;
  const sizes = shape?.slice(1).filter((size) => typeof size === "number");
  if (!shape || !sizes || sizes.length < 2 || sizes.length !== shape.length - 1) return null;
  const moves = movesOf(body, source, output);
  if (!moves) return null;
  const reduced = reducedBody(body, source, moves);
  const directions = reduced && directionsBetween(reduced, source, output, sizes[0]);
  if (!reduced || !directions) return null;
  const pools: Pooling[] = [];
  for (const move of moves) {
    if (!isPool(move)) continue;
    const window = poolingWindow(body, move);
    const behind = directionsBetween(reduced, move.outputs[0], output, sizes[0]);
    if (
      !window ||
      window.channels !== sizes[0] ||
      behind?.some((way) => way === UNPROVED) !== false
    )
      return null;
    pools.push({ window, directions: behind.map((way) => (way < 0 ? -1 : 1)) });
  }
  const order = orderOf(body, moves);
  return order === null ? null : { body: reduced, directions, pools, order: order.places };
}

/** The order that transpositions behind the poolings give the elements; null where one stands before a pooling. */
function orderOf(
  body: Graph,
  moves: readonly GraphNode[],
): { readonly places: Int32Array | null } | null {
  const first = moves.findIndex(({ op }) => op === "Transpose");
  if (first < 0) return { places: null };
  const rest = moves.slice(first);
  if (rest.some(isPool)) return null;
  const [source] = rest[0].inputs;
  const output = rest[rest.length - 1].outputs[0];
  const between = rest.map((node, k): GraphNode => {
    const before = k === 0 ? source : rest[k - 1].outputs[0];
    return { ...node, inputs: [before, ...node.inputs.slice(1)] };
  });
  const trace = traceChain({ ...body, nodes: between }, source, output);
  return trace && { places: trace.source };
}

const UNPROVED = 2;
const isPool = ({ op }: GraphNode): boolean => op === "MaxPool" || op === "GlobalMaxPool";
/** keep the order of elements, whatever shape they give it */
const isReshape = ({ op }: GraphNode): boolean => op === "Flatten" || op === "Reshape";
const isMove = (node: GraphNode): boolean =>
  isPool(node) || isReshape(node) || node.op === "Transpose";

/** The moves on every way from source to output, in order; null where ways differ. */
function movesOf(body: Graph, source: ValueId, output: ValueId): readonly GraphNode[] | null {
  const passed = new Map<ValueId, readonly GraphNode[]>([[source, []]]);
  for (const node of body.nodes) {
    const ways = node.inputs.flatMap((input) => {
      const way = passed.get(input);
      return way ? [way] : [];
    });
    const [first] = ways;
    if (!first) continue;
    const same = ways.every((way) => way.length === first.length && way.at(-1) === first.at(-1));
    if (!same || node.domain !== "") return null;
    if (isMove(node)) {
      passed.set(node.outputs[0], [...first, node]);
      continue;
    }
    // behind a reshaping, elements of a channel can no longer be told apart from those of another
    const isOwn = node.inputs.every((input) => (body.constants.get(input)?.data.length ?? 1) === 1);
    if (first.some(isReshape) && !isOwn) return null;
    passed.set(node.outputs[0], first);
  }
  return passed.get(output) ?? null;
}

/** The chain on one element a channel, without its moves; null where its shapes then contradict each other. */
function reducedBody(body: Graph, source: ValueId, moves: readonly GraphNode[]): Graph | null {
  const type = body.values.get(source);
  if (!type?.shape) return null;
  const [batch, channels, ...pixels] = type.shape;
  const nodes = body.nodes.map((node): GraphNode => {
    const place = moves.indexOf(node);
    const isKept = place < 0 || (node.op === "Transpose" && !moves.slice(0, place).some(isReshape));
    if (isKept) return node;
    const [data] = node.inputs;
    return {
      ...node,
      op: "Identity",
      inputs: [data],
      outputs: [node.outputs[0]],
      attributes: new Map(),
    };
  });
  const values = new Map(
    [...body.values].map(([name, value]): [ValueId, ValueType] => [
      name,
      { ...value, shape: null },
    ]),
  );
  values.set(source, { ...type, shape: [batch, channels, ...pixels.map(() => 1)] });
  try {
    return inferValues({ ...body, nodes, values });
  } catch (error) {
    if (error instanceof XbcError) return null;
    throw error;
  }
}

/** Directions of an output with a value before it, one a channel; null where it has other elements. */
function directionsBetween(
  body: Graph,
  from: ValueId,
  output: ValueId,
  channels: number,
): Int8Array | null {
  if (from === output) return new Int8Array(channels).fill(1);
  const between = subgraph(body, [from], [output]);
  const trace = traceChain(between, from, output);
  const isOwn = trace?.source.every((element, e) => element < 0 || element === e);
  return trace && isOwn && trace.source.length === channels ? trace.direction : null;
}

function poolingWindow(body: Graph, node: GraphNode): WindowShape | null {
  const shape = body.values.get(node.inputs[0])?.shape;
  if (!shape || shape.length < 3 || shape.length > 5 || (node.outputs[1] ?? "") !== "") return null;
  if (node.op === "MaxPool") return windowOf(node, shape, intsAttribute(node, "kernel_shape", []));
  const [, channels, ...input] = shape;
  const sizes = input.filter((size) => typeof size === "number");
  if (typeof channels !== "number" || sizes.length !== input.length || sizeOf(sizes) === 0)
    return null;
  const ones = sizes.map(() => 1);
  const none = [...ones, ...ones].map(() => 0);
  return {
    channels,
    input: sizes,
    kernel: sizes,
    strides: ones,
    dilations: ones,
    pads: none,
    output: ones,
  };
}
