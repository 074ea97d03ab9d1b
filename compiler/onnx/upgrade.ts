import { XbcError } from "../errors.ts";
import type { Attribute, Graph, GraphNode } from "../ir/graph.ts";
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";
import type { NodeBuilder } from "./rewrite.ts";
import { rewriteNodes } from "./rewrite.ts";

/** The form that all later stages see; newer models keep theirs. */
export const baseOpset = 17;

/**
 * Nodes of operator sets 7 to 16 in their form of operator set 17: what was an attribute and became an
 * input, defaults that changed, operators that were replaced.
 * @param versions by node name: the operator set that a node is written in
 * @throws UNSUPPORTED for forms that have no successor
 * Source: the change log of ai.onnx, operator sets 8 to 17.
 */
export function upgradeNodes(graph: Graph, versions: ReadonlyMap<string, number>): Graph {
  return rewriteNodes(graph, (node, builder) => {
    const version = versions.get(node.name) ?? baseOpset;
    if (node.domain !== "" || version >= baseOpset) return false;
    const rule = rules[node.op];
    return rule !== undefined && version < rule.before && rule.rewrite(node, builder, version);
  });
}

interface Rule {
  /** the operator set that brought the new form */
  readonly before: number;
  readonly rewrite: (node: GraphNode, builder: NodeBuilder, version: number) => boolean;
}

const rules: Readonly<Record<string, Rule | undefined>> = {
  Clip: { before: 11, rewrite: upgradeClip },
  Squeeze: { before: 13, rewrite: axesToInput },
  Unsqueeze: { before: 13, rewrite: axesToInput },
  ReduceSum: { before: 13, rewrite: axesToInput },
  Split: { before: 13, rewrite: (node, builder) => attributeToInput(node, builder, "split") },
  Pad: { before: 11, rewrite: upgradePad },
  Slice: { before: 10, rewrite: upgradeSlice },
  TopK: { before: 10, rewrite: upgradeTopK },
  Softmax: { before: 13, rewrite: upgradeSoftmax },
  LogSoftmax: { before: 13, rewrite: upgradeSoftmax },
  Hardmax: { before: 13, rewrite: upgradeSoftmax },
  Upsample: { before: 10, rewrite: upgradeUpsample },
  Resize: { before: 13, rewrite: upgradeResize },
  BatchNormalization: { before: 9, rewrite: upgradeBatchNormalization },
  Scatter: {
    before: 11,
    rewrite: (node, builder) => emit(builder, node, { op: "ScatterElements" }),
  },
  RoiAlign: { before: 16, rewrite: upgradeRoiAlign },
  ImageScaler: { before: baseOpset, rewrite: expandImageScaler },
  Affine: { before: baseOpset, rewrite: expandAffine },
  Crop: { before: baseOpset, rewrite: expandCrop },
  Scan: { before: 9, rewrite: (node) => refuse(node, "Scan of operator set 9 or newer") },
};

function emit(builder: NodeBuilder, node: GraphNode, changes: Partial<GraphNode>): true {
  builder.emit({ ...node, ...changes });
  return true;
}

function refuse(node: GraphNode, needed: string): never {
  throw new XbcError(
    "UNSUPPORTED",
    `node "${node.name}" (${node.op}): needs ${needed}, found an older form without a successor; export the model with operator set 17`,
  );
}

function without(node: GraphNode, ...names: readonly string[]): ReadonlyMap<string, Attribute> {
  return new Map([...node.attributes].filter(([name]) => !names.includes(name)));
}

function axesToInput(node: GraphNode, builder: NodeBuilder): boolean {
  return attributeToInput(node, builder, "axes");
}

/** A list that was an attribute as the second input. */
function attributeToInput(node: GraphNode, builder: NodeBuilder, name: string): boolean {
  const value = node.attributes.get(name);
  if (value?.kind !== "ints") return false;
  return emit(builder, node, {
    inputs: [node.inputs[0], builder.integers(value.value)],
    attributes: without(node, name),
  });
}

/** An absent bound stays absent. The bounds have the type of x, float32 where that is not known. */
function upgradeClip(node: GraphNode, builder: NodeBuilder): boolean {
  const type = builder.typeOf(node.inputs[0])?.type === "float64" ? "float64" : "float32";
  const bound = (name: string) =>
    node.attributes.has(name)
      ? builder.constant(
          tensor(
            type,
            [],
            (type === "float64" ? Float64Array : Float32Array).of(floatAttribute(node, name, 0)),
          ),
        )
      : "";
  const inputs = [node.inputs[0], bound("min"), bound("max")];
  while (inputs[inputs.length - 1] === "") inputs.pop();
  return emit(builder, node, { inputs, attributes: without(node, "min", "max") });
}

function upgradePad(node: GraphNode, builder: NodeBuilder): boolean {
  const pads = builder.integers(intsAttribute(node, "pads", []));
  const inputs = [node.inputs[0], pads, builder.scalar(floatAttribute(node, "value", 0))];
  return emit(builder, node, { inputs, attributes: without(node, "pads", "value") });
}

function upgradeSlice(node: GraphNode, builder: NodeBuilder): boolean {
  const starts = intsAttribute(node, "starts", []);
  const axes = intsAttribute(
    node,
    "axes",
    starts.map((_, axis) => axis),
  );
  const ends = intsAttribute(node, "ends", []).map(insideInt64);
  return emit(builder, node, {
    inputs: [
      node.inputs[0],
      builder.integers(starts.map(insideInt64)),
      builder.integers(ends),
      builder.integers(axes),
    ],
    attributes: without(node, "starts", "ends", "axes"),
  });
}

