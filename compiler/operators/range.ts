import { defineOperator } from "../define.ts";
import { integersOf } from "./axes.ts";

export default defineOperator({
  ops: ["Range"],
  domains: [""],
  summary: "Numbers from start to before limit by a step",
  infer: (_node, [start], constant) => {
    const [first, limit, step] = [0, 1, 2].map((index) => integersOf(constant(index))?.[0] ?? null);
    const known = first !== null && limit !== null && step !== null && step !== 0;
    return [
      start && {
        type: start.type,
        shape: [known ? Math.max(0, Math.ceil((limit - first) / step)) : null],
      },
    ];
  },
});
