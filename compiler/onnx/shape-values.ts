import type { Dimension, GraphNode, ValueType } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import type { Tensor } from "../ir/tensor.ts";
import { sizeOf } from "../ir/tensor.ts";
import { integersOf } from "../operators/axes.ts";

/** A small integer tensor, a number or a list, of which some elements are known by name only. */
export interface ShapeValue {
  readonly elements: readonly Dimension[];
  readonly isScalar: boolean;
}

/** Longer lists are data, not shapes. */
const longest = 64;

/** A constant as a shape value, where it is one. */
export function shapeValueOf(tensor: Tensor): ShapeValue | null {
  const isSmall = tensor.shape.length <= 1 && sizeOf(tensor.shape) <= longest;
  const elements = isSmall ? (integersOf(tensor) ?? []) : [];
  if (!isSmall || !elements.every(Number.isInteger)) return null;
  return { elements, isScalar: tensor.shape.length === 0 };
}

/** What a node of a chain that computes a shape gives, or null where it cannot be followed. */
export function evaluateShape(
  node: GraphNode,
  inputs: readonly (ShapeValue | null)[],
  types: readonly (ValueType | null)[],
): ShapeValue | null {
  if (node.domain !== "") return null;
  if (node.op === "Shape") return shapeOf(node, types[0]?.shape ?? null);
  const rule = rules[node.op];
  const given = inputs.slice(0, node.inputs.length);
  if (!rule || given.some((value, i) => value === null && node.inputs[i] !== "")) return null;
  const [first, ...others] = given;
  const result = first && rule(node, first, others);
  return result && result.elements.length <= longest ? result : null;
}

type Rule = (
  node: GraphNode,
  first: ShapeValue,
  others: readonly (ShapeValue | null)[],
) => ShapeValue | null;

const list = (elements: readonly Dimension[]): ShapeValue => ({ elements, isScalar: false });

const rules: Readonly<Record<string, Rule | undefined>> = {
  Identity: (_node, value) => value,
  Cast: (_node, value) => value,
  Unsqueeze: (_node, value) => (value.isScalar ? list(value.elements) : null),
  Squeeze: (_node, value) => (value.elements.length === 1 ? { ...value, isScalar: true } : null),
  Reshape: (_node, value, [target]) => reshape(value, target),
  Concat: (_node, first, others) => {
    const parts = [first, ...others].flatMap((value) => (value && !value.isScalar ? [value] : []));
    return parts.length === others.length + 1
      ? list(parts.flatMap(({ elements }) => elements))
      : null;
  },
  Gather: (_node, { elements }, [indices]) => {
    if (!indices) return null;
    const picked = indices.elements.map((index) =>
      elements.at(typeof index === "number" ? index : elements.length),
    );
    const found = picked.filter((element) => element !== undefined);
    return found.length === picked.length ? { elements: found, isScalar: indices.isScalar } : null;
  },
  Slice: (_node, value, [starts, ends, , steps]) => slice(value, starts, ends, steps),
  Neg: (_node, value) => elementwise(value, list([-1]), times, value.isScalar),
  Add: binary(plus),
  Sub: binary((a, b) => (b === 0 ? a : both(a, b, (x, y) => x - y))),
  Mul: binary(times),
  Div: binary((a, b) => (b === 1 ? a : b === 0 ? null : both(a, b, (x, y) => Math.trunc(x / y)))),
  Min: binary((a, b) => both(a, b, Math.min)),
  Max: binary((a, b) => both(a, b, Math.max)),
  ReduceProd: (node, { elements }) => {
    const product = elements.reduce(times, 1);
    return { elements: [product], isScalar: intAttribute(node, "keepdims", 1) === 0 };
  },
};

function shapeOf(node: GraphNode, shape: readonly Dimension[] | null): ShapeValue | null {
  if (shape === null) return null;
  return list(shape.slice(intAttribute(node, "start", 0), intAttribute(node, "end", shape.length)));
}

function reshape(value: ShapeValue, target: ShapeValue | null | undefined): ShapeValue | null {
  if (target?.elements.length === 0 && value.elements.length === 1)
    return { ...value, isScalar: true };
  return target?.elements.length === 1 ? list(value.elements) : null;
}

function slice(
  { elements }: ShapeValue,
  starts: ShapeValue | null | undefined,
  ends: ShapeValue | null | undefined,
  steps: ShapeValue | null | undefined,
): ShapeValue | null {
  const [start, end, step] = [starts?.elements[0], ends?.elements[0], steps?.elements[0] ?? 1];
  if (typeof start !== "number" || typeof end !== "number" || step !== 1) return null;
  return list(elements.slice(start, Math.min(end, elements.length)));
}

function both(a: Dimension, b: Dimension, of: (a: number, b: number) => number): Dimension {
  return typeof a === "number" && typeof b === "number" ? of(a, b) : null;
}

function plus(a: Dimension, b: Dimension): Dimension {
  if (a === 0) return b;
  return b === 0 ? a : both(a, b, (x, y) => x + y);
}

function times(a: Dimension, b: Dimension): Dimension {
  if (a === 1) return b;
  return b === 1 ? a : both(a, b, (x, y) => x * y);
}

function binary(of: (a: Dimension, b: Dimension) => Dimension): Rule {
  return (_node, a, [b]) => (b ? elementwise(a, b, of, a.isScalar && b.isScalar) : null);
}

function elementwise(
  a: ShapeValue,
  b: ShapeValue,
  of: (a: Dimension, b: Dimension) => Dimension,
  isScalar: boolean,
): ShapeValue | null {
  const length = Math.max(a.elements.length, b.elements.length);
  const at = ({ elements }: ShapeValue, i: number) => elements[elements.length === 1 ? 0 : i];
  if ([a, b].some(({ elements }) => elements.length !== 1 && elements.length !== length))
    return null;
  return { elements: Array.from({ length }, (_, i) => of(at(a, i), at(b, i))), isScalar };
}
