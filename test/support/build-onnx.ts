import type { Attribute, Dimension, Graph, ValueType } from "../../compiler/ir/graph.ts";
import type { ElementType, Tensor } from "../../compiler/ir/tensor.ts";
import { allocate, sizeOf, tensor } from "../../compiler/ir/tensor.ts";
import { onnx } from "../../compiler/onnx/codec.generated.js";
import type { GraphProto, ModelProto } from "../../compiler/onnx/proto.ts";
import { fromNumber } from "../../compiler/onnx/proto.ts";
import { attributeOf } from "../../compiler/onnx/rewrite.ts";
import { writeGraph } from "../../compiler/onnx/write-graph.ts";

type Value = number | string | readonly number[] | Tensor | Attribute | Graph;

/** operator (`domain:Op` outside ai.onnx), inputs, outputs, attributes, name */
export type NodeSpec = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, Value>>,
  name?: string,
];

export interface ModelSpec {
  readonly inputs: Readonly<Record<string, readonly [ElementType, readonly Dimension[]]>>;
  readonly outputs:
    | readonly string[]
    | Readonly<Record<string, readonly [ElementType, readonly Dimension[]]>>;
  readonly nodes: readonly NodeSpec[];
  readonly constants?: Readonly<Record<string, Tensor>>;
  readonly opset?: number;
  readonly ir?: number;
  /** versions of other domains; those that nodes use get 1 */
  readonly domains?: Readonly<Record<string, number>>;
  /** last changes to the message, for what the builder has no word for */
  readonly change?: (model: ModelProto & { graph: GraphProto }) => ModelProto;
}

/** The bytes of an ONNX model. */
export function buildModel(spec: ModelSpec): Uint8Array {
  const graph = buildGraph(spec);
  const domains = {
    ...Object.fromEntries(graph.nodes.map(({ domain }) => [domain, 1])),
    ...spec.domains,
  };
  const model = {
    irVersion: fromNumber(spec.ir ?? 8),
    opsetImport: Object.entries({ ...domains, "": spec.opset ?? 17 }).map(([domain, version]) => ({
      domain,
      version: fromNumber(version),
    })),
    graph: writeGraph(graph),
  };
  return onnx.ModelProto.encode(spec.change?.(model) ?? model).finish();
}

/** The same as a Graph, as it is: nothing checked, ordered or inferred. */
export function buildGraph(spec: ModelSpec): Graph {
  const outputs = Array.isArray(spec.outputs) ? [] : Object.entries(spec.outputs);
  const declared = [...Object.entries(spec.inputs), ...outputs];
  return {
    name: "test",
    opsets: new Map([["", spec.opset ?? 17]]),
    nodes: spec.nodes.map(([op, inputs, made, attributes, name]) => ({
      name: name ?? made[0],
      op: op.split(":").at(-1) ?? op,
      domain: op.includes(":") ? op.slice(0, op.lastIndexOf(":")) : "",
      inputs,
      outputs: made,
      attributes: new Map(
        Object.entries(attributes ?? {}).map(([key, value]) => [key, attribute(key, value)]),
      ),
    })),
    values: new Map(
      declared.map(([key, [type, shape]]): [string, ValueType] => [key, { type, shape }]),
    ),
    constants: new Map(Object.entries(spec.constants ?? {})),
    inputs: Object.keys(spec.inputs),
    outputs: Array.isArray(spec.outputs) ? spec.outputs : Object.keys(spec.outputs),
    warnings: [],
  };
}

function attribute(name: string, value: Value): Attribute {
  if (typeof value !== "object" || Array.isArray(value)) return attributeOf(name, value);
  if ("kind" in value) return value;
  if ("data" in value) return { kind: "tensor", value };
  if ("nodes" in value)
    return { kind: "graph", value: onnx.GraphProto.encode(writeGraph(value)).finish() };
  throw new Error(`attribute ${name}: no form for it`);
}

/** A tensor from numbers. */
export function of(type: ElementType, shape: readonly number[], values: readonly number[]): Tensor {
  const data = allocate(type, sizeOf(shape));
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    values.forEach((value, i) => {
      data[i] = BigInt(value);
    });
  } else data.set(values);
  return tensor(type, shape, data);
}

export const floats = (shape: readonly number[], values: readonly number[]): Tensor =>
  of("float32", shape, values);
export const integers = (values: readonly number[]): Tensor => of("int64", [values.length], values);
