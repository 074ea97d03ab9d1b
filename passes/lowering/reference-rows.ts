import { internal } from "../../compiler/errors.ts";
import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import { intAttribute } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, tensor, toNumbers } from "../../compiler/ir/tensor.ts";
import { subgraph } from "../../compiler/onnx/serialize.ts";

/** Nodes and constants that take the place of one node. */
interface Replacement {
  readonly nodes: readonly GraphNode[];
  readonly constants: ReadonlyMap<ValueId, Tensor>;
  readonly values: ReadonlyMap<ValueId, ValueType>;
}

function node(op: string, inputs: readonly ValueId[], output: ValueId, to?: number): GraphNode {
  const attributes = new Map<string, Attribute>();
  if (to !== undefined) attributes.set("to", { kind: "int", value: to });
  return { name: output, op, domain: "", inputs, outputs: [output], attributes };
}

/** The graph with other nodes in the place of one. */
export function replaced(
  graph: Graph,
  old: GraphNode,
  { nodes, constants, values }: Replacement,
): Graph {
  return {
    ...graph,
    nodes: graph.nodes.flatMap((other) => (other === old ? nodes : [other])),
    constants: new Map([...graph.constants, ...constants]),
    values: new Map([
      ...graph.values,
      ...[...constants].map(([id, { type, shape }]): [ValueId, ValueType] => [id, { type, shape }]),
      ...values,
    ]),
  };
}

/**
 * The sum that a layer's weights make, and the graph in which so many more inputs, always 1, meet them: behind the inputs
 * of a product, or added to the sums of a convolution, whose constant then holds [outputs x (inputs + rows)].
 */
export function withAlwaysOn(
  graph: Graph,
  weights: ValueId,
  rows: number,
): { readonly graph: Graph; readonly sum: ValueId } {
  const matmul = graph.nodes.find((other) => other.op === "MatMul" && other.inputs[1] === weights);
  return matmul ? besideInputs(graph, matmul, weights, rows) : besideWindows(graph, weights, rows);
}

function besideInputs(graph: Graph, matmul: GraphNode, weights: ValueId, rows: number) {
  const type = graph.values.get(weights);
  const [codes] = matmul.inputs;
  const codesType = graph.values.get(codes);
  if (!type?.shape || !codesType?.shape)
    throw internal("thresholds-to-cells", `no product with ${weights}`);
  const sum = matmul.outputs[0];
  if (rows === 0) return { graph, sum };
  const rank = codesType.shape.length;
  const [inputs, outputs] = type.shape;
  const pads = new BigInt64Array(2 * rank);
  pads[2 * rank - 1] = BigInt(rows);
  const wide = type.type === "float64";
  const one = tensor(type.type, [], wide ? Float64Array.of(1) : Float32Array.of(1));
  const names = { padded: `${codes}/with-ones`, pads: `${weights}/pads`, one: `${weights}/one` };
  const padded: ValueType = {
    type: type.type,
    shape: [...codesType.shape.slice(0, -1), Number(inputs) + rows],
  };
  const more = replaced(graph, matmul, {
    nodes: [
      node("Pad", [codes, names.pads, names.one], `${names.padded}/${sum}`),
      { ...matmul, inputs: [`${names.padded}/${sum}`, weights] },
    ],
    constants: new Map([
      [names.pads, tensor("int64", [2 * rank], pads)],
      [names.one, one],
    ]),
    values: new Map([
      [`${names.padded}/${sum}`, padded],
      [weights, { type: type.type, shape: [Number(inputs) + rows, outputs] }],
    ]),
  });
  return { graph: more, sum };
}

