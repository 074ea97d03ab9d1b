import { definePass } from "../compiler/define.ts";
import { quantizeWeights } from "./lowering/quantize-weights.ts";

export default definePass({
  name: "ternarize",
  summary:
    "Replace weights by −1, 0, +1 and one scale per output, by the smallest squared error or by a threshold",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) => {
    const { precision, ternaryThreshold } = context.options;
    if (precision !== "ternary") return graph;
    const row = (weights: Float64Array) =>
      ternaryThreshold === null ? ternarizeRow(weights) : ternarizeRowAt(weights, ternaryThreshold);
    return quantizeWeights(graph, "ternary", row, context);
  },
});

/**
 * The ternary row with the smallest squared error: with the k largest magnitudes kept at their mean, the error
 * falls by (Σ kept)² / k, so the best k maximizes that.
 */
export function ternarizeRow(row: Float64Array): Float64Array {
  const sorted = row.map(Math.abs).sort().reverse();
  let sum = 0;
  let best = 0;
  let kept = 0;
  for (let k = 0; k < sorted.length; k++) {
    sum += sorted[k];
    // Equal magnitudes are kept or dropped together.
    if (sorted[k + 1] === sorted[k]) continue;
    const gain = (sum * sum) / (k + 1);
    if (gain > best) {
      best = gain;
      kept = k + 1;
    }
  }
  return keepAbove(row, kept === 0 ? Number.POSITIVE_INFINITY : sorted[kept - 1]);
}

/** Magnitudes of at least `threshold` times the row's mean magnitude stay. */
export function ternarizeRowAt(row: Float64Array, threshold: number): Float64Array {
  let sum = 0;
  for (const w of row) sum += Math.abs(w);
  return keepAbove(row, (threshold * sum) / row.length);
}

function keepAbove(row: Float64Array, least: number): Float64Array {
  let sum = 0;
  let count = 0;
  for (const w of row) {
    if (w !== 0 && Math.abs(w) >= least) {
      sum += Math.abs(w);
      count++;
    }
  }
  const scale = count === 0 ? 0 : Math.fround(sum / count);
  return row.map((w) => (w !== 0 && Math.abs(w) >= least ? Math.sign(w) * scale : 0));
}
