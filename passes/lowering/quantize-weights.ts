import type { PassContext } from "../../compiler/define.ts";
import { XbcError } from "../../compiler/errors.ts";
import type { Graph, ValueId } from "../../compiler/ir/graph.ts";
import type { Tensor } from "../../compiler/ir/tensor.ts";
import { floatConstant } from "./float-constant.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { matrixNodeOf } from "./matrix-nodes.ts";
import type { FloatMatrix } from "./weights.ts";
import { recognizeWeights } from "./weights.ts";

/** How many names a precision's alphabet may have without change: what is binary is also ternary. */
const fits: Readonly<Record<string, readonly string[]>> = {
  binary: ["binary"],
  ternary: ["binary", "ternary"],
};

/**
 * The graph with the weights of every matrix node that does not fit a precision yet replaced row by row.
 * What it costs is said in one warning: the share of the weights' energy that is lost.
 * @throws BAD_MODEL naming a layer whose weights are not finite
 */
export function quantizeWeights(
  graph: Graph,
  precision: string,
  quantizeRow: (row: Float64Array) => Float64Array,
  context: PassContext,
): Graph {
  const constants = new Map(graph.constants);
  const costs: string[] = [];
  const done = new Set<ValueId>();
  for (const node of graph.nodes) {
    const matrix = matrixNodeOf(graph, node);
    if (!matrix || done.has(matrix.weightsValue)) continue;
    checkFinite(matrix);
    const present = recognizeWeights(matrix.weights);
    if (present && fits[precision].includes(present.codes.alphabet.name)) continue;
    const original = graph.constants.get(matrix.weightsValue);
    if (!original) continue;
    const { quantized, lost } = quantizeMatrix(matrix.weights, original, quantizeRow);
    constants.set(matrix.weightsValue, quantized);
    done.add(matrix.weightsValue);
    costs.push(`${node.name} ${(100 * lost).toFixed(1)} %`);
  }
  if (costs.length === 0) return graph;
  context.warn(
    `weights made ${precision} after training, squared error left of the weights' energy: ${costs.join(", ")}; ` +
      "a network trained with such weights loses far less",
  );
  return { ...graph, constants };
}

/** @throws BAD_MODEL at the first weight that is NaN or infinite */
export function checkFinite({ node, weights }: MatrixNode): void {
  for (let o = 0; o < weights.outputs; o++) {
    for (let i = 0; i < weights.inputs; i++) {
      const w = weights.data[o * weights.outputStride + i * weights.inputStride];
      if (!Number.isFinite(w)) {
        throw new XbcError(
          "BAD_MODEL",
          `layer ${node.name}, output ${o}, input ${i}: needs a finite weight, found ${w}; mend the model`,
        );
      }
    }
  }
}

function quantizeMatrix(
  matrix: FloatMatrix,
  original: Tensor,
  quantizeRow: (row: Float64Array) => Float64Array,
): { readonly quantized: Tensor; readonly lost: number } {
  const data = new Float32Array(original.data.length);
  const row = new Float64Array(matrix.inputs);
  let error = 0;
  let energy = 0;
  for (let o = 0; o < matrix.outputs; o++) {
    const base = o * matrix.outputStride;
    for (let i = 0; i < matrix.inputs; i++) row[i] = matrix.data[base + i * matrix.inputStride];
    const replaced = quantizeRow(row);
    for (let i = 0; i < matrix.inputs; i++) {
      data[base + i * matrix.inputStride] = replaced[i];
      error += (row[i] - replaced[i]) ** 2;
      energy += row[i] ** 2;
    }
  }
  return {
    quantized: floatConstant(original.type, original.shape, data),
    lost: energy === 0 ? 0 : error / energy,
  };
}
