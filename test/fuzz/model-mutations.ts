/** Damage to what an ONNX model says. */
import { onnx } from "../../compiler/onnx/codec.generated.js";
import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  TensorProto,
  ValueInfoProto,
} from "../../compiler/onnx/proto.ts";
import { fromNumber } from "../../compiler/onnx/proto.ts";
import { flipped, flippedOnce, overwritten, spliced, truncated } from "./byte-mutations.ts";
import type { Damaged, FileContent, Mutation } from "./case.ts";
import type { Dice } from "./dice.ts";

type Whole = ModelProto & { graph: GraphProto };

/** dimensions, sizes and counts that no one means */
const absurd = [
  0,
  -1,
  -2,
  1,
  2 ** 16,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  2 ** 53,
  -(2 ** 40),
];
const reals = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, 1e-45, -0];
const names = [
  "",
  "x",
  "\0",
  "a\nb",
  "../../etc/passwd",
  "\u2028",
  "\u001b[31m",
  "é".repeat(50),
  "n".repeat(100_000),
  "__proto__",
  "constructor",
];
const otherOps = [
  "Frobnicate",
  "Loop",
  "Scan",
  "ConstantOfShape",
  "Tile",
  "Range",
  "Pad",
  "Resize",
  "NonZero",
  "Reshape",
  "Expand",
  "RandomNormal",
  "LSTM",
  "TopK",
  "StringNormalizer",
  "SequenceConstruct",
  "Attention",
  "Constant",
  "Identity",
  "Conv",
  "Gemm",
  "QLinearMatMul",
  "If",
];

const change = (name: string, edit: (model: Whole, dice: Dice) => Whole | null): Mutation => ({
  name,
  apply: ({ model }, dice) => {
    const proto = onnx.ModelProto.decode(model);
    if (!proto.graph) return null;
    const edited = edit({ ...proto, graph: proto.graph }, dice);
    return edited && { model: onnx.ModelProto.encode(edited).finish() };
  },
});

const changeGraph = (name: string, edit: (graph: GraphProto, dice: Dice) => GraphProto | null) =>
  change(name, (model, dice) => {
    const graph = edit(model.graph, dice);
    return graph && { ...model, graph };
  });

/** One element of a list replaced; null where there is none. */
function replaced<T>(
  list: readonly T[] | null | undefined,
  dice: Dice,
  by: (item: T) => T,
): T[] | null {
  if (!list?.length) return null;
  const index = dice.below(list.length);
  return list.map((item, k) => (k === index ? by(item) : item));
}

const changeNode = (
  name: string,
  edit: (node: NodeProto, dice: Dice, graph: GraphProto) => NodeProto,
) =>
  changeGraph(name, (graph, dice) => {
    const node = replaced(graph.node, dice, (item) => edit({ ...item }, dice, graph));
    return node && { ...graph, node };
  });

const changeWeights = (name: string, edit: (tensor: TensorProto, dice: Dice) => TensorProto) =>
  changeGraph(name, (graph, dice) => {
    const initializer = replaced(graph.initializer, dice, (item) => edit({ ...item }, dice));
    return initializer && { ...graph, initializer };
  });

const changeAttribute = (
  name: string,
  edit: (attribute: AttributeProto, dice: Dice) => AttributeProto,
) =>
  changeGraph(name, (graph, dice) => {
    const holders = (graph.node ?? []).filter((node) => node.attribute?.length);
    if (holders.length === 0) return null;
    const holder = dice.pick(holders);
    const attribute = replaced(holder.attribute, dice, (item) => edit({ ...item }, dice));
    const node = (graph.node ?? []).map((item) =>
      item === holder && attribute ? { ...item, attribute } : item,
    );
    return { ...graph, node };
  });

const valuesOf = (graph: GraphProto): readonly string[] => [
  ...(graph.input ?? []).map(({ name }) => name ?? ""),
  ...(graph.initializer ?? []).map(({ name }) => name ?? ""),
  ...(graph.node ?? []).flatMap(({ output }) => output ?? []),
];

