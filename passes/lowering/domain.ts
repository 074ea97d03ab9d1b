import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import { floatAttribute, intAttribute, intsAttribute } from "../../compiler/ir/graph.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { sizeOf, toNumbers } from "../../compiler/ir/tensor.ts";
import { averagePool, globalAveragePool } from "./pool-domain.ts";

/**
 * What is known of the numbers that a value can take: that they lie between two bounds, and, for a
 * quantized value, that each is offset + scale·code (to float32 rounding) with a code of the range.
 * While the rules run, a range may be without end (Round of any float): a Clip may bound it later.
 */
export interface Domain {
  readonly low: number;
  readonly high: number;
  readonly codes: {
    readonly scale: number;
    readonly offset: number;
    readonly range: CodeRange;
  } | null;
}

const unknown: Domain = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  codes: null,
};
const integers = (minimum: number, maximum: number): Domain =>
  grid(1, 0, { minimum, maximum, step: 1 });
const truth = integers(0, 1);
/** more codes than this are no quantization that an array could take */
const LARGEST_SPAN = 2 ** 20;
const isEndless = ({ minimum, maximum }: CodeRange): boolean => !Number.isFinite(maximum - minimum);

/**
 * A quantized domain in its plainest form: the offset moved into the codes where it is a whole or a half
 * multiple of the scale, so that {0, 1}·2 − 1 reads as the codes −1 and +1.
 */
export function grid(scale: number, offset: number, range: CodeRange): Domain {
  if (scale < 0) {
    return grid(-scale, offset, {
      minimum: 0 - range.maximum,
      maximum: 0 - range.minimum,
      step: range.step,
    });
  }
  let codes = { scale, offset, range };
  const shift = Math.round((2 * offset) / scale) / 2;
  if (offset !== 0 && !isEndless(range) && Math.abs(offset / scale - shift) < 1e-5) {
    codes = Number.isInteger(shift)
      ? { scale, offset: 0, range: moved(range, 1, shift) }
      : { scale: scale / 2, offset: 0, range: moved(range, 2, 2 * shift) };
  }
  const { minimum, maximum } = codes.range;
  const gap = codes.range.step;
  // Codes that share a factor are the same set at a larger scale: {−2, 0, 2} is {−1, 0, 1}.
  if (codes.offset === 0 && gap > 1 && minimum % gap === 0) {
    codes = {
      scale: codes.scale * gap,
      offset: 0,
      range: { minimum: minimum / gap, maximum: maximum / gap, step: 1 },
    };
  }
  const value = (code: number) => codes.offset + codes.scale * code;
  return { low: value(codes.range.minimum), high: value(codes.range.maximum), codes };
}

function moved(range: CodeRange, factor: number, by: number): CodeRange {
  return {
    minimum: range.minimum * factor + by,
    maximum: range.maximum * factor + by,
    step: range.step * factor,
  };
}

/** The domain of every value of a graph whose inputs' domains are given; values without one are absent. */
export function domainsOf(
  graph: Graph,
  inputs: ReadonlyMap<ValueId, Domain>,
): ReadonlyMap<ValueId, Domain> {
  const domains = new Map<ValueId, Domain>();
  for (const id of graph.inputs) {
    const known = inputs.get(id) ?? typeDomain(graph.values.get(id)?.type);
    if (known) domains.set(id, known);
  }
  for (const node of graph.nodes) {
    const rule = rules[node.op];
    if (node.domain !== "" || !rule) {
      // an integer of eight bits is its own code, whatever made it
      for (const output of node.outputs) {
        const domain = typeDomain(graph.values.get(output)?.type);
        if (domain) domains.set(output, domain);
      }
      continue;
    }
    const context: RuleContext = {
      graph,
      of: (index) =>
        domains.get(node.inputs[index] ?? "") ??
        constantDomain(graph.constants.get(node.inputs[index] ?? "")) ??
        unknown,
      scalar: (index) => scalarOf(graph.constants.get(node.inputs[index] ?? "")),
    };
    const domain = rule(node, context);
    if (domain) domains.set(node.outputs[0], domain);
  }
  return new Map([...domains].map(([id, domain]) => [id, withoutLargeCodes(domain)]));
}

function withoutLargeCodes(domain: Domain): Domain {
  const range = domain.codes?.range;
  const fits = !range || range.maximum - range.minimum <= LARGEST_SPAN * range.step;
  return fits ? domain : { ...domain, codes: null };
}

function typeDomain(type: string | undefined): Domain | null {
  if (type === "uint8") return integers(0, 255);
  if (type === "int8") return integers(-128, 127);
  if (type === "bool") return truth;
  return null;
}

/** The one value of a constant, if all its elements are equal. */
function scalarOf(constant: Tensor | undefined): number | null {
  if (!constant || constant.data.length === 0 || constant.data.length > 1 << 16) return null;
  const values = toNumbers(constant);
  return values.every((v) => v === values[0]) ? values[0] : null;
}

function constantDomain(constant: Tensor | undefined): Domain | null {
  const value = scalarOf(constant);
  if (value !== null) return { low: value, high: value, codes: null };
  if (!constant || constant.data.length > 1 << 16 || constant.data.length === 0) return null;
  const values = toNumbers(constant);
  let low = values[0];
  let high = values[0];
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  return { low, high, codes: null };
}

export interface RuleContext {
  readonly graph: Graph;
  readonly of: (index: number) => Domain;
  readonly scalar: (index: number) => number | null;
}

