import { defineOperator } from "../define.ts";
import { XbcError } from "../errors.ts";
import { intAttribute } from "../ir/graph.ts";
import { tensor } from "../ir/tensor.ts";

/** The domain of operators in a form from before operator set 7, between the import's first and last step. */
export const earlyDomain = "xbc.before-7";

const truths = new Set("Equal Greater Less And Or Xor".split(" "));

/**
 * Until operator set 6 the second operand's axes stood beside the first's from `axis` on. Since then they stand at the end:
 * the second gets axes of size 1 behind its own.
 */
export default defineOperator({
  ops: "Add Sub Mul Div Pow PRelu Equal Greater Less And Or Xor".split(" "),
  domains: [earlyDomain],
  summary: "Two operands, the second's axes beside the first's from a named one on",
  infer: ({ op }, [a]) => [a && truths.has(op) ? { type: "bool", shape: a.shape } : (a ?? null)],
  expand: (node, { add, constant, constantOf, typeOf }) => {
    const [a, b] = node.inputs;
    const [rank, own] = [typeOf(a)?.shape?.length, typeOf(b)?.shape?.length];
    const axis = intAttribute(node, "axis", 0);
    if (rank === undefined || own === undefined || axis + own > rank || axis < 0) {
      const shown = (axes: number | undefined) => (axes === undefined ? "unknown" : `${axes}`);
      throw new XbcError(
        "UNSUPPORTED",
        `node "${node.name}" (${node.op}): needs operands of known axes, the second's within the first's from axis ${axis} on, ` +
          `found ${shown(rank)} and ${shown(own)} axes; export the model with operator set 17`,
      );
    }
    const behind = rank - axis - own;
    const known = constantOf(b);
    const beside = (): string => {
      if (behind === 0) return b;
      if (known) {
        const shape = [...known.shape, ...new Array<number>(behind).fill(1)];
        return constant({ ...known, shape });
      }
      const axes = BigInt64Array.from({ length: behind }, (_, k) => BigInt(own + k));
      return add("Unsqueeze", [b, constant(tensor("int64", [behind], axes))]);
    };
    add(node.op, [a, beside()], {}, node.outputs[0]);
  },
});
