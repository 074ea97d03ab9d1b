import { XbcError } from "../errors.ts";
import type { Graph, GraphNode, ValueId } from "../ir/graph.ts";
import { intAttribute } from "../ir/graph.ts";
import { capturedValues } from "./captures.ts";

/** The graph without nodes and constants that no output needs. */
export function prune(graph: Graph): Graph {
  const needed = new Set<ValueId>(graph.outputs);
  const nodes: GraphNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const name of [...node.inputs, ...capturedValues(node)]) needed.add(name);
  }
  nodes.reverse();
  const made = new Set([...graph.inputs, ...nodes.flatMap(({ outputs }) => outputs)]);
  return {
    ...graph,
    nodes,
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
    values: new Map([...graph.values].filter(([name]) => needed.has(name) || made.has(name))),
  };
}

/**
 * Nodes as they are in inference: Dropout passes its input, BatchNormalization uses its stored moments; a
 * warning names those that were exported for training.
 * @throws UNSUPPORTED where a result that only training has is used
 */
export function forInference(graph: Graph): Graph {
  const used = new Set<ValueId>(graph.outputs);
  for (const node of graph.nodes)
    for (const name of [...node.inputs, ...capturedValues(node)]) used.add(name);
  const warnings = new Set(graph.warnings);
  const nodes = graph.nodes.map((node): GraphNode => {
    if (node.domain !== "" || (node.op !== "Dropout" && node.op !== "BatchNormalization"))
      return node;
    const extra = node.outputs.slice(1).find((output) => output !== "" && used.has(output));
    if (extra !== undefined) {
      throw new XbcError(
        "UNSUPPORTED",
        `node "${node.name}" (${node.op}): needs a model exported for inference, found its training output "${extra}" in use; export with training off`,
      );
    }
    if (isTraining(node, graph)) {
      warnings.add(
        `node "${node.name}" (${node.op}) is in training mode; it is computed as in inference`,
      );
    }
    const outputs = node.outputs.slice(0, 1);
    if (node.op === "Dropout")
      return {
        ...node,
        op: "Identity",
        inputs: node.inputs.slice(0, 1),
        outputs,
        attributes: new Map(),
      };
    const attributes = [...node.attributes].filter(
      ([name]) => name !== "training_mode" && name !== "spatial",
    );
    return { ...node, outputs, attributes: new Map(attributes) };
  });
  return { ...graph, nodes, warnings: [...warnings] };
}

function isTraining(node: GraphNode, graph: Graph): boolean {
  if (node.op === "BatchNormalization") return intAttribute(node, "training_mode", 0) === 1;
  const mode = graph.constants.get(node.inputs[2] ?? "");
  return (node.inputs[2] ?? "") !== "" && (mode === undefined || Number(mode.data[0]) !== 0);
}

/**
 * The graph without Identity nodes: their readers read what they read. One stays where a graph's output
 * must be another name of an input, a constant or another output, or where an inner graph reads its result.
 */
export function removeIdentities(graph: Graph): Graph {
  const captured = new Set(graph.nodes.flatMap(capturedValues));
  const outputs = new Set(graph.outputs);
  const alias = new Map<ValueId, ValueId>();
  const behind = (name: ValueId) => alias.get(name) ?? name;
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(behind);
    const [output] = node.outputs;
    if (isIdentity(node) && !outputs.has(output) && !captured.has(output))
      alias.set(output, inputs[0]);
    else nodes.push({ ...node, inputs });
  }
  return renameOutputs({ ...graph, nodes }, outputs, captured);
}

function isIdentity(node: GraphNode): boolean {
  return node.domain === "" && node.op === "Identity" && node.inputs.length === 1;
}

/** Where an Identity gives an output its name, the node before it makes that output itself. */
function renameOutputs(
  graph: Graph,
  outputs: ReadonlySet<ValueId>,
  captured: ReadonlySet<ValueId>,
): Graph {
  const made = new Set(
    graph.nodes.filter((node) => !isIdentity(node)).flatMap((node) => node.outputs),
  );
  const rename = new Map<ValueId, ValueId>();
  const dropped = new Set<GraphNode>();
  for (const node of graph.nodes) {
    const [[input], [output]] = [node.inputs, node.outputs];
    const free =
      made.has(input) && !outputs.has(input) && !captured.has(input) && !rename.has(input);
    if (!isIdentity(node) || !outputs.has(output) || captured.has(output) || !free) continue;
    rename.set(input, output);
    dropped.add(node);
  }
  if (rename.size === 0) return graph;
  const name = (value: ValueId) => rename.get(value) ?? value;
  const nodes = graph.nodes
    .filter((node) => !dropped.has(node))
    .map((node) => ({ ...node, inputs: node.inputs.map(name), outputs: node.outputs.map(name) }));
  return { ...graph, nodes };
}
