import { XbcError } from "../errors.ts";
import type { OnnxModel } from "./parse.ts";
import { domainOf, operatorSets } from "./parse.ts";
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from "./proto.ts";

/** A node as the file has it, with the operator set of ai.onnx that it is written in. */
export interface SourceNode {
  readonly proto: NodeProto;
  readonly opset: number;
}

/** Inlines the calls of a graph; nodes that call no function pass through. */
export type Inliner = (nodes: readonly NodeProto[], opset: number) => readonly SourceNode[];

/** Calls of calls grow exponentially: a small file could ask for any number of nodes. Real models have some thousands. */
const mostNodes = 50_000;
const deepest = 64;

/**
 * Replaces each call of a model-local function by its body: inner values renamed with the call's name in
 * front, attributes from the call, else from the function's defaults.
 * @throws BAD_MODEL for functions that call themselves, LIMIT for more than 50 000 nodes
 */
export function functionInliner(model: OnnxModel): Inliner {
  const functions = new Map(
    (model.proto.functions ?? []).map((each) => [
      keyOf(each.domain, each.name, each.overload),
      each,
    ]),
  );
  let total = 0;
  let calls = 0;

  const inline = (
    nodes: readonly NodeProto[],
    opset: number,
    path: readonly FunctionProto[],
  ): SourceNode[] =>
    nodes.flatMap((node) => {
      const body = functions.get(keyOf(node.domain, node.opType, node.overload));
      if (!body) return [count({ proto: node, opset })];
      if (path.includes(body) || path.length >= deepest) {
        throw new XbcError(
          "BAD_MODEL",
          `function "${body.name}": needs a body that does not call itself, found ${path.map(({ name }) => name).join(" -> ")} -> ${body.name}; export the model again`,
        );
      }
      const version = operatorSets(body).get("") ?? opset;
      return inline(instantiate(node, body, calls++), version, [...path, body]);
    });

  const count = (node: SourceNode): SourceNode => {
    total += 1;
    if (total <= mostNodes) return node;
    throw new XbcError(
      "LIMIT",
      `model: needs at most ${mostNodes} nodes, counted after its functions are inlined, found more; simplify the model`,
    );
  };
  return (nodes, opset) => inline(nodes, opset, []);
}

function keyOf(domain?: string | null, name?: string | null, overload?: string | null): string {
  return JSON.stringify([domainOf(domain), name ?? "", overload ?? ""]);
}

/** The body's nodes for one call. Outputs that are inputs, or that nothing makes, pass by Identity. */
function instantiate(call: NodeProto, body: FunctionProto, index: number): NodeProto[] {
  const prefix = `${call.name || call.output?.[0] || call.opType}@${index}/`;
  const names = new Map<string, string>();
  body.input?.forEach((name, i) => {
    names.set(name, call.input?.[i] ?? "");
  });
  const passed: NodeProto[] = [];
  body.output?.forEach((name, i) => {
    const output = call.output?.[i];
    if (!output) return;
    const made = names.get(name);
    if (made === undefined) names.set(name, output);
    else
      passed.push({
        opType: "Identity",
        name: `${prefix}${name}`,
        input: [made],
        output: [output],
        attribute: [],
      });
  });
  const rename = (name: string) => (name === "" ? "" : (names.get(name) ?? prefix + name));
  const given = new Map(
    (body.attributeProto ?? []).map((attribute) => [attribute.name, attribute]),
  );
  for (const attribute of call.attribute ?? []) given.set(attribute.name, attribute);
  const nodes = (body.node ?? []).map((node) => renameNode(node, rename, given, prefix));
  return [...nodes, ...passed];
}

type Given = ReadonlyMap<string | null | undefined, AttributeProto>;

function renameNode(
  node: NodeProto,
  rename: (name: string) => string,
  given: Given,
  prefix: string,
): NodeProto {
  return {
    ...node,
    name: prefix + (node.name || node.output?.[0] || node.opType),
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute: (node.attribute ?? []).flatMap((attribute) =>
      resolve(attribute, rename, given, prefix),
    ),
  };
}

/** An attribute that refers to one of the call's takes its value, and falls away where the call has none. */
function resolve(
  attribute: AttributeProto,
  rename: (name: string) => string,
  given: Given,
  prefix: string,
): AttributeProto[] {
  if (attribute.refAttrName) {
    const value = given.get(attribute.refAttrName);
    return value ? [{ ...value, name: attribute.name ?? "" }] : [];
  }
  return [
    attribute.g ? { ...attribute, g: renameGraph(attribute.g, rename, given, prefix) } : attribute,
  ];
}

function renameGraph(
  graph: GraphProto,
  rename: (name: string) => string,
  given: Given,
  prefix: string,
): GraphProto {
  const renamed = <T extends { name?: string | null }>(value: T): T => ({
    ...value,
    name: rename(value.name ?? ""),
  });
  return {
    ...graph,
    node: (graph.node ?? []).map((node) => renameNode(node, rename, given, prefix)),
    input: (graph.input ?? []).map(renamed),
    output: (graph.output ?? []).map(renamed),
    initializer: (graph.initializer ?? []).map(renamed),
    valueInfo: [],
  };
}
