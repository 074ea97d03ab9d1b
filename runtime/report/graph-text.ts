import type { Dimension, Graph, ValueType } from "../../compiler/ir/graph.ts";
import { analyzeGraph } from "../../compiler/ir/graph-analysis.ts";
import { bytesPerElement } from "../../compiler/ir/tensor.ts";
import { capturedValues } from "../../compiler/onnx/captures.ts";
import { grouped, plural } from "./figures.ts";
import { blocks, warningsText } from "./notes-text.ts";
import type { Paint } from "./paint.ts";
import { left, pairs, textTable } from "./text-table.ts";

/** What a model holds, as data. */
export interface GraphSummary {
  readonly file: string;
  readonly sha256: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly ValueSummary[];
  readonly outputs: readonly ValueSummary[];
  readonly constants: {
    readonly tensors: number;
    readonly elements: number;
    readonly bytes: number;
  };
  readonly nodes: readonly NodeSummary[];
  /** parts that share no value, and nodes of the longest chain */
  readonly structure: { readonly components: number; readonly longestPath: number };
  readonly warnings: readonly string[];
}

interface ValueSummary {
  readonly name: string;
  readonly type: string | null;
  readonly shape: readonly Dimension[] | null;
}

interface NodeSummary {
  readonly name: string;
  readonly op: string;
  readonly outputs: readonly ValueSummary[];
  /** shapes of constant inputs */
  readonly constants: readonly (readonly number[])[];
}

export function graphSummary(graph: Graph, file: string, sha256: string): GraphSummary {
  const value = (name: string) => valueSummary(name, graph.values.get(name));
  const tensors = [...graph.constants.values()];
  return {
    file,
    sha256,
    opsets: Object.fromEntries(
      [...graph.opsets].map(([domain, version]) => [domain === "" ? "ai.onnx" : domain, version]),
    ),
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    constants: {
      tensors: tensors.length,
      elements: tensors.reduce((sum, tensor) => sum + tensor.data.length, 0),
      bytes: tensors.reduce(
        (sum, tensor) => sum + tensor.data.length * bytesPerElement(tensor.type),
        0,
      ),
    },
    nodes: graph.nodes.map((node) => ({
      name: node.name,
      op: node.domain === "" ? node.op : `${node.domain}:${node.op}`,
      outputs: node.outputs.filter((name) => name !== "").map(value),
      constants: node.inputs.flatMap((name) => {
        const tensor = graph.constants.get(name);
        return tensor ? [tensor.shape] : [];
      }),
    })),
    structure: structureOf(graph),
    warnings: graph.warnings,
  };
}

function structureOf(graph: Graph): GraphSummary["structure"] {
  const { components, longestPath } = analyzeGraph(graph, capturedValues);
  return { components: components.length, longestPath: longestPath.length };
}

const valueSummary = (name: string, found: ValueType | undefined): ValueSummary => ({
  name,
  type: found?.type ?? null,
  shape: found?.shape ?? null,
});

export function graphText(summary: GraphSummary, paint: Paint): string {
  const { file, sha256, opsets, inputs, outputs, constants, nodes, structure, warnings } = summary;
  return blocks(
    pairs([
      ["model", file],
      ["sha256", sha256],
      [
        "operators",
        Object.entries(opsets)
          .map(([domain, version]) => `${domain} ${version}`)
          .join(", "),
      ],
      ["inputs", inputs.map(valueText).join(", ")],
      ["outputs", outputs.map(valueText).join(", ")],
      [
        "constants",
        `${plural(constants.tensors, "tensor")}, ${plural(constants.elements, "element")}, ${grouped(constants.bytes)} bytes`,
      ],
      [
        "structure",
        `${plural(structure.components, "part")} that share no value, longest chain of ${plural(structure.longestPath, "node")}`,
      ],
    ]),
    nodeTable(nodes, paint),
    warningsText(warnings, paint),
  );
}

function nodeTable(nodes: readonly NodeSummary[], paint: Paint): string {
  const rows = nodes.map(({ name, op, outputs, constants }) => [
    name,
    op,
    constants.map((shape) => shape.join("x") || "scalar").join(", "),
    outputs.map(({ shape }) => shapeText(shape)).join(", "),
  ]);
  return textTable(
    [left("node"), left("operator"), left("constants"), left("output")],
    rows,
    paint,
  );
}

const valueText = ({ name, type, shape }: ValueSummary): string =>
  `${name} ${type ?? "?"} ${shapeText(shape)}`;

const shapeText = (shape: readonly Dimension[] | null): string =>
  shape === null ? "?" : `[${shape.map((dimension) => dimension ?? "?").join(" x ")}]`;