function withDimensions(info: ValueInfoProto, dim: readonly number[]): ValueInfoProto {
  const elemType = info.type?.tensorType?.elemType ?? 1;
  return {
    name: info.name ?? "",
    type: {
      tensorType: { elemType, shape: { dim: dim.map((d) => ({ dimValue: fromNumber(d) })) } },
    },
  };
}

const dimensionsOf = (info: ValueInfoProto): number[] =>
  (info.type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => Number(dimValue ?? 1));

/** Numbers of float initializers set to what arithmetic ends at. */
function poisoned(tensor: TensorProto, dice: Dice): TensorProto {
  if (tensor.dataType !== 1 || !tensor.rawData?.length)
    return { ...tensor, dataType: dice.below(30) };
  const rawData = Uint8Array.from(tensor.rawData);
  const view = new DataView(rawData.buffer);
  const count = 1 + dice.below(4);
  for (let k = 0; k < count; k++)
    view.setFloat32(4 * dice.below(rawData.length >> 2), dice.pick(reals), true);
  return { ...tensor, rawData };
}

function absurdAttribute(attribute: AttributeProto, dice: Dice): AttributeProto {
  if (attribute.ints?.length) {
    const length = dice.below(3) === 0 ? dice.pick([0, 1, 9, 100_000]) : attribute.ints.length;
    return { ...attribute, ints: Array.from({ length }, () => fromNumber(dice.pick(absurd))) };
  }
  if (attribute.s?.length) return { ...attribute, s: new TextEncoder().encode(dice.pick(names)) };
  return { ...attribute, i: fromNumber(dice.pick(absurd)), f: dice.pick(reals) };
}

/** If nodes within each other's branches; deeper ones than this writer makes are among the fixed cases. */
function nestedGraphs(depth: number): GraphProto {
  let graph: GraphProto = { name: "inner", node: [], output: [{ name: "y" }] };
  for (let k = 0; k < depth; k++) {
    const attribute = [{ name: "then_branch", type: 5, g: graph }];
    graph = {
      name: "outer",
      node: [{ opType: "If", input: ["c"], output: ["y"], name: "nest", attribute }],
      output: [{ name: "y" }],
    };
  }
  return graph;
}

/** Where an initializer says that its data lie, with what lies there. */
const places: readonly (readonly [
  entries: Readonly<Record<string, string>>,
  beside?: Readonly<Record<string, FileContent>>,
])[] = [
  [{ location: "/etc/passwd" }],
  [{ location: "../../../../etc/passwd" }],
  [{ location: "sub/../../outside.bin" }],
  [{ location: "link.bin" }, { "link.bin": { link: "/etc/passwd" } }],
  [{ location: "folder/x" }, { folder: { link: "/etc" } }],
  [{ location: "C:\\windows\\win.ini" }],
  [{ location: "file:///etc/passwd" }],
  [{ location: "~/.profile" }],
  [{ location: "nul\0.bin" }],
  [{ location: "" }],
  [{}],
  [{ location: "." }],
  [{ location: "absent.bin" }],
  [{ location: "/dev/zero" }],
  [{ location: "zero.bin" }, { "zero.bin": { link: "/dev/zero" } }],
  [{ location: "loop.bin" }, { "loop.bin": { link: "loop.bin" } }],
  [{ location: "short.bin" }, { "short.bin": Uint8Array.of(1, 2, 3) }],
  [
    { location: "short.bin", offset: "99999999999999999999" },
    { "short.bin": Uint8Array.of(1, 2, 3) },
  ],
  [{ location: "short.bin", offset: "-1" }, { "short.bin": Uint8Array.of(1, 2, 3) }],
  [
    { location: "short.bin", offset: "0", length: "1099511627776" },
    { "short.bin": Uint8Array.of(1, 2, 3) },
  ],
  [
    { location: "short.bin", offset: "1e3", length: "0x10" },
    { "short.bin": Uint8Array.of(1, 2, 3) },
  ],
  [{ location: "a".repeat(5000) }],
];

