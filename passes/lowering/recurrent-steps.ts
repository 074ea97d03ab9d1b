import type { ValueId } from "../../compiler/ir/graph.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import type { NodeBuilder } from "../../compiler/onnx/rewrite.ts";
import { attributeOf } from "../../compiler/onnx/rewrite.ts";
import type { Direction, RecurrentNode, Start } from "./recurrent-node.ts";
import { gateCount } from "./recurrent-node.ts";

/** The states of one direction: hidden state after each step, in the order of time; the last cell state of an LSTM. */
export interface Unrolled {
  /** by step of the sequence */
  readonly hidden: readonly ValueId[];
  readonly last: ValueId;
  readonly cell: ValueId | null;
}

/** A state, or null for zeros. */
type State = ValueId | null;

/** What makes one step: from what x·W gives it and the states before it to the states behind it. */
type Step = (x: ValueId, hidden: State, cell: State) => { hidden: ValueId; cell: State };

/**
 * Unrolls one direction: x·W is one layer over all steps, h·R one matrix that every step uses.
 * @param x [batch, step, inputs]
 */
export function unrollDirection(
  layer: RecurrentNode,
  direction: Direction,
  x: ValueId,
  suffix: string,
  builder: NodeBuilder,
): Unrolled {
  const { op, hidden, inputs, steps } = layer;
  const rows = gateCount[op] * hidden;
  const weights = builder.constant(flipped(direction.input, rows, inputs, 0, rows));
  const product = matmul(x, weights, `${layer.node.name}/input${suffix}`, builder);
  const bias = builder.constant(vector(addedBias(layer, direction)));
  const all = builder.add("Add", [product, bias]);
  const makeStep = makers[op](layer, direction, suffix, builder);
  const states: ValueId[] = [];
  let state = startState(direction.hiddenStart, layer, builder);
  let cell = op === "LSTM" ? startState(direction.cellStart, layer, builder) : null;
  for (let k = 0; k < steps; k++) {
    const time = direction.reverse ? steps - 1 - k : k;
    const own = builder.add("Gather", [all, builder.integers(time)], { axis: 1 });
    const next = makeStep(own, state, cell);
    states[time] = next.hidden;
    state = next.hidden;
    cell = next.cell;
  }
  return { hidden: states, last: states[direction.reverse ? 0 : steps - 1], cell };
}

/** What is added to x·W: both biases, but for GRU's own bias of its new state, which its reset gate meets. */
function addedBias(
  { op, hidden, linearBeforeReset }: RecurrentNode,
  { inputBias, recurrentBias }: Direction,
): Float64Array {
  const apart = op === "GRU" && linearBeforeReset ? 2 * hidden : inputBias.length;
  return inputBias.map((bias, k) => (k < apart ? bias + recurrentBias[k] : bias));
}

function startState(start: Start, { batchFirst }: RecurrentNode, builder: NodeBuilder): State {
  if (start.kind === "zero") return null;
  if (start.kind === "numbers") {
    const { numbers } = start;
    return builder.constant(tensor("float32", [1, numbers.length], Float32Array.from(numbers)));
  }
  const index = builder.integers(start.index);
  return builder.add("Gather", [start.value, index], { axis: batchFirst ? 1 : 0 });
}

const makers = { LSTM: lstm, GRU: gru, RNN: rnn };

/** Source: ONNX, LSTM: C = f ∘ C' + i ∘ c, H = o ∘ h(C). */
function lstm(
  layer: RecurrentNode,
  direction: Direction,
  suffix: string,
  builder: NodeBuilder,
): Step {
  const { hidden, inputForget } = layer;
  const recur = recurrentProduct(layer, direction, { first: 0, gates: 4, suffix }, builder);
  const act = activation(layer, builder);
  const [f, g, h] = direction.activations;
  const { peepholes } = direction;
  const look = (gate: number) =>
    peepholes && builder.constant(vector(peepholes.slice(gate * hidden, (gate + 1) * hidden)));
  const [lookI, lookO, lookF] = [look(0), look(1), look(2)];
  const seen = (gate: ValueId, weights: ValueId | null, cell: State) =>
    weights && cell ? builder.add("Add", [gate, builder.add("Mul", [weights, cell])]) : gate;
  return (x, before, cell) => {
    const sums = before ? builder.add("Add", [x, recur(before)]) : x;
    const [i, o, forget, c] = split(sums, 4, layer, builder);
    const inGate = act(f, seen(i, lookI, cell));
    const fresh = builder.add("Mul", [inGate, act(g, c)]);
    let next = fresh;
    if (cell) {
      const keep = inputForget
        ? builder.add("Sub", [builder.scalar(1), inGate])
        : act(f, seen(forget, lookF, cell));
      next = builder.add("Add", [builder.add("Mul", [keep, cell]), fresh]);
    }
    const outGate = act(f, seen(o, lookO, next));
    const state = builder.add("Mul", [outGate, builder.add(h, [next])]);
    return { hidden: state, cell: next };
  };
}

