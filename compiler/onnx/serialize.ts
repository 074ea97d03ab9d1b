import { XbcError } from "../errors.ts";
import type { Graph, GraphNode, ValueId } from "../ir/graph.ts";
import { producers } from "../ir/graph.ts";
import { capturedValues } from "./captures.ts";
import { onnx } from "./codec.generated.js";
import type { ModelProto } from "./proto.ts";
import { fromNumber } from "./proto.ts";
import { baseOpset } from "./upgrade.ts";
import { writeGraph } from "./write-graph.ts";

export interface SerializeOptions {
  readonly producer?: string;
}

/** The oldest IR version that a version of ai.onnx may stand in (ONNX, docs/Versioning.md). */
const irOfOpset: readonly (readonly [opset: number, ir: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [0, 8],
];

/**
 * A Graph as the bytes of an ONNX file, of IR 8 or what its operator set needs, at most 13. Two graphs
 * that are equal give the same bytes.
 */
export function serializeGraph(graph: Graph, options: SerializeOptions = {}): Uint8Array {
  const opset = graph.opsets.get("") ?? baseOpset;
  const ir = irOfOpset.find(([from]) => opset >= from)?.[1] ?? 8;
  const used = new Set(graph.nodes.map(({ domain }) => domain));
  const versions = [["", opset] as const, ...[...graph.opsets].filter(([domain]) => domain !== "")];
  for (const domain of used) {
    if (!versions.some(([known]) => known === domain)) versions.push([domain, 1]);
  }
  const model: ModelProto = {
    irVersion: fromNumber(ir),
    producerName: options.producer ?? "xbc",
    opsetImport: versions.map(([domain, version]) => ({ domain, version: fromNumber(version) })),
    graph: writeGraph(graph),
  };
  return onnx.ModelProto.encode(model).finish();
}

/**
 * The nodes between some values, with the constants that they need.
 * @param inputs  values that are handed in; what makes them stays outside
 * @param outputs values that are asked for
 * @throws BAD_MODEL if an output depends on a graph input that is not among `inputs`
 */
export function subgraph(
  graph: Graph,
  inputs: readonly ValueId[],
  outputs: readonly ValueId[],
): Graph {
  const maker = producers(graph);
  const given = new Set(inputs);
  const needed = new Set<GraphNode>();
  const constants = new Set<ValueId>();
  const open = outputs.map((value) => ({ value, reader: "the outputs asked for" }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, reader } = next;
    if (value === "" || given.has(value)) continue;
    if (graph.constants.has(value)) {
      constants.add(value);
      continue;
    }
    const node = maker.get(value);
    if (node === undefined) throw unreachable(value, reader, inputs);
    if (needed.has(node)) continue;
    needed.add(node);
    for (const read of [...node.inputs, ...capturedValues(node)])
      open.push({ value: read, reader: `node "${node.name}"` });
  }
  const nodes = graph.nodes.filter((node) => needed.has(node));
  const inside = new Set([...inputs, ...constants, ...nodes.flatMap((node) => node.outputs)]);
  return {
    ...graph,
    nodes,
    values: new Map([...graph.values].filter(([name]) => inside.has(name))),
    constants: new Map([...graph.constants].filter(([name]) => constants.has(name))),
    inputs,
    outputs,
  };
}

function unreachable(value: ValueId, reader: string, inputs: readonly ValueId[]): XbcError {
  return new XbcError(
    "BAD_MODEL",
    `subgraph: ${reader} needs value "${value}", found it neither among the inputs ${inputs.map((name) => `"${name}"`).join(", ")} ` +
      "nor made by a node behind them; hand it in as an input",
  );
}