/** The value that ends a convolution's sums is named after its weights. */
function besideWindows(graph: Graph, weights: ValueId, rows: number) {
  const sum = weights.replace(/weight-codes$/, "sum");
  const kernel = graph.values.get(weights);
  const maker = graph.nodes.find(({ outputs }) => outputs[0] === sum);
  const type = graph.values.get(sum);
  if (!kernel?.shape || !maker || !type)
    throw internal("thresholds-to-cells", `no convolution with ${weights}`);
  if (rows === 0) return { graph, sum };
  const [outputs, ...taps] = kernel.shape.map(Number);
  const inputs = sizeOf(taps);
  const int64 = (...values: number[]) =>
    tensor("int64", [values.length], BigInt64Array.from(values, BigInt));
  const name = (part: string) => `${weights}/${part}`;
  const before = name("before-rows");
  const float = (...shape: number[]): ValueType => ({ type: "float32", shape });
  const nodes = graph.nodes.flatMap((other): readonly GraphNode[] => {
    if (other === maker)
      return [
        { ...other, inputs: other.inputs.map(kernelOf), outputs: [before] },
        node("Slice", [weights, name("inputs"), name("end"), name("axis")], name("rows")),
        node("ReduceSum", [name("rows"), name("axis")], name("rows-sum")),
        node("Reshape", [name("rows-sum"), name("rows-shape")], name("rows-beside")),
        node("Cast", [name("rows-beside")], name("rows-added"), type.type === "float64" ? 11 : 1),
        node("Add", [before, name("rows-added")], sum),
      ];
    return [
      other.inputs.includes(weights) ? { ...other, inputs: other.inputs.map(kernelOf) } : other,
    ];
  });
  function kernelOf(input: ValueId): ValueId {
    return input === weights ? name("kernel") : input;
  }
  const first = nodes.findIndex((other) => other.inputs.includes(name("kernel")));
  nodes.splice(
    first,
    0,
    node("Slice", [weights, name("zero"), name("inputs"), name("axis")], name("taps")),
    node("Reshape", [name("taps"), name("kernel-shape")], name("kernel")),
  );
  const beside = [outputs, ...taps.slice(1).map(() => 1)];
  return {
    sum,
    graph: {
      ...graph,
      nodes,
      constants: new Map([
        ...graph.constants,
        [name("zero"), int64(0)],
        [name("inputs"), int64(inputs)],
        [name("end"), int64(inputs + rows)],
        [name("axis"), int64(1)],
        [name("kernel-shape"), int64(outputs, ...taps)],
        [name("rows-shape"), int64(...beside)],
      ]),
      values: new Map<ValueId, ValueType>([
        ...graph.values,
        ...["zero", "inputs", "end", "axis"].map((part): [ValueId, ValueType] => [
          name(part),
          { type: "int64", shape: [1] },
        ]),
        [name("kernel-shape"), { type: "int64", shape: [kernel.shape.length] }],
        [name("rows-shape"), { type: "int64", shape: [beside.length] }],
        [weights, float(outputs, inputs + rows)],
        [name("taps"), float(outputs, inputs)],
        [name("kernel"), float(outputs, ...taps)],
        [name("rows"), float(outputs, rows)],
        [name("rows-sum"), float(outputs, 1)],
        [name("rows-beside"), float(...beside)],
        [name("rows-added"), { type: type.type, shape: beside }],
        [before, type],
      ]),
    },
  };
}

/** A constant that is added to a layer's scaled sums, one number an output. */
export interface FoundBias {
  readonly node: GraphNode;
  /** the operand that is not the constant */
  readonly value: ValueId;
  /** [outputs] what the sums must be raised by, so that their scales make the constant of it */
  readonly asked: Float64Array;
}

/** Types to which integer sums, and what factors make of them, pass unchanged: float32, float64. */
const wideTypes = [1, 11];

/**
 * Follows a layer's sum through its scale and other constant factors to the bias behind them; null where something else
 * comes first, or where a constant is not one number for each output, as a bias along the width of a convolution.
 * @param maker the node of the layer's matrix
 */
export function biasBehind(graph: Graph, maker: GraphNode, outputs: number): FoundBias | null {
  let [value] = maker.outputs;
  const rank = graph.values.get(value)?.shape?.length ?? 0;
  const fromEnd = maker.op === "Conv" ? rank - 1 : 1;
  let factors = new Float64Array(outputs).fill(1);
  for (;;) {
    const readers = graph.nodes.filter((other) => other.inputs.includes(value));
    if (readers.length !== 1 || graph.outputs.includes(value)) return null;
    const [reader] = readers;
    const other = reader.inputs.find((input) => input !== value) ?? "";
    const constant = graph.constants.get(other);
    const numbers = constant && rank > 0 ? oneEach(constant, rank, fromEnd, outputs) : null;
    if (reader.op === "Add") {
      const asked = numbers?.map((b, o) => b / factors[o]);
      return asked?.every(Number.isFinite) ? { node: reader, value, asked } : null;
    }
    const isWide = reader.op === "Cast" && wideTypes.includes(intAttribute(reader, "to", 0));
    if (reader.op === "Mul" && numbers) factors = factors.map((f, o) => f * numbers[o]);
    else if (reader.op !== "Identity" && !isWide) return null;
    [value] = reader.outputs;
  }
}

/** A constant beside a value of so many axes as one number for each output, which lie on one axis; else null. */
function oneEach(
  constant: Tensor,
  rank: number,
  fromEnd: number,
  outputs: number,
): Float64Array | null {
  const { shape } = constant;
  const numbers = toNumbers(constant);
  if (shape.length > rank) return null;
  if (numbers.length === 1) return new Float64Array(outputs).fill(numbers[0]);
  return numbers.length === outputs && shape.at(-fromEnd) === outputs
    ? Float64Array.from(numbers)
    : null;
}

/** The graph in which a bias is added no more. */
export function withoutBias(graph: Graph, { node: add, value }: FoundBias): Graph {
  const old = graph.nodes.find(({ name }) => name === add.name);
  if (!old) return graph;
  const nodes = [{ ...node("Identity", [value], add.outputs[0]), name: add.name }];
  const constants = new Map<ValueId, Tensor>();
  return pruned(replaced(graph, old, { nodes, constants, values: new Map() }), []);
}

/** Only what the outputs need; `given` are values that come from outside beside the inputs. */
export function pruned(graph: Graph, given: readonly ValueId[]): Graph {
  return {
    ...subgraph(graph, [...graph.inputs, ...given], graph.outputs),
    inputs: graph.inputs,
  };
}
