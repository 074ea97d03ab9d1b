import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { intAttribute, intsAttribute } from "../../compiler/ir/graph.ts";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";
import { elementTypeOf } from "../../compiler/onnx/element-type.ts";

/**
 * What one value of a chain is made of, element by element of one sample: which element of the source it
 * depends on (−1: none, it is constant), and whether it rises (1) or falls (−1) with it, or neither is known (2).
 */
export interface Trace {
  readonly shape: readonly number[];
  readonly source: Int32Array;
  readonly direction: Int8Array;
}

const RISING = 1;
const UNPROVED = 2;
const LARGEST = 1 << 24;

/**
 * Follows every element of a subgraph with one input to the element that it depends on, and proves
 * monotonicity operator by operator. Null where an element depends on several, or an operator is unknown.
 */
export function traceChain(body: Graph, source: ValueId, output: ValueId): Trace | null {
  const traces = new Map<ValueId, Trace>();
  const shapeOf = (value: ValueId) => concreteShape(body, value);
  const first = shapeOf(source);
  if (!first || sizeOf(first) > LARGEST) return null;
  traces.set(source, {
    shape: first,
    source: Int32Array.from({ length: sizeOf(first) }, (_, e) => e),
    direction: new Int8Array(sizeOf(first)).fill(RISING),
  });
  for (const node of body.nodes) {
    const rule = node.domain === "" ? rules[node.op] : undefined;
    const shape = shapeOf(node.outputs[0]);
    if (!rule || !shape || sizeOf(shape) > LARGEST) return null;
    const trace = rule({
      body,
      node,
      shape,
      of: (index) => traceOf(body, traces, node.inputs[index] ?? ""),
    });
    if (!trace) return null;
    traces.set(node.outputs[0], trace);
  }
  return traces.get(output) ?? null;
}

/** A value's shape for a batch of one. */
function concreteShape(body: Graph, value: ValueId): readonly number[] | null {
  const shape = body.values.get(value)?.shape ?? body.constants.get(value)?.shape;
  if (!shape) return null;
  const sizes = shape.map((d) => (typeof d === "number" ? d : 1));
  return shape.some((d, axis) => typeof d !== "number" && axis > 0) ? null : sizes;
}

function traceOf(body: Graph, traces: ReadonlyMap<ValueId, Trace>, value: ValueId): Trace | null {
  const known = traces.get(value);
  if (known) return known;
  const constant = body.constants.get(value);
  if (!constant) return null;
  const size = sizeOf(constant.shape);
  return {
    shape: constant.shape,
    source: new Int32Array(size).fill(-1),
    direction: new Int8Array(size),
  };
}

interface RuleInput {
  readonly body: Graph;
  readonly node: GraphNode;
  readonly shape: readonly number[];
  readonly of: (index: number) => Trace | null;
}

type Rule = (input: RuleInput) => Trace | null;

/** How an operand's direction turns into the result's, at element e of the operand. */
type Turn = (direction: number, operandElement: number) => number;

const keep: Turn = (direction) => direction;
const turn: Turn = (direction) => (direction === UNPROVED ? UNPROVED : -direction);
const lose: Turn = () => UNPROVED;

/** Where each element of the output reads an operand of a broadcasting operator. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): Int32Array {
  const out = new Int32Array(sizeOf(to));
  const strides = new Array<number>(to.length).fill(0);
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const at = axis + to.length - from.length;
    strides[at] = from[axis] === 1 ? 0 : stride;
    stride *= from[axis];
  }
  const counter = new Array<number>(to.length).fill(0);
  let index = 0;
  for (let e = 0; e < out.length; e++) {
    out[e] = index;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      counter[axis]++;
      index += strides[axis];
      if (counter[axis] < to[axis]) break;
      index -= strides[axis] * to[axis];
      counter[axis] = 0;
    }
  }
  return out;
}

/** Elements that read several operands: they must agree on the source, and on the direction to keep it. */
function combine(
  shape: readonly number[],
  operands: readonly { readonly trace: Trace; readonly turn: Turn }[],
): Trace | null {
  const size = sizeOf(shape);
  const source = new Int32Array(size).fill(-1);
  const direction = new Int8Array(size);
  for (const operand of operands) {
    const { trace } = operand;
    const index = broadcastIndex(trace.shape, shape);
    for (let e = 0; e < size; e++) {
      const from = trace.source[index[e]];
      if (from < 0) continue;
      const way = operand.turn(trace.direction[index[e]], index[e]);
      if (source[e] < 0) {
        source[e] = from;
        direction[e] = way;
      } else if (source[e] !== from) return null;
      else if (direction[e] !== way) direction[e] = UNPROVED;
    }
  }
  return { shape, source, direction };
}

