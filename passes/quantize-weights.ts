import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Graph } from "../compiler/ir/graph.ts";
import type { Alphabet } from "../compiler/ir/network.ts";
import { tensor } from "../compiler/ir/tensor.ts";
import { compensationOf, roundCompensating } from "./lowering/compensate.ts";
import { calibrated, inputProducts } from "./lowering/layer-inputs.ts";
import { levelGrid } from "./lowering/level-grid.ts";
import type { MatrixNode } from "./lowering/matrix-node.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";
import { checkFinite } from "./lowering/quantize-weights.ts";
import { smallestAlphabet, targetAlphabet } from "./lowering/target-alphabet.ts";
import { unitOf, weightRangeOf } from "./lowering/weight-ranges.ts";
import { recognizeWeights } from "./lowering/weights.ts";

export default definePass({
  name: "quantize-weights",
  summary: "Round float weights to the alphabet that the target's encodings offer",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) => {
    const alphabet = targetAlphabet(context.target, context.options.precision);
    return alphabet ? quantizeTo(graph, alphabet, context) : graph;
  },
});

/** Matrix by matrix, in order, so that a later one is rounded on what the earlier ones give it. */
async function quantizeTo(graph: Graph, alphabet: Alphabet, context: PassContext): Promise<Graph> {
  const { target, options } = context;
  let current = graph;
  const done = new Set<string>();
  const costs: string[] = [];
  for (const node of graph.nodes) {
    const matrix = matrixNodeOf(current, node);
    if (!matrix || done.has(matrix.weightsValue)) continue;
    done.add(matrix.weightsValue);
    checkFinite(matrix);
    const present = recognizeWeights(matrix.weights);
    if (present && smallestAlphabet(target, options.precision, present.codes)) continue;
    const { next, lost } = await quantizeMatrix(current, matrix, alphabet, context);
    current = next;
    costs.push(`${node.name} ${(100 * lost).toFixed(1)} %`);
  }
  if (costs.length > 0) {
    context.warn(
      `weights rounded to ${alphabet.levels.length} levels (range ${options.weightRange}, per ${options.weightScale}, rounding ${options.weightRounding}), ` +
        `squared error left of the weights' energy: ${costs.join(", ")}; a network trained with such weights loses less`,
    );
  }
  return current;
}

async function quantizeMatrix(
  graph: Graph,
  matrix: MatrixNode,
  alphabet: Alphabet,
  context: PassContext,
): Promise<{ readonly next: Graph; readonly lost: number }> {
  const { options } = context;
  const { weights, weightsValue } = matrix;
  const range = weightRangeOf(options.weightRange);
  const rows = rowsOf(matrix);
  const compensates = options.weightRounding === "compensating";
  const products =
    range.kind === "output" || compensates ? await productsOf(graph, matrix, context) : null;
  const grid = levelGrid(alphabet);
  // as float32, so that a scale of float32 gives the weights back bit for bit
  const units = unitsOf(rows, options.weightScale, (group) =>
    Math.fround(unitOf(group, range, grid, range.kind === "output" ? products : null)),
  );
  const compensation = compensates && products ? compensationOf(products, weights.inputs) : null;
  const original = graph.constants.get(weightsValue);
  if (!original) return { next: graph, lost: 0 };
  const data = new Float32Array(original.data.length);
  let error = 0;
  let energy = 0;
  rows.forEach((row, o) => {
    const levels = compensation
      ? roundCompensating(row, units[o], grid, compensation)
      : row.map((w) => grid.nearest(w / units[o]));
    row.forEach((w, i) => {
      const real = Math.fround(levels[i] * units[o]);
      data[o * weights.outputStride + i * weights.inputStride] = real;
      error += (w - real) ** 2;
      energy += w * w;
    });
  });
  const constants = new Map(graph.constants);
  constants.set(weightsValue, tensor("float32", original.shape, data));
  return { next: { ...graph, constants }, lost: energy === 0 ? 0 : error / energy };
}

function rowsOf({ weights }: MatrixNode): readonly Float64Array[] {
  const { outputs, inputs, data, outputStride, inputStride } = weights;
  return Array.from({ length: outputs }, (_, o) =>
    Float64Array.from({ length: inputs }, (_, i) => data[o * outputStride + i * inputStride]),
  );
}

/** One unit for each row: its own, or that of the layer. */
function unitsOf(
  rows: readonly Float64Array[],
  scale: PassContext["options"]["weightScale"],
  unit: (group: readonly Float64Array[]) => number,
): readonly number[] {
  if (scale === "output") return rows.map((row) => unit([row]));
  const shared = unit(rows);
  return rows.map(() => shared);
}

/** @throws UNSUPPORTED without calibration data, or where the data operand is not [samples x inputs] */
async function productsOf(
  graph: Graph,
  matrix: MatrixNode,
  context: PassContext,
): Promise<Float64Array> {
  const { node, weights } = matrix;
  const { weightRange, weightRounding } = context.options;
  if (!context.options.calibration || matrix.transposeData || matrix.weightsFirst) {
    throw new XbcError(
      "UNSUPPORTED",
      `layer ${node.name}: --weight-range ${weightRange} with --weight-rounding ${weightRounding} needs the layer's inputs over calibration data, found none; give --calibration DATA`,
    );
  }
  const [values] = await calibrated(graph, [matrix.data], context);
  return inputProducts(values, weights.inputs);
}
