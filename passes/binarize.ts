import { definePass } from "../compiler/define.ts";
import { quantizeWeights } from "./lowering/quantize-weights.ts";

export default definePass({
  name: "binarize",
  summary:
    "Replace weights by ±1 and one scale per output, the mean magnitude, which minimizes the squared error",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) =>
    context.options.precision === "binary"
      ? quantizeWeights(graph, "binary", binarizeRow, context)
      : graph,
});

/** Signs times the mean magnitude; 0 counts as +. */
export function binarizeRow(row: Float64Array): Float64Array {
  let sum = 0;
  for (const w of row) sum += Math.abs(w);
  const scale = Math.fround(sum / row.length);
  return row.map((w) => (w < 0 ? -scale : scale));
}