/** The first operand moves, all others are parameters and must be constant. */
const parameterized =
  (turnOf: (input: RuleInput) => Turn): Rule =>
  (input) => {
    const trace = input.of(0);
    const parameters = input.node.inputs.slice(1).filter((id) => id !== "");
    if (!trace || parameters.some((id) => !input.body.constants.has(id))) return null;
    return combine(input.shape, [{ trace, turn: turnOf(input) }]);
  };

const rising = parameterized(() => keep);
const falling = parameterized(() => turn);
const unproved = parameterized(() => lose);

/** An operator over all its operands, each with its own turn. */
const nary =
  (turns: (input: RuleInput) => readonly Turn[]): Rule =>
  (input) => {
    const operands = input.node.inputs.map((_, index) => input.of(index));
    const ways = turns(input);
    const known = operands.flatMap((trace, index) =>
      trace ? [{ trace, turn: ways[index] ?? keep }] : [],
    );
    return known.length === operands.length ? combine(input.shape, known) : null;
  };

/** A product or quotient with a constant keeps or turns the direction by the constant's sign. */
const product: Rule = (input) => {
  const right = constantValues(input, 1);
  const left = constantValues(input, 0);
  if (right) return scaled(input, 0, 1, right);
  if (left && input.node.op === "Mul") return scaled(input, 1, 0, left);
  return nary(() => [lose, lose])(input);
};

function scaled(
  input: RuleInput,
  data: number,
  factor: number,
  values: Float64Array,
): Trace | null {
  const trace = input.of(data);
  const factorTrace = input.of(factor);
  if (!trace || !factorTrace) return null;
  const dataIndex = broadcastIndex(trace.shape, input.shape);
  const factorIndex = broadcastIndex(factorTrace.shape, input.shape);
  const source = new Int32Array(dataIndex.length);
  const direction = new Int8Array(dataIndex.length);
  for (let e = 0; e < dataIndex.length; e++) {
    const way = trace.direction[dataIndex[e]];
    const sign = Math.sign(values[factorIndex[e]]);
    source[e] = sign === 0 ? -1 : trace.source[dataIndex[e]];
    direction[e] = way === UNPROVED ? UNPROVED : way * sign;
  }
  return { shape: input.shape, source, direction };
}

function constantValues(input: RuleInput, index: number): Float64Array | null {
  const constant = input.body.constants.get(input.node.inputs[index] ?? "");
  return constant ? toNumbers(constant) : null;
}

/** (x − mean)/√(var + ε)·scale + bias, channel by channel along axis 1. */
const batchNormalization: Rule = (input) => {
  const trace = input.of(0);
  const scale = constantValues(input, 1);
  if (!trace || !scale || trace.shape.length < 2) return null;
  const inner = sizeOf(trace.shape.slice(2));
  const direction = trace.direction.map((way, e) =>
    way === UNPROVED ? way : way * Math.sign(scale[Math.floor(e / inner) % scale.length]),
  );
  const source = trace.source.map((from, e) => (direction[e] === 0 ? -1 : from));
  return { shape: input.shape, source, direction };
};

/** Where with two constants follows its condition; with moving branches nothing is proved. */
const where: Rule = (input) => {
  const yes = constantValues(input, 1);
  const no = constantValues(input, 2);
  const single = yes?.length === 1 && no?.length === 1;
  const way = single && yes && no ? (yes[0] >= no[0] ? keep : turn) : lose;
  return nary(() => [way, lose, lose])(input);
};

const sameOrder: Rule = (input) => {
  const trace = input.of(0);
  if (!trace || trace.source.length !== sizeOf(input.shape)) return null;
  return { ...trace, shape: input.shape };
};

