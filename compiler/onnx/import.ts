import { XbcError } from "../errors.ts";
import type { Graph } from "../ir/graph.ts";
import { expandOperators } from "./expand.ts";
import { widenHalf } from "./half.ts";
import { inferValues } from "./infer.ts";
import { functionInliner } from "./inline-functions.ts";
import { clipPacked } from "./packed.ts";
import type { OnnxModel } from "./parse.ts";
import type { GraphProto } from "./proto.ts";
import type { SourceGraph, Surroundings } from "./read-graph.ts";
import { readGraph } from "./read-graph.ts";
import { forInference, prune, removeIdentities } from "./simplify.ts";
import { baseOpset, upgradeNodes } from "./upgrade.ts";
import { upgradeEarly } from "./upgrade-early.ts";
import { writeGraph } from "./write-graph.ts";

/**
 * The model as a Graph in one form: constants apart, functions inlined, nodes of operator set 17 or the
 * model's newer one, in topological order with unique names, without what no output needs, operators of
 * other domains expanded where xbc knows them, types and shapes filled in.
 * @throws BAD_MODEL for graphs that break ONNX's rules, UNSUPPORTED for what xbc has no form of
 */
export function importGraph(model: OnnxModel): Graph {
  const inline = functionInliner(model);
  const opset = model.opsets.get("") ?? baseOpset;
  const inner = new Set<string>();
  const nested = (source: SourceGraph): GraphProto => {
    const graph = modernize(source, opset);
    for (const warning of graph.warnings) inner.add(warning);
    return writeGraph(expandOperators(graph));
  };
  const read = (proto: GraphProto, outer: Surroundings["outer"], written: number): SourceGraph =>
    readGraph(proto, {
      inline,
      opset: written,
      opsets: new Map([...model.opsets, ["", Math.max(baseOpset, opset)]]),
      external: model.external,
      outer,
      nested: (graph, visible, version) => nested(read(graph, visible, version)),
    });
  const graph = modernize(read(model.graph, new Set(), opset), opset);
  const warnings = [...new Set([...model.warnings, ...graph.warnings, ...inner])];
  const plain = removeIdentities(forInference({ ...graph, warnings }));
  return prune(inferValues(prune(expandOperators(plain))));
}

/** The steps that graphs inside nodes go through too. */
function modernize(source: SourceGraph, opset: number): Graph {
  checkVersions(source.versions, opset);
  const clipped = clipPacked(source.graph, source.packed);
  const early = upgradeEarly(clipped, source.versions);
  return widenHalf(upgradeNodes(inferValues(early), source.versions));
}

/** Forms newer than operator set 17 are not rewritten, so one graph cannot hold two such versions. */
function checkVersions(versions: ReadonlyMap<string, number>, opset: number): void {
  for (const [node, version] of versions) {
    if (version === opset || Math.max(version, opset) <= baseOpset) continue;
    throw new XbcError(
      "UNSUPPORTED",
      `node "${node}": needs operator set ${opset} as its model, found ${version} in its function; export both with one operator set`,
    );
  }
}
