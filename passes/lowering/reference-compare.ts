import { internal } from "../../compiler/errors.ts";
import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { Requantize } from "../../compiler/ir/network.ts";
import { levelsOf } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, tensor } from "../../compiler/ir/tensor.ts";
import type { MovesBehind } from "./moves-behind.ts";
import { castTo } from "./reference-builder.ts";
import { replaced } from "./reference-rows.ts";
import { standardNode } from "./standard-node.ts";

type Thresholds = Extract<Requantize, { kind: "thresholds" }>;

/** Nodes that are added one behind the other, under names of their own. */
class Chain {
  readonly nodes: GraphNode[] = [];
  readonly constants = new Map<ValueId, Tensor>();
  readonly values = new Map<ValueId, ValueType>();
  private readonly prefix: string;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  constant(name: string, data: Float32Array | Float64Array | BigInt64Array, shape: number[]) {
    const type =
      data instanceof BigInt64Array
        ? "int64"
        : data instanceof Float64Array
          ? "float64"
          : "float32";
    const id = `${this.prefix}/${name}`;
    this.constants.set(id, tensor(type, shape, data));
    return id;
  }

  add(
    op: string,
    inputs: readonly ValueId[],
    name: string,
    type: ValueType,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): ValueId {
    const id = `${this.prefix}/${name}`;
    this.nodes.push(standardNode(op, inputs, id, attributes));
    this.values.set(id, type);
    return id;
  }
}

const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });

/**
 * The graph in which a layer's codes are counts of comparisons of its sums, then pooled and reordered as its moves say,
 * in the place of the chain that made them.
 * @param inner axes of positions behind the outputs of a sum
 */
export function comparedTo(
  graph: Graph,
  sum: ValueId,
  { moves, codes }: MovesBehind,
  rule: Thresholds,
  inner: number,
): Graph {
  const maker = graph.nodes.find((other) => other.outputs[0] === codes);
  const from = graph.values.get(sum);
  const to = graph.values.get(codes);
  if (!maker || !from || !to) throw internal("thresholds-to-cells", `no node makes ${codes}`);
  const chain = new Chain(codes);
  let value = compare(chain, sum, from, rule, inner);
  moves.forEach((move, k) => {
    value =
      move.op === "pool"
        ? pooled(chain, value, move, `pool-${k}`)
        : reordered(chain, value, move.order, `order-${k}`, to);
  });
  // what stands behind a Flatten is read in another shape
  const sizes = (to.shape ?? []).slice(1).map(Number);
  const has = chain.values.get(value)?.shape?.length;
  if (has !== to.shape?.length) value = shaped(chain, value, sizes, "shaped");
  const { constants, values } = chain;
  // under the name of the model's own value, so that the two can be compared
  const nodes = chain.nodes.map((node) =>
    node.outputs[0] === value ? { ...node, outputs: [codes] } : node,
  );
  values.delete(value);
  values.set(codes, { ...to, type: "float32" });
  return replaced(graph, maker, { nodes, constants, values });
}

/** minimum + step · how many comparisons each sum passes. */
function compare(
  chain: Chain,
  sum: ValueId,
  from: ValueType,
  { range, thresholds, directions }: Thresholds,
  inner: number,
): ValueId {
  const outputs = directions.length;
  const steps = levelsOf(range) - 1;
  const list = (values: readonly number[]) =>
    from.type === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  const beside = [outputs, ...Array<number>(inner).fill(1)];
  const bounds = Array.from(thresholds, (t, at) => directions[Math.floor(at / steps)] * t);
  const counted: ValueType = { type: "float32", shape: from.shape };
  let turned = sum;
  if (directions.some((sign) => sign < 0)) {
    const signs = chain.constant("signs", list(Array.from(directions)), beside);
    turned = chain.add("Mul", [sum, signs], "turned", from);
  }
  let count: ValueId;
  if (steps === 1) {
    const bound = chain.constant("bounds", list(bounds), beside);
    const type: ValueType = { type: "bool", shape: from.shape };
    const fires = chain.add("GreaterOrEqual", [turned, bound], "fires", type);
    count = chain.add("Cast", [fires], "fired", counted, castTo("float32"));
  } else {
    const shape = from.shape && [...from.shape, steps];
    const last = chain.constant("last-axis", BigInt64Array.of(-1n), [1]);
    const bound = chain.constant("bounds", list(bounds), [...beside, steps]);
    const each = chain.add("Unsqueeze", [turned, last], "each", {
      ...from,
      shape: from.shape && [...from.shape, 1],
    });
    const fires = chain.add("GreaterOrEqual", [each, bound], "fires", { type: "bool", shape });
    const fired = chain.add(
      "Cast",
      [fires],
      "fired",
      { type: "float32", shape },
      castTo("float32"),
    );
    count = chain.add("ReduceSum", [fired, last], "count", counted, {
      keepdims: { kind: "int", value: 0 },
    });
  }
  if (range.step !== 1) {
    const step = chain.constant("step", Float32Array.of(range.step), []);
    count = chain.add("Mul", [count, step], "stepped", counted);
  }
  if (range.minimum === 0) return count;
  const minimum = chain.constant("minimum", Float32Array.of(range.minimum), []);
  return chain.add("Add", [count, minimum], "code", counted);
}

type Pool = Extract<MovesBehind["moves"][number], { op: "pool" }>;

/** The largest code of each window, or the smallest where the direction falls. */
function pooled(chain: Chain, value: ValueId, { window, directions }: Pool, name: string): ValueId {
  const type = (pixels: readonly number[]): ValueType => float(window.channels, ...pixels);
  const turn = (from: ValueId, what: string, pixels: readonly number[]): ValueId => {
    if (directions.every((way) => way > 0)) return from;
    const shape = [window.channels, ...window.input.map(() => 1)];
    const signs = chain.constant(`${name}-${what}-signs`, Float32Array.from(directions), shape);
    return chain.add("Mul", [from, signs], `${name}-${what}`, type(pixels));
  };
  const largest = chain.add(
    "MaxPool",
    [turn(value, "turned", window.input)],
    name,
    type(window.output),
    {
      kernel_shape: ints(window.kernel),
      strides: ints(window.strides),
      dilations: ints(window.dilations),
      pads: ints(window.pads),
    },
  );
  return turn(largest, "back", window.output);
}

/** A sample's codes in another order, in the shape in which they are read. */
function reordered(
  chain: Chain,
  value: ValueId,
  order: Int32Array,
  name: string,
  { shape }: ValueType,
): ValueId {
  const sizes = (shape ?? []).slice(1).map(Number);
  if (sizeOf(sizes) !== order.length) throw internal("thresholds-to-cells", `${name}: ${sizes}`);
  const line = shaped(chain, value, [order.length], `${name}-line`);
  const indices = BigInt64Array.from(order, BigInt);
  const at = chain.constant(`${name}-indices`, indices, [order.length]);
  const axis: Attribute = { kind: "int", value: 1 };
  const gathered = chain.add("Gather", [line, at], `${name}-gathered`, float(order.length), {
    axis,
  });
  return shaped(chain, gathered, sizes, name);
}

const float = (...sizes: readonly number[]): ValueType => ({
  type: "float32",
  shape: ["batch", ...sizes],
});

/** A sample's values under other sizes. */
function shaped(chain: Chain, value: ValueId, sizes: readonly number[], name: string): ValueId {
  const target = BigInt64Array.from([-1, ...sizes], BigInt);
  const shape = chain.constant(`${name}-sizes`, target, [sizes.length + 1]);
  return chain.add("Reshape", [value, shape], name, float(...sizes));
}
