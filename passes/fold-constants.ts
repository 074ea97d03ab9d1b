import type { PassContext } from "../compiler/define.ts";
import { definePass } from "../compiler/define.ts";
import { XbcError } from "../compiler/errors.ts";
import type { Graph, GraphNode, ValueId, ValueType } from "../compiler/ir/graph.ts";
import { intAttribute } from "../compiler/ir/graph.ts";
import { bytesPerElement, sizeOf } from "../compiler/ir/tensor.ts";
import { capturedValues } from "../compiler/onnx/captures.ts";
import { infer } from "../compiler/onnx/infer.ts";
import { serializeGraph, subgraph } from "../compiler/onnx/serialize.ts";
import { prune } from "../compiler/onnx/simplify.ts";

/** What the folded nodes read and make, at most; the executor holds it all at once. */
const mostBytes = 512 * 2 ** 20;
/** Constants are made of what the model stores: more than this, and four times that, is made of nothing. */
const mostMade = 128 * 2 ** 20;
/** multiplications of one node: some seconds in WebAssembly */
const mostProducts = 2 ** 33;
/** turns of a Loop over constants; a condition that never ends it would hang the executor */
const mostTurns = 2 ** 16;

const randomOperators = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
]);

/**
 * Nodes that read constants alone become constants: one call of the executor evaluates them all.
 * @throws LIMIT where so much would be made of nothing that no run could hold it; UNSUPPORTED for a Loop over
 *         constants that may not end; BAD_MODEL where the executor refuses them
 */
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
    // what cannot be computed now cannot be computed in a run either
    if (!(error instanceof XbcError) || error.code === "BAD_MODEL") throw error;
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
  const stored = [...graph.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  let total = 0;
  let made = 0;
  for (const node of graph.nodes) {
    const inputs = [...node.inputs, ...capturedValues(node)].filter((name) => name !== "");
    const isCandidate = node.domain === "" && !randomOperators.has(node.op);
    if (!isCandidate || !inputs.every((name) => constant.has(name))) continue;
    made += node.outputs.reduce((sum, name) => sum + bytesOf(values.get(name)), 0);
    if (made > mostMade + 4 * stored) {
      throw new XbcError(
        "LIMIT",
        `node "${node.name}" (${node.op}): needs constants of at most ${mostMade + 4 * stored} bytes made of those that the model stores, ` +
          `found ${made} with this node; store its result in the model, or make it smaller`,
      );
    }
    refuseEndless(node, graph, values);
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

/** @throws LIMIT, UNSUPPORTED for a node of constants that would not be done in seconds */
function refuseEndless(
  node: GraphNode,
  graph: Graph,
  values: ReadonlyMap<ValueId, ValueType>,
): void {
  const where = `node "${node.name}" (${node.op})`;
  if (node.op === "Loop") {
    const count = Number(
      graph.constants.get(node.inputs[0] ?? "")?.data[0] ?? Number.POSITIVE_INFINITY,
    );
    if (count <= mostTurns) return;
    throw new XbcError(
      "UNSUPPORTED",
      `${where}: needs at most ${mostTurns} turns over constants, stored as its trip count, found ${count}; store its result in the model`,
    );
  }
  if (node.op !== "MatMul" && node.op !== "Gemm") return;
  const inner = values
    .get(node.inputs[0])
    ?.shape?.at(node.op === "Gemm" && intAttribute(node, "transA", 0) ? 0 : -1);
  const size = sizeOf((values.get(node.outputs[0])?.shape ?? []).map(Number));
  const products = size * Number(inner ?? 0);
  if (!(products > mostProducts)) return;
  throw new XbcError(
    "LIMIT",
    `${where}: needs at most ${mostProducts} products of constants, found ${products}; store its result in the model`,
  );
}

/** Bytes of a value; what is not known counts nothing. */
function bytesOf(type: ValueType | undefined): number {
  if (!type?.shape) return 0;
  let bytes = bytesPerElement(type.type);
  for (const dimension of type.shape) bytes *= typeof dimension === "number" ? dimension : 1;
  return bytes;
}