const transpose: Rule = (input) => {
  const trace = input.of(0);
  if (!trace) return null;
  const rank = trace.shape.length;
  const order = intsAttribute(
    input.node,
    "perm",
    Array.from({ length: rank }, (_, k) => rank - 1 - k),
  );
  const strides = trace.shape.map((_, axis) => sizeOf(trace.shape.slice(axis + 1)));
  const size = sizeOf(input.shape);
  const source = new Int32Array(size);
  const direction = new Int8Array(size);
  for (let e = 0; e < size; e++) {
    let rest = e;
    let from = 0;
    for (let axis = rank - 1; axis >= 0; axis--) {
      from += (rest % input.shape[axis]) * strides[order[axis]];
      rest = Math.floor(rest / input.shape[axis]);
    }
    source[e] = trace.source[from];
    direction[e] = trace.direction[from];
  }
  return { shape: input.shape, source, direction };
};

/** A sum over elements that all have one source: the comparisons of a MultiThreshold. */
const reduceSum: Rule = (input) => {
  const trace = input.of(0);
  const axes = constantValues(input, 1);
  if (!trace || !axes) return null;
  const rank = trace.shape.length;
  const reduced = new Set([...axes].map((axis) => (axis < 0 ? axis + rank : axis)));
  const kept = trace.shape.map((size, axis) => (reduced.has(axis) ? 1 : size));
  const index = broadcastIndex(kept, trace.shape);
  const size = sizeOf(input.shape);
  const source = new Int32Array(size).fill(-1);
  const direction = new Int8Array(size);
  for (let e = 0; e < index.length; e++) {
    const to = index[e];
    if (trace.source[e] < 0) continue;
    if (source[to] >= 0 && source[to] !== trace.source[e]) return null;
    if (source[to] >= 0 && direction[to] !== trace.direction[e]) direction[to] = UNPROVED;
    else direction[to] = trace.direction[e];
    source[to] = trace.source[e];
  }
  return { shape: input.shape, source, direction };
};

/** Types that hold every value in its order; narrower integers wrap around, and a bool is 1 below 0 as well as above. */
const ordered = new Set(["float32", "float64", "float16", "bfloat16", "int32", "int64"]);

const castOrder: Rule = (input) => {
  const to = elementTypeOf(intAttribute(input.node, "to", 0));
  const from = input.body.values.get(input.node.inputs[0])?.type;
  return (to && ordered.has(to)) || from === "bool" ? sameOrder(input) : unproved(input);
};

const positiveSlope: Rule = (input) => {
  const alpha = input.node.attributes.get("alpha");
  return alpha?.kind === "float" && alpha.value < 0 ? unproved(input) : rising(input);
};

const rules: Readonly<Record<string, Rule>> = {
  Identity: sameOrder,
  Cast: castOrder,
  Reshape: sameOrder,
  Flatten: sameOrder,
  Squeeze: sameOrder,
  Unsqueeze: sameOrder,
  Dropout: sameOrder,
  Transpose: transpose,
  ReduceSum: reduceSum,
  Relu: rising,
  Sigmoid: rising,
  HardSigmoid: rising,
  Tanh: rising,
  Sign: rising,
  Round: rising,
  Floor: rising,
  Ceil: rising,
  Clip: rising,
  Erf: rising,
  Softplus: rising,
  Softsign: rising,
  Exp: rising,
  Sqrt: rising,
  Atan: rising,
  QuantizeLinear: rising,
  DequantizeLinear: rising,
  LeakyRelu: positiveSlope,
  Elu: positiveSlope,
  Selu: rising,
  Celu: rising,
  ThresholdedRelu: rising,
  Neg: falling,
  Not: falling,
  Abs: unproved,
  HardSwish: unproved,
  Gelu: unproved,
  Mish: unproved,
  Reciprocal: unproved,
  PRelu: unproved,
  BatchNormalization: batchNormalization,
  Mul: product,
  Div: product,
  Where: where,
  Add: nary(() => [keep, keep]),
  Sub: nary(() => [keep, turn]),
  Min: nary(({ node }) => node.inputs.map(() => keep)),
  Max: nary(({ node }) => node.inputs.map(() => keep)),
  Greater: nary(() => [keep, turn]),
  GreaterOrEqual: nary(() => [keep, turn]),
  Less: nary(() => [turn, keep]),
  LessOrEqual: nary(() => [turn, keep]),
  And: nary(() => [keep, keep]),
  Or: nary(() => [keep, keep]),
  Equal: nary(() => [lose, lose]),
  Xor: nary(() => [lose, lose]),
  Pow: nary(() => [lose, lose]),
};