/** Source: ONNX, GRU: H = (1 − z) ∘ h + z ∘ H', where the reset gate meets H' before or behind its matrix. */
function gru(
  layer: RecurrentNode,
  direction: Direction,
  suffix: string,
  builder: NodeBuilder,
): Step {
  const { hidden, linearBeforeReset } = layer;
  const act = activation(layer, builder);
  const [f, g] = direction.activations;
  const whole = linearBeforeReset
    ? recurrentProduct(layer, direction, { first: 0, gates: 3, suffix }, builder)
    : null;
  const gatesOnly =
    whole ?? recurrentProduct(layer, direction, { first: 0, gates: 2, suffix }, builder);
  const newOnly = whole
    ? null
    : recurrentProduct(layer, direction, { first: 2, gates: 1, suffix: `-new${suffix}` }, builder);
  const bias = linearBeforeReset
    ? builder.constant(vector(direction.recurrentBias.slice(2 * hidden)))
    : null;
  const plus = (a: ValueId, b: ValueId) => builder.add("Add", [a, b]);
  return (x, before) => {
    const [xz, xr, xh] = split(x, 3, layer, builder);
    const [hz, hr, hh] = before
      ? split(gatesOnly(before), whole ? 3 : 2, layer, builder)
      : [null, null, null];
    const update = act(f, hz ? plus(xz, hz) : xz);
    const reset = act(f, hr ? plus(xr, hr) : xr);
    const through = (): ValueId | null => {
      if (bias) return builder.add("Mul", [reset, hh ? plus(hh, bias) : bias]);
      return before && newOnly ? newOnly(builder.add("Mul", [reset, before])) : null;
    };
    const recurrent = through();
    const fresh = act(g, recurrent ? plus(xh, recurrent) : xh);
    const share = builder.add("Sub", [builder.scalar(1), update]);
    const own = builder.add("Mul", [share, fresh]);
    const state = before ? plus(own, builder.add("Mul", [update, before])) : own;
    return { hidden: state, cell: null };
  };
}

function rnn(
  layer: RecurrentNode,
  direction: Direction,
  suffix: string,
  builder: NodeBuilder,
): Step {
  const recur = recurrentProduct(layer, direction, { first: 0, gates: 1, suffix }, builder);
  const act = activation(layer, builder);
  const [f] = direction.activations;
  return (x, before) => ({
    hidden: act(f, before ? builder.add("Add", [x, recur(before)]) : x),
    cell: null,
  });
}

/** h·R for some of the gates: one constant, whichever step reads it. */
function recurrentProduct(
  { node, op, hidden }: RecurrentNode,
  { recurrent }: Direction,
  part: { readonly first: number; readonly gates: number; readonly suffix: string },
  builder: NodeBuilder,
): (state: ValueId) => ValueId {
  const rows = gateCount[op] * hidden;
  const weights = builder.constant(
    flipped(recurrent, rows, hidden, part.first * hidden, part.gates * hidden),
  );
  const name = `${node.name}/recurrent${part.suffix}`;
  let uses = 0;
  return (state) => {
    const constant = builder.constantOf(state);
    if (constant)
      return builder.constant(
        row(timesRows(toNumbers(constant), recurrent, part.first * hidden, part.gates * hidden)),
      );
    uses++;
    return matmul(state, weights, uses === 1 ? name : `${name}#${uses}`, builder);
  };
}

function matmul(x: ValueId, weights: ValueId, name: string, builder: NodeBuilder): ValueId {
  const attributes = new Map();
  builder.emit({
    name,
    op: "MatMul",
    domain: "",
    inputs: [x, weights],
    outputs: [name],
    attributes,
  });
  return name;
}

/** A state that every sample shares, times some rows of a matrix. */
function timesRows(
  state: Float64Array,
  matrix: Float64Array,
  first: number,
  count: number,
): Float64Array {
  return Float64Array.from({ length: count }, (_, row) =>
    state.reduce((sum, h, i) => sum + h * matrix[(first + row) * state.length + i], 0),
  );
}

/** A gate's nonlinear operator, behind the clip that the node asks for. */
function activation({ clip }: RecurrentNode, builder: NodeBuilder) {
  const bounds = clip === null ? null : [builder.scalar(-clip), builder.scalar(clip)];
  return (op: string, value: ValueId): ValueId => {
    const bounded = bounds ? builder.add("Clip", [value, ...bounds]) : value;
    return builder.add(op, [bounded]);
  };
}

/** The gates of a value [batch, gates·hidden], one by one. */
function split(
  value: ValueId,
  gates: number,
  { hidden }: RecurrentNode,
  builder: NodeBuilder,
): readonly ValueId[] {
  const sizes = builder.integers(Array.from({ length: gates }, () => hidden));
  const outputs = Array.from({ length: gates }, (_, gate) => `${sizes}/gate-${gate}`);
  builder.emit({
    name: `${sizes}/split`,
    op: "Split",
    domain: "",
    inputs: [value, sizes],
    outputs,
    attributes: new Map([["axis", attributeOf("axis", -1)]]),
  });
  return outputs;
}

/** Some rows of [rows x columns] as a constant [columns x count]. */
function flipped(
  matrix: Float64Array,
  rows: number,
  columns: number,
  first: number,
  count: number,
) {
  const data = new Float32Array(count * columns);
  for (let row = 0; row < Math.min(count, rows - first); row++)
    for (let c = 0; c < columns; c++) data[c * count + row] = matrix[(first + row) * columns + c];
  return tensor("float32", [columns, count], data);
}

const row = (values: Float64Array) =>
  tensor("float32", [1, values.length], Float32Array.from(values));

const vector = (values: Float64Array) =>
  tensor("float32", [values.length], Float32Array.from(values));
