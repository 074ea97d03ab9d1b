import type { PassContext, TargetSpec } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Graph } from "../compiler/ir/graph.ts";
import type { Alphabet } from "../compiler/ir/network.ts";
import { compensationOf, roundCompensating } from "./lowering/compensate.ts";
import { raiseOutputs } from "./lowering/correct-bias.ts";
import { floatConstant } from "./lowering/float-constant.ts";
import { calibrated, inputProducts } from "./lowering/layer-inputs.ts";
import { layerPrecisions } from "./lowering/layer-precisions.ts";
import { levelGrid } from "./lowering/level-grid.ts";
import type { InputMeans } from "./lowering/matrix-inputs.ts";
import { inputMeans, windowRows } from "./lowering/matrix-inputs.ts";
import type { MatrixNode } from "./lowering/matrix-node.ts";
import { matrixNodeOf } from "./lowering/matrix-nodes.ts";
import { checkFinite } from "./lowering/quantize-weights.ts";
import { smallestAlphabet, targetAlphabet } from "./lowering/target-alphabet.ts";
import { unitOf, weightRangeOf } from "./lowering/weight-ranges.ts";
import type { WeightRule } from "./lowering/weight-rule.ts";
import { weightRule } from "./lowering/weight-rule.ts";
import { recognizeWeights } from "./lowering/weights.ts";

export default definePass({
  name: "quantize-weights",
  summary: "Round float weights to the alphabet that the target's encodings offer",
  from: "graph",
  to: "graph",
  meaning: "approximate",
  run: async (graph, context) => {
    const { weightRange, precision } = context.options;
    if (weightRange !== "auto") weightRangeOf(weightRange);
    const alphabet = targetAlphabet(context.target, precision);
    if (alphabet) return quantizeTo(graph, alphabet, context);
    refuseByLayer(context);
    return graph;
  },
});

/** @throws BAD_OPTION where layers are asked for a precision of their own, but none is offered */
function refuseByLayer({ target, options: { precision, cells, layerPrecision } }: PassContext) {
  const [asked] = [...(cells === null ? [] : [`--cells ${cells}`]), ...layerPrecision];
  if (asked === undefined) return;
  throw new XbcError(
    "BAD_OPTION",
    `${cells === null ? `--layer-precision ${asked}` : asked}: needs a precision whose levels float weights are rounded to on ${target.name}, ` +
      `found --precision ${precision}; give --precision int2 to int8`,
  );
}

/** Matrix by matrix, in order, so that a later one is rounded on what the earlier ones give it. */
async function quantizeTo(graph: Graph, alphabet: Alphabet, context: PassContext): Promise<Graph> {
  const { options } = context;
  let current = graph;
  const done = new Set<string>();
  const costs: string[] = [];
  const matrices = floatMatrices(graph, context);
  if (matrices.length === 0) return graph;
  const shared = weightRule(context, alphabet);
  const needsInputs = shared.correctsBias || options.cells !== null;
  const inputs = needsInputs
    ? await inputsOf(graph, matrices, context)
    : matrices.map((): null => null);
  const { alphabets, reason } = layerPrecisions(
    matrices.map((matrix, k) => ({
      matrix,
      rows: options.cells === null ? [] : rowsOf(matrix),
      squares: inputs[k]?.map(({ squares }) => squares) ?? null,
    })),
    context,
  );
  for (const [index, { node }] of matrices.entries()) {
    context.progress("weights", index, matrices.length);
    const matrix = current.nodes
      .filter(({ name }) => name === node.name)
      .map((found) => matrixNodeOf(current, found))[0];
    if (!matrix || done.has(matrix.weightsValue)) continue;
    done.add(matrix.weightsValue);
    const rounding = {
      alphabet: alphabets[index],
      rule: weightRule(context, alphabets[index]),
    };
    const { next, lost, off } = await quantizeMatrix(current, matrix, rounding, context);
    const means = rounding.rule.correctsBias ? inputs[index]?.map(({ means }) => means) : null;
    current = means ? raiseOutputs(next, matrix, shiftOf(off, means)) : next;
    costs.push(`${node.name} ${(100 * lost).toFixed(1)} %`);
  }
  const corrected = shared.correctsBias ? ", biases corrected" : "";
  const most = reason === null ? `${alphabet.levels.length}` : "their layers'";
  context.warn(
    `weights rounded to ${most} levels (range ${shared.rangeName}, per ${shared.scale}, rounding ${options.weightRounding}${corrected}), ` +
      `squared error left of the weights' energy: ${costs.join(", ")}; a network trained with such weights loses less`,
  );
  if (reason) context.warn(`precision by layer: ${reason}`);
  return current;
}

/** Matrices whose weights the target's alphabets do not hold as they are. */
function floatMatrices(
  graph: Graph,
  { target, options: { precision } }: PassContext,
): readonly MatrixNode[] {
  return graph.nodes.flatMap((node) => {
    const matrix = matrixNodeOf(graph, node);
    if (!matrix) return [];
    checkFinite(matrix);
    const present = recognizeWeights(matrix.weights);
    const isHeld =
      present &&
      (smallestAlphabet(target, precision, present.codes) ||
        keepsCodes(target, precision, present.codes.alphabet));
    return isHeld ? [] : [matrix];
  });
}

