import { defineOperator } from "../define.ts";
import type { Dimension } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";

export default defineOperator({
  ops: ["Flatten"],
  domains: [""],
  summary: "A matrix: the axes before `axis` as one, the others as one",
  infer: (node, [x]) => {
    if (!x) return [null];
    if (!x.shape) return [{ type: x.type, shape: [null, null] }];
    const given = intAttribute(node, "axis", 1);
    const axis = given < 0 ? given + x.shape.length : given;
    return [{ type: x.type, shape: [merged(x.shape.slice(0, axis)), merged(x.shape.slice(axis))] }];
  },
});

/** Axes as one: their product, or the one that is no 1. */
function merged(shape: readonly Dimension[]): Dimension {
  const others = shape.filter((dimension) => dimension !== 1);
  if (others.length === 1) return others[0];
  let size = 1;
  for (const dimension of others) {
    if (typeof dimension !== "number") return null;
    size *= dimension;
  }
  return size;
}
