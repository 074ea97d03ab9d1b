import type { Graph, GraphNode, ValueId } from "../../compiler/ir/graph.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import { levelsOf } from "../../compiler/ir/network.ts";
import type { Domain } from "./domain.ts";
import { isEndless } from "./domain.ts";

/** Operators whose results are whole numbers, whatever they read. */
const rounding = new Set(["Round", "Floor", "Ceil", "Sign", "QuantizeLinear"]);

/** Operators that make whole numbers of whole numbers, once their range says that the result has codes. */
const keeping = new Set(
  "Clip Relu MaxPool Max Min Reshape Flatten Squeeze Unsqueeze Transpose Identity Cast Concat Slice".split(
    " ",
  ),
);

const MOST_LEVELS = 2 ** 8;

/**
 * The codes of a float32 value that is a whole number of at most 256, exactly: made by rounding, and moved and clipped
 * since. Null for any other, whose codes are its real value to rounding alone.
 */
export function wholeCodes(
  graph: Graph,
  made: ReadonlyMap<ValueId, GraphNode>,
  domains: ReadonlyMap<ValueId, Domain>,
) {
  const known = new Map<ValueId, boolean>();
  const isWhole = (value: ValueId): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    known.set(value, false);
    const type = graph.values.get(value)?.type ?? "";
    const node = made.get(value);
    const whole =
      /^(u?int|bool)/.test(type) ||
      (node !== undefined &&
        node.domain === "" &&
        (rounding.has(node.op) ||
          (keeping.has(node.op) &&
            node.inputs.every(
              (id, k) => id === "" || (k > 0 && graph.constants.has(id)) || isWhole(id),
            ))));
    known.set(value, whole);
    return whole;
  };
  return (value: ValueId): CodeRange | null => {
    const codes = domains.get(value)?.codes;
    const isPlain = codes && codes.scale === 1 && codes.offset === 0 && !isEndless(codes.range);
    if (!isPlain || levelsOf(codes.range) > MOST_LEVELS || levelsOf(codes.range) < 2) return null;
    return graph.values.get(value)?.type === "float32" && isWhole(value) ? codes.range : null;
  };
}
