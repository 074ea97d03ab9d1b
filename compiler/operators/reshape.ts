import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import type { Dimension, GraphNode } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { integersOf } from "./axes.ts";
import { showShape } from "./broadcast.ts";

export default defineOperator({
  ops: ["Reshape"],
  domains: [""],
  summary: "The same elements in another shape: 0 keeps a dimension, -1 takes the rest",
  infer: (node, [x], constant) => {
    if (!x) return [null];
    const target = integersOf(constant(1));
    return [{ type: x.type, shape: target && reshapedShape(node, x.shape, target) }];
  },
});

/**
 * The shape that a Reshape's target gives; entries of the target may be names.
 * @throws SHAPE_MISMATCH where the elements do not fit
 */
export function reshapedShape(
  node: GraphNode,
  from: readonly Dimension[] | null,
  target: readonly Dimension[],
): readonly Dimension[] | null {
  const keepsZero = intAttribute(node, "allowzero", 0) === 1;
  const shape = target.map((size, axis) =>
    size === 0 && !keepsZero ? (from ? (from[axis] ?? null) : null) : size,
  );
  const rest = shape.indexOf(-1);
  if (from === null) return shape.map((size) => (size === -1 ? null : size));
  const others = shape.filter((_, axis) => axis !== rest);
  const [left, right] = cancel(from, others);
  const [names, otherNames] = [left, right].map((shape) =>
    shape.filter((size) => typeof size !== "number"),
  );
  const [before, after] = [product(left), product(right)];
  const isFixed = names.length === 0 && otherNames.length === 0;
  const fits = rest < 0 ? before === after : after > 0 ? before % after === 0 : before === 0;
  if (isFixed && !fits) {
    throw new XbcError(
      "SHAPE_MISMATCH",
      `node "${node.name}" (Reshape): needs a target for the elements of ${showShape(from)}, found ${showShape(target)}; ` +
        "the model may hold a fixed batch: export it with the batch that you use",
    );
  }
  if (rest < 0) return shape;
  const isAlone = names.length === 1 && otherNames.length === 0 && before === after;
  const size = isFixed ? (after > 0 ? before / after : null) : isAlone ? names[0] : null;
  return shape.map((dimension, axis) => (axis === rest ? size : dimension));
}

/** Both lists without the names that occur in both, as a product may be shortened. */
function cancel(
  a: readonly Dimension[],
  b: readonly Dimension[],
): readonly [readonly Dimension[], readonly Dimension[]] {
  const left = a.filter((size) => size !== 1);
  const right: Dimension[] = [];
  for (const size of b) {
    const at = typeof size === "string" ? left.indexOf(size) : -1;
    if (at >= 0) left.splice(at, 1);
    else if (size !== 1) right.push(size);
  }
  return [left, right];
}

/** Product of the sizes that are numbers. */
function product(shape: readonly Dimension[]): number {
  return shape.reduce(
    (size: number, dimension) => (typeof dimension === "number" ? size * dimension : size),
    1,
  );
}