const external: Mutation = {
  name: "external data elsewhere",
  apply: ({ model }, dice): Damaged | null => {
    const proto = onnx.ModelProto.decode(model);
    const [entries, beside = {}] = dice.pick(places);
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const matrices = (proto.graph?.initializer ?? []).filter(
      (tensor) => (tensor.dims ?? []).length >= 2,
    );
    if (!proto.graph || matrices.length === 0) return null;
    const chosen = dice.pick(matrices);
    const initializer = (proto.graph.initializer ?? []).map((tensor) =>
      tensor !== chosen
        ? tensor
        : {
            name: tensor.name ?? "",
            dims: tensor.dims ?? [],
            dataType: tensor.dataType ?? 1,
            dataLocation: 1,
            externalData,
          },
    );
    const edited = { ...proto, graph: { ...proto.graph, initializer } };
    return {
      model: onnx.ModelProto.encode(edited).finish(),
      beside: new Map(Object.entries(beside)),
      mustFail: true,
    };
  },
};

const bytes = (name: string, edit: (model: Uint8Array, dice: Dice) => Uint8Array): Mutation => ({
  name,
  apply: ({ model }, dice) => ({ model: edit(model, dice) }),
});

export const modelMutations: readonly Mutation[] = [
  bytes("truncated", truncated),
  bytes("bits flipped", flipped),
  bytes("bit flipped", flippedOnce),
  bytes("bytes overwritten", overwritten),
  bytes("bytes cut or doubled", spliced),
  external,
  changeWeights("dimensions of a weight", (tensor, dice) => ({
    ...tensor,
    dims: (tensor.dims ?? []).map((d) => (dice.below(2) ? fromNumber(dice.pick(absurd)) : d)),
  })),
  changeWeights("rank of a weight", (tensor, dice) => ({
    ...tensor,
    dims: dice.below(2) ? [] : [...(tensor.dims ?? []), fromNumber(1)],
  })),
  changeWeights("NaN and infinities in weights", poisoned),
  changeWeights("type of a weight", (tensor, dice) => ({ ...tensor, dataType: dice.below(40) })),
  changeWeights("no data of a weight", (tensor) => ({ ...tensor, rawData: new Uint8Array() })),
  changeWeights("name of a weight", (tensor, dice) => ({ ...tensor, name: dice.pick(names) })),
  changeGraph("dimensions of an input", (graph, dice) => {
    const input = replaced(graph.input, dice, (info) =>
      withDimensions(
        info,
        dimensionsOf(info).map((d) => (dice.below(2) ? dice.pick(absurd) : d)),
      ),
    );
    return input && { ...graph, input };
  }),
  changeGraph("rank of an input", (graph, dice) => {
    const input = replaced(graph.input, dice, (info) =>
      withDimensions(
        info,
        Array.from({ length: dice.below(9) }, () => 1 + dice.below(4)),
      ),
    );
    return input && { ...graph, input };
  }),
  changeGraph("type of an input", (graph, dice) => {
    const input = replaced(graph.input, dice, (info) => ({
      ...info,
      type:
        dice.below(4) === 0
          ? {}
          : {
              tensorType: { elemType: dice.below(25), shape: info.type?.tensorType?.shape ?? null },
            },
    }));
    return input && { ...graph, input };
  }),
  changeGraph("input left out", (graph, dice) => ({
    ...graph,
    input: (graph.input ?? []).filter((_, k) => k !== dice.below((graph.input ?? []).length)),
  })),
  changeGraph("input twice", (graph) => ({
    ...graph,
    input: [...(graph.input ?? []), ...(graph.input ?? [])],
  })),
  changeGraph("output that nothing makes", (graph, dice) => ({
    ...graph,
    output: [...(graph.output ?? []), { name: dice.pick(names) }],
  })),
  changeGraph("output twice", (graph) => ({
    ...graph,
    output: [...(graph.output ?? []), ...(graph.output ?? [])],
  })),
  changeGraph("an inner value as output too", (graph, dice) => ({
    ...graph,
    output: [...(graph.output ?? []), { name: dice.pick(valuesOf(graph)) }],
  })),
  changeGraph("no outputs", (graph) => ({ ...graph, output: [] })),
  changeGraph("weight twice", (graph) => ({
    ...graph,
    initializer: [...(graph.initializer ?? []), ...(graph.initializer ?? []).slice(0, 1)],
  })),
  changeGraph("cycle", (graph, dice) => {
    const made = (graph.node ?? []).flatMap(({ output }) => output ?? []);
    const node = replaced(
      graph.node?.slice(0, Math.max(1, graph.node.length - 1)),
      dice,
      (item) => ({
        ...item,
        input: [made[made.length - 1], ...(item.input ?? []).slice(1)],
      }),
    );
    return node && { ...graph, node: [...node, ...(graph.node ?? []).slice(node.length)] };
  }),
  changeGraph("node left out", (graph, dice) => {
    const left = dice.below(graph.node?.length ?? 0);
    return { ...graph, node: (graph.node ?? []).filter((_, k) => k !== left) };
  }),
  changeGraph("node twice", (graph, dice) => ({
    ...graph,
    node: [...(graph.node ?? []), dice.pick(graph.node ?? [])],
  })),
  changeGraph("nodes in another order", (graph) => ({
    ...graph,
    node: [...(graph.node ?? [])].reverse(),
  })),
  changeNode("input that nothing makes", (node, dice) => ({
    ...node,
    input: (node.input ?? []).map((name, k) => (k === 0 ? `${name}${dice.pick(names)}?` : name)),
  })),
  changeNode("inputs swapped", (node) => ({ ...node, input: [...(node.input ?? [])].reverse() })),
  changeNode("an input left out", (node, dice) => {
    const left = dice.below(node.input?.length ?? 0);
    return { ...node, input: (node.input ?? []).map((name, k) => (k === left ? "" : name)) };
  }),
  changeNode("another value as input", (node, dice, graph) => {
    const at = dice.below(node.input?.length ?? 0);
    const other = dice.pick(valuesOf(graph));
    return { ...node, input: (node.input ?? []).map((name, k) => (k === at ? other : name)) };
  }),
  changeNode("too many inputs", (node, dice) => ({
    ...node,
    input: Array.from({ length: dice.pick([9, 5000]) }, () => node.input?.[0] ?? ""),
  })),
  changeNode("no outputs of a node", (node) => ({ ...node, output: [] })),
  changeNode("outputs of one name", (node) => ({
    ...node,
    output: [node.output?.[0] ?? "", node.output?.[0] ?? ""],
  })),
  changeNode("another operator", (node, dice) => ({ ...node, opType: dice.pick(otherOps) })),
  changeNode("another domain", (node, dice) => ({
    ...node,
    domain: dice.pick(["com.example", "ai.onnx.ml", "com.microsoft", "qonnx.custom_op.general"]),
  })),
  changeNode("name of a node", (node, dice) => ({ ...node, name: dice.pick(names) })),
  changeNode("attributes gone", (node) => ({ ...node, attribute: [] })),
  changeAttribute("absurd attribute", absurdAttribute),
  changeAttribute("attribute of another type", (attribute, dice) => ({
    name: attribute.name ?? "",
    type: 1 + dice.below(14),
    ints: [fromNumber(1)],
    f: 0.5,
  })),
  changeNode("unknown attributes", (node, dice) => ({
    ...node,
    attribute: [
      ...(node.attribute ?? []),
      {
        name: dice.pick(["axis", "group", "kernel_shape", "to", "what"]),
        type: 7,
        ints: Array.from({ length: dice.pick([1, 4, 200_000]) }, () =>
          fromNumber(dice.pick(absurd)),
        ),
      },
    ],
  })),
  changeNode("deep nesting", (node, dice) => ({
    ...node,
    opType: "If",
    attribute: [{ name: "then_branch", type: 5, g: nestedGraphs(dice.pick([1, 3, 12, 25])) }],
  })),
  change("versions", (model, dice) => ({
    ...model,
    irVersion: fromNumber(dice.pick([0, 1, 8, 99, -1, 2 ** 40])),
    opsetImport: (model.opsetImport ?? []).map((each) => ({
      ...each,
      version: fromNumber(dice.pick([0, 1, 6, 7, 9, 13, 22, 24, 99, -1, 2 ** 53])),
    })),
  })),
  change("no operator sets", (model) => ({ ...model, opsetImport: [] })),
];
