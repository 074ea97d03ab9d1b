import type { Graph } from "../../compiler/ir/graph.ts";
import type { CodeRange } from "../../compiler/ir/network.ts";
import type { Domain } from "./domain.ts";
import { domainsOf } from "./graph-domains.ts";
import type { MatrixNode } from "./matrix-node.ts";
import { matrixNodeOf } from "./matrix-nodes.ts";
import { recognizeWeights } from "./weights.ts";

/**
 * What is recognized of every constant-weight matrix of a graph whose constants are folded, a line each: name,
 * operator, inputs x outputs, the alphabet and scale of its weights, the codes and scale of its activations;
 * `float` where none are found. The same graph gives the same text.
 * @param inputs domains of the network's inputs that their types do not tell
 */
export function describeMatrices(
  graph: Graph,
  inputs: ReadonlyMap<string, Domain> = new Map(),
): string {
  const domains = domainsOf(graph, inputs);
  const lines = graph.nodes.flatMap((node) => {
    const matrix = matrixNodeOf(graph, node);
    return matrix ? [describeMatrix(matrix, domains.get(matrix.data))] : [];
  });
  return `${lines.length > 0 ? lines.join("\n") : "no matrix with constant weights"}\n`;
}

function describeMatrix(matrix: MatrixNode, domain: Domain | undefined): string {
  const { node, weights, bias } = matrix;
  const size = `${weights.inputs} x ${weights.outputs}`;
  const form = [node.op, matrix.weightsFirst ? "weights first" : "", bias ? "bias" : ""].filter(
    (part) => part !== "",
  );
  return `${node.name}: ${form.join(", ")}, ${size}; weights ${weightsText(matrix)}; activations ${activationsText(domain)}`;
}

function weightsText({ weights }: MatrixNode): string {
  const found = recognizeWeights(weights);
  if (!found) return "float";
  const { scale, codes } = found;
  const sorted = [...scale].sort((a, b) => a - b);
  const text =
    scale.length === 1
      ? `scale ${short(scale[0])}`
      : `${scale.length} scales ${short(sorted[0])} to ${short(sorted[sorted.length - 1])}`;
  return `${codes.alphabet.name}, ${text}`;
}

function activationsText(domain: Domain | undefined): string {
  if (!domain?.codes) return "float";
  const { scale, offset, range } = domain.codes;
  return `${rangeText(range)}, scale ${short(scale)}${offset === 0 ? "" : `, offset ${short(offset)}`}`;
}

const rangeText = ({ minimum, maximum, step }: CodeRange): string =>
  `${minimum} to ${maximum}${step === 1 ? "" : ` by ${step}`}`;

/** Enough digits to tell a float32 from its neighbours. */
const short = (x: number): string => String(Number(x.toPrecision(9)));
