import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Graph, GraphNode, ValueId, ValueType } from "../compiler/ir/graph.ts";
import { bytesPerElement } from "../compiler/ir/tensor.ts";
import { capturedValues } from "../compiler/onnx/captures.ts";
import { infer } from "../compiler/onnx/infer.ts";
import { serializeGraph, subgraph } from "../compiler/onnx/serialize.ts";
import { prune } from "../compiler/onnx/simplify.ts";

/** What the folded nodes read and make, at most; the executor holds it all at once. */
const mostBytes = 512 * 2 ** 20;

const randomOperators = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
]);

/** Nodes that read constants alone become constants: one call of the executor evaluates them all. */
export default definePass({
  name: "fold-constants",
  summary: "Nodes that read constants alone become constants",
  from: "graph",
  to: "graph",
  meaning: "exact",
  run: foldConstants,
});

async function foldConstants(graph: Graph, context: PassContext): Promise<Graph> {
  const folded = foldableNodes(graph, context);
  const kept = graph.nodes.filter((node) => !folded.has(node));
  const made = new Set([...folded].flatMap(({ outputs }) => outputs));
  const read = [
    ...kept.flatMap((node) => [...node.inputs, ...capturedValues(node)]),
    ...graph.outputs,
  ];
  const needed = [...new Set(read)].filter((value) => value !== "" && made.has(value));
  if (needed.length === 0) return graph;
  const results = await evaluate(subgraph(graph, [], needed), context);
  if (results === null) return graph;
  return prune({ ...graph, nodes: kept, constants: new Map([...graph.constants, ...results]) });
}

async function evaluate(graph: Graph, context: PassContext) {
  try {
    const session = await context.executor.load(serializeGraph(graph));
    try {
      return await session.run(new Map());
    } finally {
      await session.release();
    }
  } catch (error) {
    if (!(error instanceof XbcError)) throw error;
    context.warn(`constants stay unfolded, as the executor refuses them: ${error.message}`);
    return null;
  }
}

/** Nodes of ai.onnx whose inputs are constants or made by such nodes, as far as memory goes. */
function foldableNodes(graph: Graph, context: PassContext): ReadonlySet<GraphNode> {
  const { values } = infer(graph);
  const constant = new Set<ValueId>(graph.constants.keys());
  const counted = new Set<ValueId>();
  const folded = new Set<GraphNode>();
  const tooLarge: string[] = [];
  let total = 0;
  for (const node of graph.nodes) {
    const inputs = [...node.inputs, ...capturedValues(node)].filter((name) => name !== "");
    const isCandidate = node.domain === "" && !randomOperators.has(node.op);
    if (!isCandidate || !inputs.every((name) => constant.has(name))) continue;
    const added = [...inputs, ...node.outputs].filter((name) => !counted.has(name));
    const bytes = added.reduce((sum, name) => sum + bytesOf(values.get(name)), 0);
    if (total + bytes > mostBytes) {
      tooLarge.push(node.name);
      continue;
    }
    total += bytes;
    for (const name of added) counted.add(name);
    for (const output of node.outputs) constant.add(output);
    folded.add(node);
  }
  if (tooLarge.length > 0) {
    context.warn(
      `${tooLarge.length} node(s) of constants stay, as they need more than 512 MB: ${tooLarge.slice(0, 4).join(", ")}`,
    );
  }
  return folded;
}

/** Bytes of a value; what is not known counts nothing. */
function bytesOf(type: ValueType | undefined): number {
  if (!type?.shape) return 0;
  let bytes = bytesPerElement(type.type);
  for (const dimension of type.shape) bytes *= typeof dimension === "number" ? dimension : 1;
  return bytes;
}
