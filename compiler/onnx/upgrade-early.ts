import { XbcError } from "../errors.ts";
import type { Attribute, Graph, GraphNode } from "../ir/graph.ts";
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from "../ir/graph.ts";
import { earlyDomain } from "../operators/early-broadcast.ts";
import { dataTypes } from "./element-type.ts";
import type { NodeBuilder } from "./rewrite.ts";
import { rewriteNodes } from "./rewrite.ts";

/** Since this operator set operands broadcast as NumPy's do. */
const firstBroadcasting = 7;

/**
 * Nodes of operator sets 1 to 6 in their form of operator set 7, before any shape is known: two operands with a named axis
 * go to a domain of their own, from which they come back once shapes are.
 * @param versions by node name: the operator set that a node is written in
 * @throws UNSUPPORTED for forms that have no successor
 * Source: the change log of ai.onnx, operator sets 1 to 7.
 */
export function upgradeEarly(graph: Graph, versions: ReadonlyMap<string, number>): Graph {
  const isEarly = (node: GraphNode) =>
    node.domain === "" && (versions.get(node.name) ?? firstBroadcasting) < firstBroadcasting;
  if (!graph.nodes.some(isEarly)) return graph;
  return rewriteNodes(graph, (node, builder) => {
    if (!isEarly(node)) return false;
    const rule = rules[node.op];
    const plain = { ...node, attributes: without(node, "consumed_inputs") };
    const version = versions.get(node.name) ?? 1;
    builder.emit(rule && version < rule.before ? rule.rewrite(plain, builder) : plain);
    return true;
  });
}

interface Rule {
  /** the operator set that brought the new form */
  readonly before: number;
  readonly rewrite: (node: GraphNode, builder: NodeBuilder) => GraphNode;
}

const broadcasting: readonly (readonly [string, Rule])[] =
  "Add Sub Mul Div Pow Equal Greater Less And Or Xor"
    .split(" ")
    .map((op) => [op, { before: 7, rewrite: besideAxis }]);
const recurrent: readonly (readonly [string, Rule])[] = ["LSTM", "GRU", "RNN"].map((op) => [
  op,
  { before: 7, rewrite: (node) => dropping(node, "output_sequence") },
]);

const rules: Readonly<Record<string, Rule | undefined>> = {
  ...Object.fromEntries([...broadcasting, ...recurrent]),
  BatchNormalization: { before: 7, rewrite: trained },
  Cast: { before: 6, rewrite: castByNumber },
  Concat: { before: 4, rewrite: (node) => having(node, "axis", intAttribute(node, "axis", 1)) },
  Dropout: { before: 7, rewrite: (node) => dropping(node, "is_test") },
  Gemm: { before: 7, rewrite: (node) => dropping(node, "broadcast") },
  GlobalLpPool: { before: 2, rewrite: (node) => having(node, "p", floatAttribute(node, "p", 2)) },
  LpPool: { before: 2, rewrite: (node) => having(node, "p", floatAttribute(node, "p", 2)) },
  Pad: { before: 2, rewrite: (node) => renamed(node, "paddings", "pads") },
  // one slope a channel: the second axis
  PRelu: { before: 7, rewrite: (node, builder) => besideAxis(slopes(node), builder) },
  Reshape: { before: 5, rewrite: shapeToInput },
  Selu: { before: 6, rewrite: roundedSelu },
  Split: { before: 2, rewrite: sizesOfSplit },
  Tile: { before: 6, rewrite: refuseTile },
  Upsample: { before: 7, rewrite: scalesOfPictures },
};

function refuse(node: GraphNode, needed: string): never {
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}" (${node.op}): needs ${needed}, found an older form; export the model with operator set 17`,
  );
}

function without(node: GraphNode, ...names: readonly string[]): ReadonlyMap<string, Attribute> {
  return new Map([...node.attributes].filter(([name]) => !names.includes(name)));
}

const dropping = (node: GraphNode, ...names: readonly string[]): GraphNode => ({
  ...node,
  attributes: without(node, ...names),
});

function having(node: GraphNode, name: string, value: number): GraphNode {
  const attributes = new Map<string, Attribute>([
    ...node.attributes,
    [name, { kind: "int", value }],
  ]);
  return { ...node, attributes };
}

function renamed(node: GraphNode, from: string, to: string): GraphNode {
  const attributes = [...node.attributes].map(([name, value]): [string, Attribute] => [
    name === from ? to : name,
    value,
  ]);
  return { ...node, attributes: new Map(attributes) };
}

/** Without an axis the second operand's axes stand at the end, as they do now. */
function besideAxis(node: GraphNode, builder: NodeBuilder): GraphNode {
  const plain = dropping(node, "axis", "broadcast");
  const isOne = builder.constantOf(node.inputs[1])?.data.length === 1;
  if (!node.attributes.has("axis") || intAttribute(node, "broadcast", 0) === 0 || isOne)
    return plain;
  return { ...dropping(node, "broadcast"), domain: earlyDomain };
}

const slopes = (node: GraphNode): GraphNode => having(having(node, "axis", 1), "broadcast", 1);

/** Training, which was the default, as its later attribute says it. */
function trained(node: GraphNode): GraphNode {
  const isTest = intAttribute(node, "is_test", 0) !== 0;
  const inference = dropping(node, "is_test");
  return isTest ? inference : having(inference, "training_mode", 1);
}

/** FLOAT, as TensorProto names its types, as a number. */
function castByNumber(node: GraphNode): GraphNode {
  if (node.attributes.get("to")?.kind !== "string") return node;
  const name = stringAttribute(node, "to", "").toLowerCase();
  const known = { float: "float32", double: "float64" }[name] ?? name;
  const number = Object.entries(dataTypes).find(([type]) => type === known)?.[1];
  return number
    ? having(node, "to", number)
    : refuse(node, `a data type that ONNX has, not ${name}`);
}

function shapeToInput(node: GraphNode, builder: NodeBuilder): GraphNode {
  if (!node.attributes.has("shape")) return node;
  const shape = builder.integers(intsAttribute(node, "shape", []));
  return { ...dropping(node, "shape"), inputs: [node.inputs[0], shape] };
}

/** The constants that its first definition rounded to five digits. */
function roundedSelu(node: GraphNode): GraphNode {
  const float = (name: string, otherwise: number): [string, Attribute] => [
    name,
    { kind: "float", value: Math.fround(floatAttribute(node, name, otherwise)) },
  ];
  return { ...node, attributes: new Map([float("alpha", 1.6732), float("gamma", 1.0507)]) };
}

/** Sizes as an input were of the data's type. */
function sizesOfSplit(node: GraphNode, builder: NodeBuilder): GraphNode {
  const [x, sizes] = node.inputs;
  if (!sizes) return node;
  return { ...node, inputs: [x, builder.add("Cast", [sizes], { to: dataTypes.int64 })] };
}

/** Tiles and an axis as two numbers, instead of one number for each axis. */
function refuseTile(node: GraphNode): GraphNode {
  return node.inputs.length > 2 ? refuse(node, "a number of repeats for each axis") : node;
}

function scalesOfPictures(node: GraphNode): GraphNode {
  const mode = stringAttribute(node, "mode", "nearest");
  const scales = [
    1,
    1,
    floatAttribute(node, "height_scale", 1),
    floatAttribute(node, "width_scale", 1),
  ];
  if (node.attributes.has("scales")) return node;
  return {
    ...node,
    attributes: new Map<string, Attribute>([
      ["mode", { kind: "string", value: mode === "bilinear" ? "linear" : mode }],
      ["scales", { kind: "floats", value: scales }],
    ]),
  };
}
