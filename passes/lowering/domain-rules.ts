import type { Graph } from "../../compiler/ir/graph.ts";
import { floatAttribute, intAttribute, intsAttribute } from "../../compiler/ir/graph.ts";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";
import { grid, integers, truth, unknown } from "./domain.ts";
import { affine, clip, levelsIfScalar, product, sum, twoLevels, union } from "./domain-algebra.ts";
import type { Rule } from "./domain-rule.ts";
import { averagePool, globalAveragePool } from "./pool-domain.ts";

const same: Rule = (_, { of }) => of(0);

const compare: Rule = () => truth;

const bounded =
  (low: number, high: number): Rule =>
  () => ({ low, high, codes: null });

/** Round, Floor, Ceil: whole numbers between the rounded bounds, which a Clip behind may narrow. */
const rounded =
  (round: (x: number) => number): Rule =>
  (_, { of }) => {
    const { low, high, codes } = of(0);
    if (codes && codes.offset === 0 && codes.scale === 1) return of(0);
    return integers(round(low), round(high));
  };

function roundHalfToEven(x: number): number {
  if (!Number.isFinite(x)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function additive(sign: 1 | -1): Rule {
  return (_, { of, scalar }) => {
    const left = scalar(0);
    const right = scalar(1);
    if (right !== null) return affine(of(0), 1, sign * right);
    if (left !== null) return affine(of(1), sign, left);
    return sum(of(0), of(1), sign);
  };
}

const multiply: Rule = (_, { of, scalar }) => {
  const left = scalar(0);
  const right = scalar(1);
  if (right !== null) return affine(of(0), right, 0);
  if (left !== null) return affine(of(1), left, 0);
  return product(of(0), of(1));
};

/** Where with two constants: a value of two levels; with equal grids: their union. */
const where: Rule = (_, { of, scalar }) => {
  const yes = scalar(1);
  const no = scalar(2);
  if (yes !== null && no !== null) {
    if (yes === no) return { low: yes, high: yes, codes: null };
    return twoLevels(Math.min(yes, no), Math.max(yes, no));
  }
  return union([levelsIfScalar(of(1), yes), levelsIfScalar(of(2), no)]);
};

const clipRule: Rule = (node, { of, scalar }) => {
  const bound = (index: number, name: string, fallback: number) =>
    node.inputs[index] ? (scalar(index) ?? fallback) : floatAttribute(node, name, fallback);
  return clip(
    of(0),
    bound(1, "min", Number.NEGATIVE_INFINITY),
    bound(2, "max", Number.POSITIVE_INFINITY),
  );
};

const quantizeLinear: Rule = (node, { graph }) => {
  const zero = graph.constants.get(node.inputs[2] ?? "");
  if (!zero) return integers(0, 255);
  if (zero.type === "int8") return integers(-128, 127);
  if (zero.type === "uint8") return integers(0, 255);
  if (zero.type === "int16") return integers(-32768, 32767);
  return zero.type === "uint16" ? integers(0, 65535) : null;
};

const dequantizeLinear: Rule = (node, { of, scalar }) => {
  const scale = scalar(1);
  const zero = node.inputs[2] ? scalar(2) : 0;
  return scale === null || zero === null ? null : affine(of(0), scale, -scale * zero);
};

/** The sum of k numbers along the reduced axes; a MultiThreshold is such a sum of comparisons. */
const reduceSum: Rule = (node, { graph, of }) => {
  const before = graph.values.get(node.inputs[0])?.shape;
  const axes = graph.constants.get(node.inputs[1] ?? "");
  const { codes } = of(0);
  if (!before || !axes || !codes || codes.offset !== 0) return null;
  const sizes = [...toNumbers(axes)].map((axis) => before[axis < 0 ? axis + before.length : axis]);
  if (sizes.some((size) => typeof size !== "number")) return null;
  const count = sizeOf(sizes as number[]);
  const { minimum, maximum, step } = codes.range;
  return grid(codes.scale, 0, { minimum: minimum * count, maximum: maximum * count, step });
};

/** Zero padding adds the value 0; other constants the value they are. */
const pad: Rule = (node, { of, scalar }) => {
  const value = node.inputs[2] ? scalar(2) : 0;
  return value === null ? null : union([of(0), levelsIfScalar({ ...unknown }, value)]);
};

const concat: Rule = (node, { of }) => union(node.inputs.map((_, index) => of(index)));

const cast: Rule = (node, { of }) => {
  const to = intAttribute(node, "to", 1);
  const isFloat = to === 1 || to === 10 || to === 11 || to === 16;
  if (isFloat) return of(0);
  if (to === 9) return truth;
  return rounded(Math.trunc)(node, { graph: emptyGraph, of, scalar: () => null });
};

const emptyGraph: Graph = {
  name: "",
  opsets: new Map(),
  nodes: [],
  values: new Map(),
  constants: new Map(),
  inputs: [],
  outputs: [],
  warnings: [],
};

const maxPool: Rule = (node, context) =>
  // Padding of MaxPool never wins, so no new value appears.
  intsAttribute(node, "kernel_shape", []).length > 0 ? context.of(0) : null;

const minMax =
  (pick: "min" | "max"): Rule =>
  (node, { of, scalar }) => {
    if (node.inputs.length !== 2) return null;
    const constant = scalar(1) ?? scalar(0);
    const data = scalar(1) !== null ? of(0) : of(1);
    if (constant === null) return union([of(0), of(1)]);
    return pick === "min"
      ? clip(data, Number.NEGATIVE_INFINITY, constant)
      : clip(data, constant, Number.POSITIVE_INFINITY);
  };

/** By the names of standard operators. */
export const domainRules: Readonly<Record<string, Rule>> = {
  Identity: same,
  Reshape: same,
  Flatten: same,
  Transpose: same,
  Squeeze: same,
  Unsqueeze: same,
  Slice: same,
  Gather: same,
  Expand: same,
  Tile: same,
  Dropout: same,
  DepthToSpace: same,
  SpaceToDepth: same,
  MaxPool: maxPool,
  GlobalMaxPool: same,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  Concat: concat,
  Pad: pad,
  Cast: cast,
  Sign: () => integers(-1, 1),
  Greater: compare,
  GreaterOrEqual: compare,
  Less: compare,
  LessOrEqual: compare,
  Equal: compare,
  Not: compare,
  And: compare,
  Or: compare,
  Xor: compare,
  Where: where,
  Clip: clipRule,
  Relu: (_, { of }) => clip(of(0), 0, Number.POSITIVE_INFINITY),
  Round: rounded(roundHalfToEven),
  Floor: rounded(Math.floor),
  Ceil: rounded(Math.ceil),
  Sigmoid: bounded(0, 1),
  HardSigmoid: bounded(0, 1),
  Softmax: bounded(0, 1),
  Tanh: bounded(-1, 1),
  Add: additive(1),
  Sub: additive(-1),
  Mul: multiply,
  Div: (_, { of, scalar }) => {
    const divisor = scalar(1);
    return divisor === null || divisor === 0 ? null : affine(of(0), 1 / divisor, 0);
  },
  Neg: (_, { of }) => affine(of(0), -1, 0),
  Min: minMax("min"),
  Max: minMax("max"),
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  ReduceSum: reduceSum,
};
