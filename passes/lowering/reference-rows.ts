import { internal } from "../../compiler/errors.ts";
import type { Attribute, Graph, GraphNode, ValueId, ValueType } from "../../compiler/ir/graph.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { tensor, toNumbers } from "../../compiler/ir/tensor.ts";
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

function replaced(graph: Graph, old: GraphNode, { nodes, constants, values }: Replacement): Graph {
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

/** The sum that a layer's weights make, and the graph in which so many more inputs, always 1, meet them. */
export function withAlwaysOn(
  graph: Graph,
  weights: ValueId,
  rows: number,
): { readonly graph: Graph; readonly sum: ValueId } {
  const matmul = graph.nodes.find((other) => other.op === "MatMul" && other.inputs[1] === weights);
  const type = graph.values.get(weights);
  const [codes] = matmul?.inputs ?? [""];
  const codesType = graph.values.get(codes);
  if (!matmul || !type?.shape || !codesType?.shape)
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

/** The value made by comparing sums with one number an output, in the place of the chain that made it. */
export function comparedTo(
  graph: Graph,
  sum: ValueId,
  codes: ValueId,
  rule: {
    readonly range: CodeRange;
    readonly thresholds: Int32Array;
    readonly directions: Int8Array;
  },
): Graph {
  const maker = graph.nodes.find((other) => other.outputs[0] === codes);
  const from = graph.values.get(sum);
  if (!maker || !from) throw internal("thresholds-to-cells", `no node makes ${codes}`);
  const type = from.type;
  const list = (values: readonly number[]) =>
    tensor(
      type,
      [values.length],
      type === "float64" ? Float64Array.from(values) : Float32Array.from(values),
    );
  const { range, thresholds, directions } = rule;
  const signs = Array.from(directions);
  const bounds = Array.from(thresholds, (t, o) => signs[o] * t);
  const name = (part: string) => `${codes}/${part}`;
  const turned = signs.some((sign) => sign < 0);
  const scaled = range.step !== 1 || range.minimum !== 0;
  const float: ValueType = { type: "float32", shape: from.shape };
  const scalar = (x: number) => tensor("float32", [], Float32Array.of(x));
  return replaced(graph, maker, {
    nodes: [
      ...(turned ? [node("Mul", [sum, name("signs")], name("turned"))] : []),
      node("GreaterOrEqual", [turned ? name("turned") : sum, name("bounds")], name("fires")),
      node("Cast", [name("fires")], scaled ? name("fired") : codes, 1),
      ...(scaled
        ? [
            node("Mul", [name("fired"), name("step")], name("stepped")),
            node("Add", [name("stepped"), name("minimum")], codes),
          ]
        : []),
    ],
    constants: new Map([
      [name("bounds"), list(bounds)],
      ...(turned ? [[name("signs"), list(signs)] as const] : []),
      ...(scaled
        ? ([
            [name("step"), scalar(range.step)],
            [name("minimum"), scalar(range.minimum)],
          ] as const)
        : []),
    ]),
    values: new Map<ValueId, ValueType>([
      [name("turned"), from],
      [name("fires"), { type: "bool", shape: from.shape }],
      [name("fired"), float],
      [name("stepped"), float],
      [codes, float],
    ]),
  });
}

/** A constant that is added to a layer's scaled sums, one number an output. */
export interface FoundBias {
  readonly node: GraphNode;
  /** the operand that is not the constant */
  readonly value: ValueId;
  readonly bias: Float64Array;
}

/** Follows a sum through its scale to the bias behind it; null where something else comes first. */
export function biasBehind(graph: Graph, sum: ValueId, outputs: number): FoundBias | null {
  let value = sum;
  for (;;) {
    const readers = graph.nodes.filter((other) => other.inputs.includes(value));
    if (readers.length !== 1 || graph.outputs.includes(value)) return null;
    const [reader] = readers;
    const other = reader.inputs.find((input) => input !== value) ?? "";
    const constant = graph.constants.get(other);
    if (reader.op === "Add" && constant && [1, outputs].includes(constant.data.length)) {
      const numbers = toNumbers(constant);
      const bias = Float64Array.from({ length: outputs }, (_, o) => numbers[o % numbers.length]);
      return { node: reader, value, bias };
    }
    const passes = reader.op === "Identity" || reader.op === "Cast";
    if (!passes && !(reader.op === "Mul" && constant)) return null;
    [value] = reader.outputs;
  }
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