/** The ends of int64 mean "to the end"; any number beyond every dimension says the same. */
function insideInt64(value: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
}

function upgradeTopK(node: GraphNode, builder: NodeBuilder): boolean {
  const k = builder.integers([intAttribute(node, "k", 1)]);
  return emit(builder, node, { inputs: [node.inputs[0], k], attributes: without(node, "k") });
}

/**
 * Before operator set 13 softmax ran over all axes from `axis` on, as one. Where `axis` is the last one
 * that is the new form; otherwise it runs on the flattened tensor.
 */
function upgradeSoftmax(node: GraphNode, builder: NodeBuilder): boolean {
  const axis = intAttribute(node, "axis", 1);
  const rank = builder.typeOf(node.inputs[0])?.shape?.length;
  if (axis === -1 || axis + 1 === rank) {
    return emit(builder, node, { attributes: new Map([["axis", { kind: "int", value: -1 }]]) });
  }
  const [x] = node.inputs;
  const flat = builder.add("Flatten", [x], { axis });
  const result = builder.add(node.op, [flat], { axis: -1 });
  builder.add("Reshape", [result, builder.add("Shape", [x])], {}, node.outputs[0]);
  return true;
}

/** Upsample and Resize-10 map output pixel i to input pixel i / scale, rounded down when nearest. */
function upgradeUpsample(node: GraphNode, builder: NodeBuilder): boolean {
  const given = node.attributes.get("scales");
  const scales =
    given?.kind === "floats"
      ? builder.constant(tensor("float32", [given.value.length], Float32Array.from(given.value)))
      : node.inputs[1];
  return resizeAsymmetric(node, builder, scales);
}

function resizeAsymmetric(node: GraphNode, builder: NodeBuilder, scales: string): boolean {
  const attributes = new Map<string, Attribute>([
    ["mode", { kind: "string", value: stringAttribute(node, "mode", "nearest") }],
    ["coordinate_transformation_mode", { kind: "string", value: "asymmetric" }],
    ["nearest_mode", { kind: "string", value: "floor" }],
  ]);
  return emit(builder, node, { op: "Resize", inputs: [node.inputs[0], "", scales], attributes });
}

function upgradeResize(node: GraphNode, builder: NodeBuilder, version: number): boolean {
  if (version < 11) return resizeAsymmetric(node, builder, node.inputs[1]);
  if (stringAttribute(node, "coordinate_transformation_mode", "") === "tf_half_pixel_for_nn") {
    return refuse(node, "a coordinate_transformation_mode that operator set 17 has");
  }
  return false;
}

function upgradeBatchNormalization(node: GraphNode, builder: NodeBuilder): boolean {
  if (intAttribute(node, "spatial", 1) === 0) return refuse(node, "spatial = 1");
  return emit(builder, node, { attributes: without(node, "spatial") });
}

function upgradeRoiAlign(node: GraphNode, builder: NodeBuilder): boolean {
  const mode: Attribute = { kind: "string", value: "output_half_pixel" };
  return emit(builder, node, {
    attributes: new Map([...node.attributes, ["coordinate_transformation_mode", mode]]),
  });
}

/** An experimental operator of early ONNX: x · scale + bias of its channel. */
function expandImageScaler(node: GraphNode, builder: NodeBuilder): boolean {
  const bias = node.attributes.get("bias");
  const biases = bias?.kind === "floats" || bias?.kind === "ints" ? bias.value : [0];
  const scaled = builder.add("Mul", [
    node.inputs[0],
    builder.scalar(floatAttribute(node, "scale", 1)),
  ]);
  const beside = tensor("float32", [biases.length, 1, 1], Float32Array.from(biases));
  builder.add("Add", [scaled, builder.constant(beside)], {}, node.outputs[0]);
  return true;
}

/** An experimental operator of early ONNX: alpha · x + beta. */
function expandAffine(node: GraphNode, builder: NodeBuilder): boolean {
  const number = (name: string, otherwise: number) =>
    builder.scalar(floatAttribute(node, name, otherwise));
  const scaled = builder.add("Mul", [node.inputs[0], number("alpha", 1)]);
  builder.add("Add", [scaled, number("beta", 0)], {}, node.outputs[0]);
  return true;
}

/**
 * An experimental operator of early ONNX on pictures [batch, channels, rows, columns]: `border` is left, top, right and
 * bottom; `scale`, where it is given, the rows and columns that are kept.
 */
function expandCrop(node: GraphNode, builder: NodeBuilder): boolean {
  const [left = 0, top = 0, right = 0, bottom = 0] = intsAttribute(node, "border", []);
  const scale = intsAttribute(node, "scale", []);
  const [rows, columns] = scale.length === 2 ? scale : [null, null];
  const end = (first: number, kept: number | null, cut: number): number =>
    kept !== null ? first + kept : cut === 0 ? Number.MAX_SAFE_INTEGER : -cut;
  return emit(builder, node, {
    op: "Slice",
    inputs: [
      node.inputs[0],
      builder.integers([top, left]),
      builder.integers([end(top, rows, bottom), end(left, columns, right)]),
      builder.integers([2, 3]),
    ],
    attributes: new Map(),
  });
}