/** Whether weights that a model holds as integers stay so: an encoding has them, and they are no more than what is asked for. */
function keepsCodes(target: TargetSpec, precision: string, own: Alphabet): boolean {
  const asked = targetAlphabet(target, precision);
  const isAsked = precision === "auto" || (asked && own.levels.length <= asked.levels.length);
  return (
    !!isAsked && target.encodings.some(({ layout }) => layout(own, target.technology) !== null)
  );
}

/** What rounding takes from each output: Σ off · mean. */
function shiftOf(off: readonly Float64Array[], means: readonly Float64Array[]): Float32Array {
  const perGroup = off.length / means.length;
  return Float32Array.from(off, (row, o) => {
    const mean = means[Math.floor(o / perGroup)];
    return row.reduce((sum, e, i) => sum + e * mean[i], 0);
  });
}

/**
 * Means of the inputs of each matrix over the calibration data, one a group; null without data, or where the data meet it
 * in another order.
 */
async function inputsOf(
  graph: Graph,
  matrices: readonly MatrixNode[],
  context: PassContext,
): Promise<readonly (readonly InputMeans[] | null)[]> {
  if (!context.options.calibration) return matrices.map(() => null);
  const data = [...new Set(matrices.map((matrix) => matrix.data))];
  const found = new Map(
    (await calibrated(graph, data, context)).map((values, k) => [data[k], values]),
  );
  const uses = (value: string) =>
    matrices.filter(({ weightsValue }) => weightsValue === value).length;
  return matrices.map(({ window, weights, transposeData, weightsFirst, weightsValue, ...of }) => {
    const values = found.get(of.data);
    if (!values || transposeData || weightsFirst || uses(weightsValue) > 1) return null;
    const groups = window?.groups ?? 1;
    return Array.from({ length: groups }, (_, group) =>
      inputMeans(window ? windowRows(values, window, group) : values, weights.inputs),
    );
  });
}

interface Rounding {
  readonly alphabet: Alphabet;
  readonly rule: WeightRule;
}

async function quantizeMatrix(
  graph: Graph,
  matrix: MatrixNode,
  { alphabet, rule }: Rounding,
  context: PassContext,
): Promise<{
  readonly next: Graph;
  readonly lost: number;
  /** [outputs] of [inputs]: what each weight lost */
  readonly off: readonly Float64Array[];
}> {
  const { options } = context;
  const { weights, weightsValue } = matrix;
  const { range } = rule;
  const rows = rowsOf(matrix);
  const compensates = options.weightRounding === "compensating";
  const products =
    range.kind === "output" || compensates
      ? await productsOf(graph, matrix, rule.rangeName, context)
      : null;
  const grid = levelGrid(alphabet);
  // as float32, so that a scale of float32 gives the weights back bit for bit
  const units = unitsOf(rows, rule.scale, (group) =>
    Math.fround(unitOf(group, range, grid, range.kind === "output" ? products : null)),
  );
  const compensation = compensates && products ? compensationOf(products, weights.inputs) : null;
  const original = graph.constants.get(weightsValue);
  if (!original) return { next: graph, lost: 0, off: [] };
  const data = new Float32Array(original.data.length);
  let error = 0;
  let energy = 0;
  const off = rows.map((row, o) => {
    const levels = compensation
      ? roundCompensating(row, units[o], grid, compensation)
      : row.map((w) => grid.nearest(w / units[o]));
    return row.map((w, i) => {
      const real = Math.fround(levels[i] * units[o]);
      data[o * weights.outputStride + i * weights.inputStride] = real;
      error += (w - real) ** 2;
      energy += w * w;
      return w - real;
    });
  });
  const constants = new Map(graph.constants);
  constants.set(weightsValue, floatConstant(original.type, original.shape, data));
  return { next: { ...graph, constants }, lost: energy === 0 ? 0 : error / energy, off };
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
  scale: WeightRule["scale"],
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
  rangeName: string,
  context: PassContext,
): Promise<Float64Array> {
  const { node, weights, window } = matrix;
  const { weightRounding } = context.options;
  const isGrouped = window !== null && window.groups > 1;
  if (!context.options.calibration || matrix.transposeData || matrix.weightsFirst || isGrouped) {
    throw new XbcError(
      "UNSUPPORTED",
      `layer ${node.name}: --weight-range ${rangeName} with --weight-rounding ${weightRounding} needs the layer's inputs over calibration data, found ${isGrouped ? "groups of channels" : "none"}; ` +
        (isGrouped
          ? "use --weight-range mse with --weight-rounding nearest"
          : "give --calibration DATA"),
    );
  }
  const [values] = await calibrated(graph, [matrix.data], context);
  return inputProducts(window ? windowRows(values, window, 0) : values, weights.inputs);
}