export type Rule = (node: GraphNode, context: RuleContext) => Domain | null;

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

/** Values outside the bounds move to the bound; codes survive where the bound is one of them. */
function clip(domain: Domain, low: number, high: number): Domain {
  const bounds = { low: Math.max(domain.low, low), high: Math.min(domain.high, high), codes: null };
  if (!domain.codes) return bounds;
  const { scale, offset, range } = domain.codes;
  const minimum = low > domain.low ? codeAt(domain.codes, low) : range.minimum;
  const maximum = high < domain.high ? codeAt(domain.codes, high) : range.maximum;
  if (minimum === null || maximum === null || maximum < minimum) return bounds;
  return grid(scale, offset, { minimum, maximum, step: range.step });
}

/** The code whose value a number is, or null where it lies between codes. */
function codeAt(
  { scale, offset, range }: NonNullable<Domain["codes"]>,
  value: number,
): number | null {
  const exact = (value - offset) / scale;
  const code = Math.round(exact);
  const isOnGrid = Number.isFinite(range.minimum)
    ? (code - range.minimum) % range.step === 0
    : range.step === 1;
  return Math.abs(exact - code) < 1e-4 && isOnGrid ? code : null;
}

/** x·factor + term for constants. */
function affine(domain: Domain, factor: number, term: number): Domain | null {
  if (factor === 0 || !Number.isFinite(factor) || !Number.isFinite(term)) return null;
  if (domain.codes) {
    const { scale, offset, range } = domain.codes;
    return grid(scale * factor, offset * factor + term, range);
  }
  const ends = [domain.low * factor + term, domain.high * factor + term];
  return { low: Math.min(...ends), high: Math.max(...ends), codes: null };
}

/** The sum of two quantized values on one grid, such as a residual connection. */
function sum(a: Domain, b: Domain, sign: 1 | -1): Domain | null {
  const right = sign === 1 ? b : affine(b, -1, 0);
  if (!right) return null;
  const bounds = { low: a.low + right.low, high: a.high + right.high, codes: null };
  if (!a.codes || !right.codes) return bounds;
  if (a.codes.scale !== right.codes.scale || a.codes.offset !== 0 || right.codes.offset !== 0)
    return bounds;
  return grid(a.codes.scale, 0, {
    minimum: a.codes.range.minimum + right.codes.range.minimum,
    maximum: a.codes.range.maximum + right.codes.range.maximum,
    step: a.codes.range.step === right.codes.range.step ? a.codes.range.step : 1,
  });
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

/** Codes times codes: their products lie between the corners, at steps that divide all of them. */
function product(a: Domain, b: Domain): Domain | null {
  if (!a.codes || !b.codes || a.codes.offset !== 0 || b.codes.offset !== 0) return null;
  const [left, right] = [a.codes.range, b.codes.range];
  if (isEndless(left) || isEndless(right)) return null;
  const corners = [left.minimum, left.maximum].flatMap((x) =>
    [right.minimum, right.maximum].map((y) => x * y),
  );
  const steps = [left.step * right.minimum, right.step * left.minimum, left.step * right.step];
  return grid(a.codes.scale * b.codes.scale, 0, {
    minimum: Math.min(...corners),
    maximum: Math.max(...corners),
    step: steps.reduce(greatestDivisor),
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestDivisor(b, a % b);
}

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

function levelsIfScalar(domain: Domain, value: number | null): Domain {
  if (value === null) return domain;
  return value === 0
    ? grid(1, 0, { minimum: 0, maximum: 0, step: 1 })
    : grid(Math.abs(value), 0, { minimum: Math.sign(value), maximum: Math.sign(value), step: 1 });
}

/** Two levels: ±b are the codes ±1, {0, b} and {−b, 0} the codes 0 and ±1, else an offset remains. */
function twoLevels(low: number, high: number): Domain {
  // a level too close to the other one, or an infinite one, is not where the grid puts it
  if (high - low + low !== high) return { low, high, codes: null };
  if (low === -high) return grid(high, 0, { minimum: -1, maximum: 1, step: 2 });
  return grid(high - low, low, { minimum: 0, maximum: 1, step: 1 });
}

function union(domains: readonly Domain[]): Domain | null {
  const low = Math.min(...domains.map((d) => d.low));
  const high = Math.max(...domains.map((d) => d.high));
  const [first, ...rest] = domains.map((d) => d.codes);
  const grids = [first, ...rest];
  if (grids.some((g) => g === null || g.offset !== 0)) return { low, high, codes: null };
  const scales = new Set(
    grids.flatMap((g) => (g && (g.range.minimum !== 0 || g.range.maximum !== 0) ? [g.scale] : [])),
  );
  if (scales.size !== 1) return { low, high, codes: null };
  const [scale] = scales;
  const ranges = grids.flatMap((g) => (g ? [g.range] : []));
  const minimum = Math.min(...ranges.map((r) => r.minimum));
  const maximum = Math.max(...ranges.map((r) => r.maximum));
  // A single number is on any step that reaches it.
  const steps = new Set(ranges.flatMap((r) => (r.minimum < r.maximum ? [r.step] : [])));
  const [step = 1] = steps;
  const aligned = steps.size === 1 && ranges.every((r) => (r.minimum - minimum) % step === 0);
  return grid(scale, 0, { minimum, maximum, step: aligned ? step : 1 });
}

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

const rules: Readonly<Record<string, Rule>> = {
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
